"""`countersign prune`: forgetting what was finished long ago."""

from typing import Annotated

import typer

from cli import filters, options
from cli.screen import out


def prune(
    finished_before: Annotated[
        str,
        typer.Option(
            "--finished-before",
            metavar="TIME",
            help="Judged or failed before: 2025-11-23, or 365d for a year ago.",
        ),
    ],
    under: filters.Under = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database: options.Database = None,
) -> None:
    """Deletes documents that were finished long ago, with every verdict on them.

    A document whose file or object is still there arrives anew. Whatever is in flight stays.
    """
    from cli.progress import count_up
    from results import prune as pruning
    from results.ledger import Ledger
    from results.settings import read_settings

    moment = filters.moment(finished_before)
    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        if not yes:
            asked = f"Delete every document finished before {moment:%Y-%m-%d %H:%M %Z}, with its verdicts?"
            typer.confirm(asked, abort=True)
        deleted = count_up(pruning.prune(ledger, moment, filters.select(under=under)), "Deleting")
    out.print(f"{deleted} {'document was' if deleted == 1 else 'documents were'} deleted", markup=False)
