"""`countersign status`: does it add up, and what has been found."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.screen import out, table

if TYPE_CHECKING:
    from rich.table import Table

    from results.ledger import Ledger

WATCH_SECONDS = 1.0
"""How often `--watch` counts."""


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Count again every second, until Ctrl-C.")] = False,
    database: options.Database = None,
) -> None:
    """Counts the ledger: received = done + failed + in flight."""
    from cli.place import place
    from results.ledger import Ledger
    from results.settings import read_settings

    url = read_settings(database_url=database).database_url
    with Ledger.open(url) as ledger:
        if watch:
            _watch(ledger)
            return
        out.print(_counts(ledger))
        out.print(_failures(ledger))
    out.print(place(url), markup=False)


def _counts(ledger: "Ledger") -> "Table":
    """All counts, each under the sum it is part of."""
    counts = ledger.counts()
    rows = table("documents", ">")
    for name, number in (
        ("received", counts.received),
        ("  done", counts.done),
        ("    signed", counts.signed),
        ("    unsigned", counts.unsigned),
        ("  failed", counts.failed),
        ("  in flight", counts.in_flight),
        ("    waiting", counts.waiting),
        ("    claimed", counts.claimed),
    ):
        rows.add_row(name, f"{number:,}")
    return rows


def _failures(ledger: "Ledger") -> "Table | str":
    """Failed documents by error code."""
    from results.queries import failures

    found = failures(ledger)
    if not found:
        return ""
    rows = table("failed", ">")
    for code, number in found.items():
        rows.add_row(f"  {code}", f"{number:,}")
    return rows


def _watch(ledger: "Ledger") -> None:
    """Shows the counts and how fast documents are finished, until Ctrl-C."""
    from rich.live import Live

    before, then = ledger.counts(), time.monotonic()
    with Live(_counts(ledger), console=out, auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_SECONDS)
            rows = _counts(ledger)
            counts, now = ledger.counts(), time.monotonic()
            finished = counts.done + counts.failed - before.done - before.failed
            rows.add_row("finished per second", f"{finished / (now - then):,.1f}")
            live.update(rows, refresh=True)
            before, then = counts, now
