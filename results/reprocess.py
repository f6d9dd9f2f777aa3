"""Marking documents to be judged again: judged ones for a new release, failed ones for another try."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select, update

from results.engine import moment, writing
from results.ledger import Ledger
from results.schema import documents
from results.selection import Selection, filtered
from results.status import Status

STEP = 5000
"""Documents in one transaction: workers claim in between."""


def reprocess(ledger: Ledger, selection: Selection) -> Iterator[int]:
    """Marks judged documents to be judged again, behind new arrivals; their verdicts stay and are still seen.

    Args:
        ledger: An open ledger.
        selection: Which of the documents that are done.

    Yields:
        How many have been marked, until all have: nothing happens before the first is asked for.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    return _mark(ledger, replace(selection, status=Status.DONE), behind=True)


def retry(ledger: Ledger, selection: Selection) -> Iterator[int]:
    """Marks failed documents to be tried again, with all their attempts before them.

    Args:
        ledger: An open ledger.
        selection: Which of the documents that failed, e.g. by their error code.

    Yields:
        How many have been marked, until all have: nothing happens before the first is asked for.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    return _mark(ledger, replace(selection, status=Status.FAILED), behind=False)


def _mark(ledger: Ledger, selection: Selection, behind: bool) -> Iterator[int]:
    """Marks a selection step by step, in the order of arrival."""
    last = marked = 0
    while True:
        with writing(ledger.engine) as connection:
            found = filtered(connection, selection)
            query = (
                select(documents.c.id)
                .select_from(found.rows)
                .where(*found.conditions, documents.c.id > last)
                .order_by(documents.c.id)
                .limit(STEP)
                .with_for_update(of=documents)
            )
            ids = list(connection.scalars(query))
            if not ids:
                return
            change = {
                "status": Status.WAITING,
                "reprocess": behind,
                "attempts": 0,
                "due_at": moment(connection),
                "finished_at": None,
                "error_code": None,
                "error_text": None,
            }
            connection.execute(update(documents).where(documents.c.id.in_(ids)).values(change))
        last, marked = ids[-1], marked + len(ids)
        yield marked
