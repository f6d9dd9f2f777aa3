"""`countersign compare`: where two model releases differ."""

from pathlib import Path
from typing import Annotated

import typer

from cli import options
from cli.formats import Format, FormatOption
from cli.listing import Cells, write_rows
from cli.screen import err, table


def compare(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A model release: its version, or name and version.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The release to compare it with.")],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="List at most so many flips.")] = None,
    format: FormatOption = Format.TABLE,
    to: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, help="File to write flips to, not standard output."),
    ] = None,
    database: options.Database = None,
) -> None:
    """Counts on how many documents two model releases agree, and lists those that flip."""
    from results import comparison
    from results.ledger import Ledger
    from results.settings import read_settings

    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        counts = comparison.compare(ledger, first, second)
        rows = table("documents judged by both", f">{counts.both}")
        rows.add_row("signed in both", str(counts.signed_in_both))
        rows.add_row("unsigned in both", str(counts.unsigned_in_both))
        rows.add_row(f"signed only by {second}", str(counts.became_signed))
        rows.add_row(f"signed only by {first}", str(counts.became_unsigned))
        err.print(rows)
        flips = comparison.flips(ledger, first, second, limit=limit)
        write_rows(flips, comparison.Flip, TABLE, format, to)


TABLE: Cells = {
    f"{'signed':9}": lambda row: "yes to no" if row.signed_before else "no to yes",
    "before": lambda row: row.confidence_before,
    "after": lambda row: row.confidence_after,
    "document": lambda row: options.readable(row.uri),
}
"""What people see of a flip."""
