"""Pruning: forgetting documents that were finished long ago, with their verdicts."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete, select

from results.engine import writing
from results.ledger import Ledger
from results.schema import documents
from results.selection import Selection, filtered

STEP = 2000
"""Documents in one transaction: workers record in between."""


def prune(ledger: Ledger, finished_before: datetime, selection: Selection | None = None) -> Iterator[int]:
    """Deletes finished documents and every verdict on them. One whose object is still there arrives anew.

    Args:
        ledger: An open ledger.
        finished_before: Timezone-aware; what became done or failed later, or is in flight, stays.
        selection: Which of those; all by default.

    Yields:
        How many have been deleted, until all have: nothing happens before the first is asked for.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    last = deleted = 0
    while True:
        with writing(ledger.engine) as connection:
            found = filtered(connection, selection or Selection())
            query = (
                select(documents.c.id)
                .select_from(found.rows)
                .where(*found.conditions, documents.c.due_at.is_(None), documents.c.id > last)
                .where(documents.c.finished_at < finished_before)
                .order_by(documents.c.id)
                .limit(STEP)
                .with_for_update(of=documents)
            )
            ids = list(connection.scalars(query))
            if not ids:
                return
            connection.execute(delete(documents).where(documents.c.id.in_(ids)))
        last, deleted = ids[-1], deleted + len(ids)
        yield deleted
