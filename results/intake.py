"""Intake: arrivals become rows, each (uri, generation) once."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from results import statements as sql
from results.status import Status
from results.values import Arrival, IntakeCount

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
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _chunks(arrivals: Iterable[Arrival]) -> Iterator[list[dict[str, object]]]:
    """Splits arrivals into lists of rows."""
    rest = iter(arrivals)
    while chunk := [_row(arrival) for arrival in islice(rest, CHUNK)]:
        yield chunk


def _row(arrival: Arrival) -> dict[str, object]:
    """The columns an arrival brings along."""
    columns = ((name, getattr(arrival, name)) for name in sql.ARRIVAL)
    return {name: storable(value) if isinstance(value, str) else value for name, value in columns}


def _add_postgresql(connection: Connection, chunk: list[dict[str, object]], now: datetime) -> int:
    arrays = {name: [row[name] for row in chunk] for name in sql.ARRIVAL}
    return connection.execute(sql.TAKE_IN_POSTGRESQL, {**arrays, "now": now}).rowcount


def _add_sqlite(connection: Connection, chunk: list[dict[str, object]], now: datetime) -> int:
    same = {"attempts": 0, "reprocess": False, "received_at": now}
    waiting = {**same, "status": Status.WAITING, "due_at": now, "finished_at": None}
    failed = {**same, "status": Status.FAILED, "due_at": None, "finished_at": now}
    rows = [{**row, **(failed if row["error_code"] else waiting)} for row in chunk]
    return connection.execute(sql.TAKE_IN_SQLITE, rows).rowcount
