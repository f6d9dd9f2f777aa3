"""Which verdicts people see: those of the current release, and where there is none, the latest."""

from collections.abc import Iterator

from sqlalchemy import Update, func, select, update

from results.engine import writing
from results.ledger import Ledger
from results.releases import find
from results.schema import documents, model_releases, verdicts

STEP = 10_000
"""Documents in one transaction: workers record in between."""


def show_release(ledger: Ledger, release: str | None) -> Iterator[int]:
    """Switches the release whose verdicts people see; every verdict stays, so one can switch back.

    From the first step on new verdicts obey the switch. Each row shows the release it is by all along, and a
    switch that was cut off is completed by making it again.

    Args:
        ledger: An open ledger.
        release: The release to make current; None for whichever judged last.

    Yields:
        How many documents have been gone over, until all have: nothing happens before the first is asked for.

    Raises:
        UnknownRelease: the ledger has no release of this name.
    """
    with writing(ledger.engine) as connection:
        # 0 is no release: then nothing goes before the latest.
        current = find(connection, release).id if release is not None else 0
        connection.execute(update(model_releases).values(is_current=model_releases.c.id == current))
        last = connection.execute(select(func.max(documents.c.id))).scalar() or 0
    for start in range(0, last + 1, STEP):
        with writing(ledger.engine) as connection:
            connection.execute(_show(current, start))
        yield min(start + STEP, last)


def _show(current: int, start: int) -> Update:
    """Copies the verdict people ought to see into the documents of one step that show another."""
    others = verdicts.alias()
    wanted = (
        select(others.c.id)
        .where(others.c.document_id == documents.c.id)
        .order_by((others.c.release_id == current).desc(), others.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        update(documents)
        .where(documents.c.id >= start, documents.c.id < start + STEP)
        .where(documents.c.verdict_id != verdicts.c.id, verdicts.c.document_id == documents.c.id)
        .where(verdicts.c.id == wanted)
        .values(
            verdict_id=verdicts.c.id,
            has_signature=verdicts.c.has_signature,
            decided_at=verdicts.c.decided_at,
        )
    )
