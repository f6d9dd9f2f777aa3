"""`countersign report`: everything there is to see, in one HTML file."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import filters, options
from cli.screen import err, on_terminal, say, warn
from results.errors import CannotWrite, WrongSettings

if TYPE_CHECKING:
    from cli.report.content import Report
    from cli.report.pictures import Pictures
    from results.ledger import Ledger
    from results.selection import Selection


def report(
    to: Annotated[
        Path, typer.Option("--out", dir_okay=False, help="The HTML file; one that is there is replaced.")
    ] = Path("report.html"),
    signed: filters.Signed = False,
    unsigned: filters.Unsigned = False,
    under: filters.Under = None,
    since: filters.Since = None,
    before: filters.Before = None,
    confidence_from: filters.ConfidenceFrom = None,
    confidence_to: filters.ConfidenceTo = None,
    near: filters.Near = None,
    release: filters.Release = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", metavar="A B", help="Two model releases: show the documents that flip."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Most documents in the gallery, the newest.")
    ] = 2000,
    max_megabytes: Annotated[
        float, typer.Option("--max-megabytes", min=0, help="Bound on the pictures; more are left out.")
    ] = 50.0,
    database: options.Database = None,
) -> None:
    """Writes one HTML file with totals, charts, and a gallery of pages and signatures to search and filter.

    It opens from disk, needs no server and no network, and may be sent on: all pictures are inside.
    """
    from cli.report.pictures import take
    from results.ledger import Ledger
    from results.settings import read_settings

    settings = read_settings(database_url=database)
    asked = {
        "signed": signed,
        "unsigned": unsigned,
        "under": under,
        "since": since,
        "before": before,
        "confidence_from": confidence_from,
        "confidence_to": confidence_to,
        "near_threshold": near,
        "release": release,
    }
    given = {name: value for name, value in asked.items() if value not in (None, False)}
    with Ledger.open(settings.database_url) as ledger:
        if compare:
            if given:
                raise WrongSettings("--compare goes with --out, --limit, --max-megabytes and --database only")
            content = _comparison(ledger, *compare, limit=limit)
        else:
            content = _documents(ledger, filters.select(**given), _in_words(given), limit=limit)  # type: ignore[arg-type]
    pictures = take(content.entries, settings, int(max_megabytes * 1e6))
    left_out = _write(content, _tracked(pictures, len(content.entries)), to)
    _tell(content, left_out, to)


def _documents(ledger: "Ledger", selection: "Selection", asked: str, *, limit: int) -> "Report":
    """The newest documents of a selection."""
    from cli.report.content import Report, Totals
    from results.evidence import evidence, sums

    totals = Totals()
    for part in sums(ledger, selection):
        totals.add(part)
    entries = evidence(ledger, selection, limit=limit)
    return Report(datetime.now(UTC), asked, totals, tuple(entries))


def _comparison(ledger: "Ledger", before: str, after: str, *, limit: int) -> "Report":
    """The documents on which two releases differ."""
    from cli.report.content import Compared, Report, Totals
    from results.comparison import compare
    from results.evidence import flipped, sums
    from results.selection import Selection

    counts, totals = compare(ledger, before, after), Totals()
    for part in sums(ledger, Selection(release=after)):
        totals.add(part)
    entries = flipped(ledger, before, after, limit=limit)
    asked = f"Documents judged by {after}, compared with {before}"
    return Report(datetime.now(UTC), asked, totals, tuple(entries), Compared(before, after, counts))


_WORDS = {
    "signed": "signed",
    "unsigned": "unsigned",
    "under": "under {}",
    "since": "received since {}",
    "before": "received before {}",
    "confidence_from": "confidence from {}",
    "confidence_to": "confidence up to {}",
    "near_threshold": "within {} of the threshold",
    "release": "judged by release {}",
}


def _in_words(given: dict[str, object]) -> str:
    """What was asked for, e.g. `Documents: signed, received since 7d`."""
    if not given:
        return "All documents"
    return "Documents: " + ", ".join(_WORDS[name].format(value) for name, value in given.items())


def _tracked(pictures: "Iterable[Pictures]", total: int) -> "Iterator[Pictures]":
    """Shows on a terminal how many documents are pictured."""
    from rich.progress import track

    yield from track(pictures, "Drawing", total=total, console=err, transient=True, disable=not on_terminal())


def _write(content: "Report", pictures: "Iterable[Pictures]", to: Path) -> int:
    """Writes beside the file and puts it in its place when it is whole; returns what was left out."""
    from cli.report.draw import draw

    part = to.with_name(f"{to.name}.part")
    try:
        try:
            with part.open("wb") as file:
                left_out = draw(content, pictures, file)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{to}: {error.strerror}") from None
    return left_out


def _tell(content: "Report", left_out: int, to: Path) -> None:
    """Says what was written and what is not in it."""
    documents, shown = content.totals.documents, len(content.entries)
    if not documents:
        warn("The ledger holds no document that was asked for; the report says so.")
    elif content.compared:
        flips = "1 document" if shown == 1 else f"{shown:,} documents"
        say(f"{flips} on which {content.compared.before} and {content.compared.after} differ.")
    elif shown < documents:
        say(f"The charts count {documents:,} documents, the gallery shows the newest {shown:,}: see --limit.")
    if left_out:
        warn(f"{left_out:,} documents have no picture, to keep the file small: see --max-megabytes.")
    say(f"The report is in {to} ({to.stat().st_size / 1e6:.1f} MB).")
