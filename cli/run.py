"""`countersign run`: a folder in, verdicts in SQL out, with nothing else needed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.screen import called, out, printable, say, table, warn

if TYPE_CHECKING:
    from cli.judging import Outcome
    from results.queries import FailedDocument
    from results.settings import Settings

EXIT_FAILED = 1
"""Exit status when a source could not be read, and with `--strict` when a document failed."""

EXIT_INTERRUPTED = 130
"""Exit status after Ctrl-C, as a shell counts it."""

MOST_NAMED = 50
"""Failed documents that are named on the screen; the rest are counted."""


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Folders or files to judge, gs://bucket/prefix too; without any, what is due already.",
        ),
    ] = None,
    database: options.Database = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a document failed.")] = False,
) -> None:
    """Judges the documents in folders and tells which are signed.

    Everything happens in this one process: no server is needed. Run it again, and only documents that are new
    or changed are judged. It ends when those at the paths are judged, whatever else the ledger holds. Ctrl-C
    stops it cleanly; run it again to carry on.
    """
    from cli.abandoned import free_abandoned
    from cli.failures import failures_to_name
    from cli.judging import judge
    from cli.log import show_warnings
    from results.ledger import Ledger
    from results.migrate import upgrade
    from results.settings import read_settings
    from results.throughput import pages_judged_since

    settings = read_settings(database_url=database, broker_url="memory://localhost")
    if settings.database_url.startswith("sqlite"):
        upgrade(settings.database_url)
    show_warnings()
    paths = paths or []
    with Ledger.open(settings.database_url) as ledger:
        free_abandoned(ledger)
        outcome = judge(paths, ledger, settings)
        failed = failures_to_name(ledger, paths, outcome.began)
        pages = pages_judged_since(ledger, outcome.began)
    _summarise(outcome, pages, settings)
    _name(failed)
    for trouble in outcome.troubles:
        warn(trouble)
    if outcome.interrupted:
        say("Stopped. What is not judged yet stays due: run the same command again to carry on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    _suggest(outcome)
    if outcome.troubles or (strict and failed):
        raise typer.Exit(EXIT_FAILED)


def _summarise(outcome: "Outcome", pages: int, settings: "Settings") -> None:
    """Prints what this run did, beside what the ledger holds."""
    from cli.place import place

    before, after, arrived = outcome.before, outcome.after, outcome.arrived
    totals = table("", ">this run", ">in the ledger")
    for name in ("signed", "unsigned", "failed"):
        now = getattr(after, name)
        totals.add_row(name, str(max(0, now - getattr(before, name))), str(now))
    if after.in_flight:
        totals.add_row("not judged yet", "", str(after.in_flight))
    totals.add_row("known already", str(arrived.seen + arrived.rejected - arrived.new), "")
    totals.add_row("ignored", str(arrived.ignored), "")
    totals.add_row("pages", str(pages), "")
    totals.add_row("pages per second", f"{pages / outcome.seconds:.1f}" if pages else "-", "")
    out.print(totals)
    out.print(f"\nThe verdicts are in {place(settings.database_url)}", markup=False)


def _name(failed: Sequence["FailedDocument"]) -> None:
    """Names the documents that cannot be judged, each with its reason."""
    if not failed:
        return
    warn(f"\n{len(failed)} {'document' if len(failed) == 1 else 'documents'} could not be judged:")
    for document in failed[:MOST_NAMED]:
        name, reason = printable(options.readable(document.uri)), printable(document.error_text or "")
        warn(f"  {name}: {reason} [{document.error_code}]")
    if len(failed) > MOST_NAMED:
        warn(f"  and {len(failed) - MOST_NAMED} more: {called()} results --failed")


def _suggest(outcome: "Outcome") -> None:
    """Tells what to try next."""
    if outcome.after.in_flight:
        out.print(f"Other documents are not judged yet; to judge them: {called()} run", markup=False)
    if outcome.after.signed:
        out.print(f"Next: {called()} results --signed", markup=False)
    elif outcome.after.unsigned:
        out.print(f"Next: {called()} results --unsigned", markup=False)
    elif not outcome.after.received:
        out.print(
            f"No documents were found. countersign reads images and PDF: {called()} run FOLDER", markup=False
        )
