"""The `countersign` command line: which commands there are, and how their errors end."""

import sys
from typing import Annotated

import typer

from cli import (
    again,
    compare,
    database,
    doctor,
    model_commands,
    prune,
    release,
    results,
    run,
    show,
    status,
    watch,
    worker,
)
from cli.report import command as report
from cli.screen import complain
from cli.version import print_version
from model.errors import ModelError
from results.errors import CountersignError

EXIT_USAGE = 2
"""Exit status when countersign was called or set up in a way that cannot work."""

app = typer.Typer(
    name="countersign",
    help="Tells which documents carry a handwritten signature, and where.",
    epilog="Start with: countersign run FOLDER",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # joins the lines of a paragraph
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("run")(run.run)
app.command("results")(results.results)
app.command("show")(show.show)
app.command("report")(report.report)
app.command("status")(status.status)
app.command("retry")(again.retry)
app.command("reprocess")(again.reprocess)
app.command("compare")(compare.compare)
app.command("prune")(prune.prune)
app.command("watch")(watch.watch)
app.command("worker")(worker.worker)
app.add_typer(release.app, name="release")
app.add_typer(database.app, name="db")
app.add_typer(model_commands.app, name="model")
app.command("doctor")(doctor.doctor)


@app.callback()
def countersign(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Shows code, schema and model release."
        ),
    ] = False,
) -> None:
    """Tells which documents carry a handwritten signature, and where."""


def main() -> None:
    """Runs the command line; ends the process with 0, 1 (see `--strict`), 2 (usage) or 130 (Ctrl-C)."""
    try:
        app()
    except (CountersignError, ModelError) as error:
        complain(str(error))
        sys.exit(EXIT_USAGE)
    except BrokenPipeError:
        sys.stderr.close()  # the reader, e.g. `head`, has seen enough
        sys.exit(0)
