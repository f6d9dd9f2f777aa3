"""Every statement that moves a document through the ledger, in the order of its life.

They are written for both databases. `FOR UPDATE SKIP LOCKED` vanishes on SQLite, where a writing transaction
keeps every other writer out anyway.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    null,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from results.schema import UtcDateTime, documents, model_releases, signatures, verdicts
from results.status import Status

_NOW = bindparam("now", type_=UtcDateTime)
_MAX_DOCUMENTS = bindparam("max_documents", type_=Integer)
_TOKEN = documents.c.claim_token == bindparam("token")
_IDS = documents.c.id.in_(bindparam("ids", expanding=True))

# Intake: an arrival is new, or it is in the ledger and nothing changes.

ARRIVAL: dict[str, TypeEngine[Any]] = {
    "uri": Text(),
    "generation": Text(),
    "source": Text(),
    "media_type": Text(),
    "size": BigInteger(),
    "error_code": Text(),
    "error_text": Text(),
}
"""The columns that an arrival brings along."""

# Any number of rows in one parameter each: arrays on PostgreSQL, a list of lists in JSON on SQLite.
_arrays = (
    func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in ARRIVAL.items()))
    .table_valued(*(column(name, kind) for name, kind in ARRIVAL.items()), name="arrived")
    .render_derived()
)
_lists = func.json_each(bindparam("rows", type_=Text)).table_valued("value")


def _taken_in(arrived: Mapping[str, ColumnElement[Any]]) -> dict[str, ColumnElement[Any]]:
    """The columns of a document that just arrived."""
    is_good = arrived["error_code"].is_(None)
    return {
        **arrived,
        "status": case((is_good, Status.WAITING.value), else_=Status.FAILED.value),
        "attempts": literal(0),
        "reprocess": literal(False),
        "due_at": case((is_good, _NOW), else_=null()),
        "received_at": _NOW,
        "finished_at": case((is_good, null()), else_=_NOW),
    }


_from_arrays = _taken_in({name: _arrays.c[name] for name in ARRIVAL})
_from_lists = _taken_in(
    {name: func.json_extract(_lists.c.value, f"$[{number}]") for number, name in enumerate(ARRIVAL)}
)

TAKE_IN_POSTGRESQL = (
    postgresql.insert(documents)
    .from_select(list(_from_arrays), select(*_from_arrays.values()))
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
)
"""Takes in arrivals. Parameters: an array for each column of `ARRIVAL`; now."""

TAKE_IN_SQLITE = (
    sqlite.insert(documents)
    # Without a WHERE, SQLite would take ON CONFLICT for the condition of a join.
    .from_select(list(_from_lists), select(*_from_lists.values()).where(true()))
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
)
"""Takes in arrivals. Parameters: rows, in JSON, each with the columns of `ARRIVAL`; now."""

# Due: what claims would hand out now. New arrivals and documents marked by `reprocess` are one short range of
# documents_due_index each, in the order of the claims.


def _oldest_due(reprocess: bool, *names: str) -> Select[Any]:
    """The oldest documents that are due, new ones or marked ones."""
    return (
        select(*(documents.c[name] for name in names))
        .where(documents.c.reprocess == literal(reprocess), documents.c.due_at <= _NOW)
        .order_by(documents.c.due_at, documents.c.id)
        .limit(_MAX_DOCUMENTS)
    )


_halves = [_oldest_due(reprocess, "size", "due_at").subquery() for reprocess in (False, True)]
_due = union_all(*(select(half) for half in _halves)).subquery()

DUE = select(
    func.count().label("documents"),
    cast(func.coalesce(func.sum(_due.c.size), 0), BigInteger).label("size"),
    func.min(_due.c.due_at, type_=UtcDateTime).label("oldest"),
).select_from(_due)
"""Counts what is due. Parameters: now, max_documents (of each half)."""

# Claim: due documents become one worker's own.

CANDIDATES = tuple(
    _oldest_due(
        reprocess, "id", "uri", "generation", "media_type", "size", "attempts", "status"
    ).with_for_update(skip_locked=True)
    for reprocess in (False, True)
)
"""What a claim may take: new arrivals first, then what `reprocess` marked. Parameters: now, max_documents."""

CLAIM = (
    update(documents)
    .where(_IDS)
    .values(
        status=Status.CLAIMED,
        attempts=documents.c.attempts + 1,
        claim_token=bindparam("token"),
        claimed_by=bindparam("worker"),
        due_at=bindparam("expires_at", type_=UtcDateTime),
    )
)
"""Marks documents as a worker's own. Parameters: ids, token, worker, expires_at."""

FAIL_LOST = (
    update(documents)
    .where(_IDS)
    .values(
        status=Status.FAILED,
        error_code=bindparam("code"),
        error_text=bindparam("message"),
        finished_at=_NOW,
        due_at=None,
        claim_token=None,
        claimed_by=None,
    )
)
"""Gives up documents whose last lease ran out. Parameters: ids, code, message, now."""

EXTEND = update(documents).where(_IDS, _TOKEN).values(due_at=bindparam("expires_at", type_=UtcDateTime))
"""Prolongs a lease. Parameters: ids, token, expires_at."""

GIVE_UP = (
    update(documents)
    .where(_IDS, _TOKEN)
    .values(
        status=Status.WAITING,
        attempts=documents.c.attempts - 1,
        due_at=documents.c.received_at,
        claim_token=None,
        claimed_by=None,
    )
)
"""Hands documents back as if they had not been claimed. Parameters: ids, token."""

# Record: what became of a claim, for those of its documents that are still its own.

HELD = (
    select(
        documents.c.id,
        documents.c.attempts,
        documents.c.media_type,
        documents.c.size,
        documents.c.content_sha256,
        documents.c.verdict_id,
        documents.c.has_signature,
        documents.c.decided_at,
        verdicts.c.release_id.label("shown_release_id"),
    )
    .outerjoin(verdicts, verdicts.c.id == documents.c.verdict_id)
    .where(_IDS, _TOKEN)
    .order_by(documents.c.id)
    .with_for_update(of=documents)
)
"""Documents that are still the claim's own, with what people see of them. Parameters: ids, token."""

CURRENT_RELEASE = select(model_releases.c.id).where(model_releases.c.is_current).with_for_update(read=True)
"""The release people see. Locked, so that it does not change before the verdicts are in."""

ADD_VERDICTS_POSTGRESQL = (
    postgresql.insert(verdicts).on_conflict_do_nothing().returning(verdicts.c.document_id, verdicts.c.id)
)
ADD_VERDICTS_SQLITE = (
    sqlite.insert(verdicts).on_conflict_do_nothing().returning(verdicts.c.document_id, verdicts.c.id)
)
"""Adds verdicts, and leaves a document out that has one by this release. Parameters: the columns."""

ADD_SIGNATURES = insert(signatures)
"""Adds the regions of new verdicts. Parameters: the columns."""

OUTCOME = (
    "status",
    "due_at",
    "finished_at",
    "error_code",
    "error_text",
    "media_type",
    "size",
    "content_sha256",
    "verdict_id",
    "has_signature",
    "decided_at",
)
"""What recording may change about a document."""

FINISH = (
    update(documents)
    .where(documents.c.id == bindparam("document_id"))
    .values(
        claim_token=None,
        claimed_by=None,
        **{name: bindparam(f"new_{name}", type_=documents.c[name].type) for name in OUTCOME},
    )
)
"""Writes one outcome, for executemany. Parameters: document_id, and `new_` with each name of `OUTCOME`."""

# Verdicts on the same content.

KNOWN_VERDICT = (
    select(
        verdicts.c.id,
        verdicts.c.document_id,
        documents.c.content_sha256,
        documents.c.media_type,
        documents.c.size,
        verdicts.c.page_count,
        verdicts.c.confidence,
        verdicts.c.threshold,
    )
    .join(verdicts, verdicts.c.document_id == documents.c.id)
    .where(
        documents.c.content_sha256 == bindparam("content_sha256"),
        verdicts.c.release_id == bindparam("release_id"),
    )
    .limit(1)
)
"""A verdict by a release on the same bytes. Parameters: content_sha256, release_id."""

REGIONS = (
    select(*(signatures.c[name] for name in ("page", "x0", "y0", "x1", "y1", "score")))
    .where(signatures.c.verdict_id == bindparam("verdict_id"))
    .order_by(signatures.c.number)
)
"""The regions of a verdict, best first. Parameters: verdict_id."""
