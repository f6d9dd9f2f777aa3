"""What is still to be judged of some places; the ledger may hold much more that other processes brought."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Engine, or_, select

from results.schema import documents
from results.selection import starts_with

PLACES_AT_ONCE: Final = 200
"""Places in one query: people name thousands of files, and SQLite takes no more than 1,000 terms in a row."""


def is_in_flight(engine: Engine, places: Sequence[str]) -> bool:
    """Whether anything at some places is waiting or claimed.

    Args:
        engine: Of an open ledger.
        places: `file:///...`, a file or a folder, and `gs://bucket/prefix`.
    """
    waits = documents.c.due_at.is_not(None)
    with engine.connect() as connection:
        for begin in range(0, len(places), PLACES_AT_ONCE):
            some = places[begin : begin + PLACES_AT_ONCE]
            query = select(documents.c.id).where(waits, or_(*map(_at, some))).limit(1)
            if connection.scalar(query) is not None:
                return True
    return False


def _at(place: str) -> ColumnElement[bool]:
    """Documents at a place; a prefix in a bucket may end anywhere in a name."""
    if place.startswith("file://"):
        return or_(documents.c.uri == place, starts_with(documents.c.uri, f"{place.rstrip('/')}/"))
    return starts_with(documents.c.uri, place)
