"""What is still to be judged of some places; the ledger may hold much more that other processes brought."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Engine, or_, select

from results.schema import documents
from results.selection import starts_with


def is_in_flight(engine: Engine, places: Sequence[str]) -> bool:
    """Whether anything at some places is waiting or claimed.

    Args:
        engine: Of an open ledger.
        places: `file:///...`, a file or a folder, and `gs://bucket/prefix`.
    """
    waits = documents.c.due_at.is_not(None)
    query = select(documents.c.id).where(waits, or_(*map(_at, places))).limit(1)
    with engine.connect() as connection:
        return connection.scalar(query) is not None


def _at(place: str) -> ColumnElement[bool]:
    """Documents at a place; a prefix in a bucket may end anywhere in a name."""
    if place.startswith("file://"):
        return or_(documents.c.uri == place, starts_with(documents.c.uri, f"{place.rstrip('/')}/"))
    return starts_with(documents.c.uri, place)
