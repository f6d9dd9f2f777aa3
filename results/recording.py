"""Recording: what became of a claim, for those of its documents that are still its own."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from results import statements as sql
from results.claiming import named
from results.engine import AnyRow, moment
from results.intake import storable
from results.status import Status
from results.values import Claim, Failed, Judged

LONGEST_WAIT = 3600.0
"""Seconds; a storage that was away for long is asked again within the hour."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By whom documents were judged, and when one that failed is tried again."""

    release_id: int
    max_attempts: int
    retry_seconds: float


def record(connection: Connection, claim: Claim, outcomes: Sequence[Judged | Failed], rules: Rules) -> int:
    """Records outcomes in the connection's transaction; see `Ledger.record`.

    Args:
        connection: In a writing transaction.
        claim: What they were claimed by.
        outcomes: One for each document that is finished.
        rules: By whom, and what is tried again.

    Returns:
        How many outcomes were recorded.
    """
    held = {row.id: row for row in connection.execute(sql.HELD, named(claim))}
    kept = {outcome.document_id: outcome for outcome in outcomes if outcome.document_id in held}
    if not kept:
        return 0
    now = moment(connection)
    current = connection.scalar(sql.CURRENT_RELEASE)
    verdicts = _add_verdicts(
        connection, [one for one in kept.values() if isinstance(one, Judged)], rules, now
    )
    rows = []
    for outcome in kept.values():
        row = held[outcome.document_id]
        if isinstance(outcome, Failed):
            change = _failed(outcome, row, rules, now)
        else:
            change = _judged(outcome, now)
            if outcome.document_id in verdicts and _is_shown(row, rules.release_id, current):
                change |= _shown(outcome, verdicts[outcome.document_id], now)
        rows.append(_finish(row, change))
    connection.execute(sql.FINISH, rows)
    return len(rows)


def retry_wait(attempts: int, first: float) -> timedelta:
    """How long a document waits after a failed attempt, doubling, give or take a quarter.

    The jitter keeps documents that failed together from coming back together.

    Args:
        attempts: Attempts so far, from 1.
        first: Seconds after the first.
    """
    seconds = min(first * 2.0 ** min(attempts - 1, 20), LONGEST_WAIT)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))


def _failed(outcome: Failed, row: AnyRow, rules: Rules, now: datetime) -> dict[str, object]:
    """The columns of a document that could not be judged."""
    change: dict[str, object] = {"error_code": outcome.error_code, "error_text": storable(outcome.error_text)}
    if outcome.content_sha256:
        change["content_sha256"] = outcome.content_sha256
    if outcome.transient and row.attempts < rules.max_attempts:
        wait = retry_wait(row.attempts, rules.retry_seconds)
        return {**change, "status": Status.WAITING, "due_at": now + wait}
    return {**change, "status": Status.FAILED, "finished_at": now}


def _judged(outcome: Judged, now: datetime) -> dict[str, object]:
    """The columns of a document that was judged."""
    return {
        "status": Status.DONE,
        "finished_at": now,
        "media_type": outcome.media_type,
        "size": outcome.size,
        "content_sha256": outcome.content_sha256,
    }


def _shown(outcome: Judged, verdict_id: int, now: datetime) -> dict[str, object]:
    """The columns that copy the verdict people see."""
    return {"verdict_id": verdict_id, "has_signature": bool(_counted(outcome)), "decided_at": now}


def _is_shown(row: AnyRow, release_id: int, current: int | None) -> bool:
    """Whether people see a new verdict: always, unless the one they see is by the current release."""
    return current is None or release_id == current or row.shown_release_id != current


def _finish(row: AnyRow, change: Mapping[str, object]) -> dict[str, object]:
    """Parameters of `FINISH`: what was not changed stays, but what a claim or failure had left."""
    left = {"due_at": None, "finished_at": None, "error_code": None, "error_text": None}
    new = {**row._mapping, **left, **change}
    return {"document_id": row.id, **{f"new_{name}": new[name] for name in sql.OUTCOME}}


def _counted(outcome: Judged) -> list[int]:
    """The page of every region that counts as a signature."""
    return [found.page for found in outcome.signatures if found.score >= outcome.threshold]


def _add_verdicts(
    connection: Connection, judged: Sequence[Judged], rules: Rules, now: datetime
) -> dict[int, int]:
    """Adds verdicts with their regions; returns verdict ids by document id, of those that were new."""
    if not judged:
        return {}
    postgres = connection.dialect.name == "postgresql"
    statement = sql.ADD_VERDICTS_POSTGRESQL if postgres else sql.ADD_VERDICTS_SQLITE
    added = connection.execute(statement, [_verdict(one, rules.release_id, now) for one in judged])
    ids = {row.document_id: row.id for row in added}
    regions = [
        {"verdict_id": ids[one.document_id], "number": number, **asdict(found)}
        for one in judged
        if one.document_id in ids
        for number, found in enumerate(sorted(one.signatures, key=lambda found: -found.score), start=1)
    ]
    if regions:
        connection.execute(sql.ADD_SIGNATURES, regions)
    return ids


def _verdict(outcome: Judged, release_id: int, now: datetime) -> dict[str, object]:
    """The columns of a verdict."""
    pages = _counted(outcome)
    return {
        "document_id": outcome.document_id,
        "release_id": release_id,
        "has_signature": bool(pages),
        "signature_count": len(pages),
        "confidence": outcome.confidence,
        "threshold": outcome.threshold,
        "page_count": outcome.page_count,
        "first_signature_page": min(pages, default=None),
        "decided_at": now,
    }
