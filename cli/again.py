"""`countersign retry` and `countersign reprocess`: documents that are to be judged again."""

from typing import Annotated

import typer

from cli import filters, options
from cli.screen import out
from results.errors import WrongSettings


def retry(
    code: filters.Code = None,
    under: filters.Under = None,
    since: filters.Since = None,
    before: filters.Before = None,
    database: options.Database = None,
) -> None:
    """Makes failed documents due again, with all their attempts before them."""
    from cli.progress import count_up
    from results import reprocess as marking
    from results.ledger import Ledger
    from results.settings import read_settings

    selection = filters.select(under=under, since=since, before=before, error_code=code)
    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        _tell(count_up(marking.retry(ledger, selection), "Marking"))


def reprocess(
    everything: Annotated[bool, typer.Option("--all", help="All documents that have a verdict.")] = False,
    signed: filters.Signed = False,
    unsigned: filters.Unsigned = False,
    near: filters.Near = None,
    judged_before: filters.JudgedBefore = None,
    release: filters.Release = None,
    confidence_from: filters.ConfidenceFrom = None,
    confidence_to: filters.ConfidenceTo = None,
    under: filters.Under = None,
    since: filters.Since = None,
    before: filters.Before = None,
    database: options.Database = None,
) -> None:
    """Marks judged documents to be judged again, behind new arrivals.

    Their verdicts stay, and are seen until a new model release has added its own. A release judges a document
    once: marking it again for the same release changes nothing.
    """
    from cli.progress import count_up
    from results import reprocess as marking
    from results.ledger import Ledger
    from results.selection import Selection
    from results.settings import read_settings

    selection = filters.select(
        signed=signed,
        unsigned=unsigned,
        under=under,
        since=since,
        before=before,
        near_threshold=near,
        judged_before=judged_before,
        release=release,
        confidence_from=confidence_from,
        confidence_to=confidence_to,
    )
    if everything != (selection == Selection()):
        raise WrongSettings("say which documents with filters, or all of them with --all")
    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        _tell(count_up(marking.reprocess(ledger, selection), "Marking"))


def _tell(marked: int) -> None:
    """Tells how many documents were marked, and who judges them."""
    out.print(f"{marked} {'document is' if marked == 1 else 'documents are'} due again", markup=False)
    if marked:
        out.print("Workers judge them by themselves; without workers: countersign run", markup=False)
