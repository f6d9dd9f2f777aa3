"""`countersign release`: the model releases in the ledger, and whose verdicts people see."""

from typing import Annotated

import typer

from cli import options
from cli.screen import out, say, table

app = typer.Typer(help="Lists model releases, and switches whose verdicts people see.", no_args_is_help=True)

LATEST = "latest"
"""Stands for whichever release judged last."""


@app.callback()
def release() -> None:
    """Lists model releases, and switches whose verdicts people see."""


@app.command("list")
def list_releases(database: options.Database = None) -> None:
    """Lists the model releases that have judged, the latest first."""
    from results.ledger import Ledger
    from results.releases import known
    from results.settings import read_settings

    with (
        Ledger.open(read_settings(database_url=database).database_url) as ledger,
        ledger.engine.connect() as connection,
    ):
        found = known(connection)
    if not found:
        say("No release has judged anything yet.")
        return
    rows = table("name", "version", ">threshold", "registered", "seen first")
    for one in found:
        seen = "yes" if one.is_current else ""
        rows.add_row(
            one.name, one.version, f"{one.threshold:.3f}", f"{one.registered_at:%Y-%m-%d %H:%M}", seen
        )
    out.print(rows)


@app.command("switch")
def switch(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE", help="Version, or name and version; `latest` for the latest verdict."
        ),
    ],
    database: options.Database = None,
) -> None:
    """Switches the release whose verdicts people see; switch back the same way.

    Verdicts themselves stay. Documents that this release has not judged show their latest verdict.
    """
    from cli.progress import count_up
    from results.ledger import Ledger
    from results.settings import read_settings
    from results.switching import show_release

    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        count_up(show_release(ledger, None if name == LATEST else name), "Switching")
    out.print(
        f"People see the verdicts of {'the latest release' if name == LATEST else name} now", markup=False
    )
