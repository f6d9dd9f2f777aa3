"""Intake: arrivals become rows, each (uri, generation) once."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter, itemgetter

from sqlalchemy import Connection

from results import statements as sql
from results.values import Arrival, IntakeCount

Row = tuple[str | int | None, ...]
"""What an arrival brings along, in the order of `statements.ARRIVAL`."""

_columns = attrgetter(*sql.ARRIVAL)

CHUNK = 5000
"""Arrivals in one statement: enough that the statement costs nothing, few enough to hold in memory."""


def take_in(connection: Connection, arrivals: Iterable[Arrival], now: datetime) -> IntakeCount:
    """Writes arrivals in the connection's transaction; see `Ledger.take_in`.

    Args:
        connection: In a writing transaction.
        arrivals: What a source noticed.
        now: When they are received.

    Returns:
        How many there were, and how many of them were new.
    """
    add = _add_postgresql if connection.dialect.name == "postgresql" else _add_sqlite
    seen = new = 0
    for chunk in _chunks(arrivals):
        seen += len(chunk)
        new += add(connection, chunk, now)
    return IntakeCount(seen, new)


def storable(text: str) -> str:
    """Replaces what no database column holds: NUL, and halves of surrogate pairs."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\0", "\ufffd")


def _chunks(arrivals: Iterable[Arrival]) -> Iterator[list[Row]]:
    """Splits arrivals into lists of rows."""
    rest = iter(arrivals)
    while chunk := [_row(arrival) for arrival in islice(rest, CHUNK)]:
        # In one order everywhere, so that two that take in the same documents do not wait for each other.
        yield sorted(chunk, key=itemgetter(0, 1))


def _row(arrival: Arrival) -> Row:
    """The columns an arrival brings along."""
    return tuple(storable(value) if isinstance(value, str) else value for value in _columns(arrival))


def _add_postgresql(connection: Connection, chunk: Sequence[Row], now: datetime) -> int:
    arrays = dict(zip(sql.ARRIVAL, map(list, zip(*chunk, strict=True)), strict=True))
    return connection.execute(sql.TAKE_IN_POSTGRESQL, {**arrays, "now": now}).rowcount


def _add_sqlite(connection: Connection, chunk: Sequence[Row], now: datetime) -> int:
    return connection.execute(sql.TAKE_IN_SQLITE, {"rows": json.dumps(chunk), "now": now}).rowcount
