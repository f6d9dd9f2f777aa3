"""Judged documents whose object is still to be moved, deleted or written to, and those where it was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, and_, delete, insert, or_, select

from results.engine import moment, writing
from results.schema import documents, model_releases, verdicts
from results.schema import tidied_objects as tidied
from results.status import Status

WRITTEN = "written"
"""Outcome of an object that was written to and stays."""


@dataclass(frozen=True, slots=True)
class JudgedObject:
    """A document that has its verdict, with what may be written to its object."""

    document_id: int
    uri: str
    generation: str
    has_signature: bool
    signature_count: int
    confidence: float
    threshold: float
    page_count: int
    first_signature_page: int | None
    model_version: str
    content_sha256: str | None
    decided_at: datetime


def untidied(engine: Engine, uri_prefix: str, since: datetime, limit: int) -> list[JudgedObject]:
    """The oldest judged documents below a prefix whose object was not dealt with yet.

    Args:
        engine: The ledger's engine.
        uri_prefix: How the URIs begin.
        since: Leaves out what was judged before.
        limit: Most documents.

    Returns:
        The documents, those judged first in front.
    """
    # One ordered index range for each flag; a single range over both would have to be sorted.
    found = [one for flag in (True, False) for one in _untidied(engine, uri_prefix, since, limit, flag)]
    return sorted(found, key=lambda one: (one.decided_at, one.document_id))[:limit]


def _untidied(
    engine: Engine, uri_prefix: str, since: datetime, limit: int, has_signature: bool
) -> list[JudgedObject]:
    # A later verdict on an object that is still there is written to it again.
    is_final = or_(tidied.c.outcome != WRITTEN, tidied.c.tidied_at >= documents.c.decided_at)
    query = (
        select(
            documents.c.id.label("document_id"),
            documents.c.uri,
            documents.c.generation,
            verdicts.c.has_signature,
            verdicts.c.signature_count,
            verdicts.c.confidence,
            verdicts.c.threshold,
            verdicts.c.page_count,
            verdicts.c.first_signature_page,
            model_releases.c.version.label("model_version"),
            documents.c.content_sha256,
            documents.c.decided_at,
        )
        .join(verdicts, verdicts.c.id == documents.c.verdict_id)
        .join(model_releases, model_releases.c.id == verdicts.c.release_id)
        .outerjoin(tidied, and_(tidied.c.document_id == documents.c.id, is_final))
        .where(
            documents.c.has_signature == has_signature,
            documents.c.decided_at >= since,
            documents.c.status == Status.DONE,
            documents.c.uri >= uri_prefix,
            documents.c.uri < _after(uri_prefix),
            tidied.c.document_id.is_(None),
        )
        .order_by(documents.c.decided_at, documents.c.id)
        .limit(limit)
    )
    with engine.connect() as connection:
        return [JudgedObject(**row._mapping) for row in connection.execute(query)]


def _after(prefix: str) -> str:
    """The first text behind all that begin with a prefix, byte by byte in UTF-8."""
    return prefix + "\U0010ffff"


def mark_tidied(engine: Engine, outcomes: Sequence[tuple[int, str]]) -> None:
    """Keeps what was last done with the objects of some documents.

    Args:
        engine: The ledger's engine.
        outcomes: Document id, and what was done.
    """
    if not outcomes:
        return
    with writing(engine) as connection:
        now = moment(connection)
        connection.execute(delete(tidied).where(tidied.c.document_id.in_([one for one, _ in outcomes])))
        connection.execute(
            insert(tidied),
            [{"document_id": one, "outcome": outcome, "tidied_at": now} for one, outcome in outcomes],
        )
