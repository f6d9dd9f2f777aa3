"""Claiming: which of the due documents go together, and which are given up."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from results import statements as sql
from results.engine import AnyRow, moment
from results.errors import WorkerLost
from results.status import Status
from results.values import Claim, ClaimedDocument


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one claim may take, how often one document may be claimed, whether tried ones may be."""

    max_documents: int
    max_bytes: int
    max_attempts: int
    tried: bool = True


def claim(connection: Connection, worker: str, bounds: Bounds, lease: timedelta) -> Claim | None:
    """Claims the next batch in the connection's transaction; see `Ledger.claim`.

    Args:
        connection: In a writing transaction.
        worker: Who claims.
        bounds: How much.
        lease: For how long.

    Returns:
        The claim; None when nothing is due; without documents where the oldest was tried before and
        `bounds` allow no such document.
    """
    now = moment(connection)
    for candidates in _candidates(connection, bounds, now):
        lost = [row for row in candidates if _is_lost(row, bounds.max_attempts)]
        if lost:
            _fail(connection, lost, now)
        left = [row for row in candidates if row not in lost]
        if left and left[0].attempts and not bounds.tried:
            return Claim("", now, ())
        if batch := _batch(left, bounds):
            return _mark(connection, batch, worker, now + lease)
    return None


def named(claim: Claim) -> dict[str, object]:
    """The parameters `ids` and `token` of statements about a claim."""
    return {"ids": [document.id for document in claim.documents], "token": claim.token}


def _candidates(connection: Connection, bounds: Bounds, now: datetime) -> Iterator[Sequence[AnyRow]]:
    """Yields due documents, locked, until none is left: new ones, then those marked by `reprocess`."""
    wanted = {"now": now, "max_documents": bounds.max_documents}
    for statement in sql.CANDIDATES:
        while rows := connection.execute(statement, wanted).all():
            yield rows


def _is_lost(row: AnyRow, max_attempts: int) -> bool:
    """Whether a document's last lease ran out."""
    return row.status is Status.CLAIMED and row.attempts >= max_attempts


def _fail(connection: Connection, lost: Sequence[AnyRow], now: datetime) -> None:
    """Gives up documents whose worker died every time."""
    message = f"{WorkerLost()}"
    ids = [row.id for row in lost]
    connection.execute(sql.FAIL_LOST, {"ids": ids, "code": WorkerLost.code, "message": message, "now": now})


def _batch(rows: Sequence[AnyRow], bounds: Bounds) -> list[AnyRow]:
    """What goes together: the first alone if it was tried before, else untried ones up to the bounds."""
    if not rows or rows[0].attempts:
        return list(rows[:1])
    batch: list[AnyRow] = []
    size = 0
    for row in rows:
        if row.attempts:
            continue
        size += row.size or 0
        if batch and size > bounds.max_bytes:
            break
        batch.append(row)
    return batch


def _mark(connection: Connection, batch: Sequence[AnyRow], worker: str, until: datetime) -> Claim:
    """Marks locked documents as claimed."""
    token = uuid.uuid4().hex
    ids = [row.id for row in batch]
    connection.execute(sql.CLAIM, {"ids": ids, "token": token, "worker": worker, "expires_at": until})
    documents = (
        ClaimedDocument(row.id, row.uri, row.generation, row.media_type, row.size, row.attempts + 1)
        for row in batch
    )
    return Claim(token, until, tuple(documents), sum(row.status is Status.CLAIMED for row in batch))
