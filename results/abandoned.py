"""Claims whose worker is known to be dead: their leases need not run out."""

from sqlalchemy import Engine, select, update

from results.engine import moment, writing
from results.schema import documents
from results.status import Status


def claiming_workers(engine: Engine) -> frozenset[str]:
    """The workers that hold documents, by the names they claimed under.

    Args:
        engine: The ledger's engine.
    """
    # That it has a lease says nothing new, but lets the index of what is due answer.
    held = (documents.c.status == Status.CLAIMED, documents.c.due_at.is_not(None))
    holding = select(documents.c.claimed_by).where(*held).distinct()
    with engine.connect() as connection:
        return frozenset(connection.scalars(holding))


def end_leases(engine: Engine, worker: str) -> int:
    """Ends a worker's leases now, as if their time had run out: its documents are due, the attempt counts.

    Args:
        engine: The ledger's engine.
        worker: The name it claimed under; it must be dead.

    Returns:
        How many documents it held.
    """
    held = (
        documents.c.status == Status.CLAIMED,
        documents.c.due_at.is_not(None),
        documents.c.claimed_by == worker,
    )
    with writing(engine) as connection:
        ended = connection.execute(update(documents).where(*held).values(due_at=moment(connection)))
        return ended.rowcount
