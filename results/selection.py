"""Which documents a person means: the filters that listing, reprocessing and pruning share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, func, select

from results.releases import find
from results.schema import documents, verdicts
from results.status import Status


@dataclass(frozen=True, slots=True)
class Selection:
    """Documents that pass every filter that is given."""

    signed: bool | None = None
    """True: flagged as signed; False: judged and not signed; None: whatever the flag, also none yet."""
    status: Status | None = None
    error_code: str | None = None
    uri_prefix: str | None = None
    received_from: datetime | None = None
    """Timezone-aware; inclusive."""
    received_before: datetime | None = None
    """Timezone-aware; exclusive."""
    confidence_from: float | None = None
    """Inclusive, in [0, 1]."""
    confidence_to: float | None = None
    """Inclusive, in [0, 1]."""
    near_threshold: float | None = None
    """Confidence at most this far from the verdict's threshold, on either side."""
    release: str | None = None
    """Judged by this release; flag and confidence are by its verdict, not by the one people see."""
    judged_before: str | None = None
    """Judged, but by no release registered as late as this one."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """A selection in SQL: documents with the verdict it looks at, and the conditions on both."""

    rows: FromClause
    has_signature: ColumnElement[bool | None]
    decided_at: ColumnElement[datetime | None]
    conditions: tuple[ColumnElement[bool], ...]


def filtered(connection: Connection, selection: Selection) -> Filtered:
    """Turns a selection into SQL over `documents` and `verdicts`.

    Args:
        connection: To look up the releases it names.
        selection: What a person means.

    Returns:
        What to select from, and where.

    Raises:
        UnknownRelease: the ledger has no release of a name that is given.
    """
    has_signature: ColumnElement[Any] = documents.c.has_signature
    decided_at: ColumnElement[Any] = documents.c.decided_at
    rows: FromClause = documents.outerjoin(verdicts, verdicts.c.id == documents.c.verdict_id)
    if selection.release is not None:
        by = verdicts.c.release_id == find(connection, selection.release).id
        rows = documents.join(verdicts, and_(verdicts.c.document_id == documents.c.id, by))
        has_signature, decided_at = verdicts.c.has_signature, verdicts.c.decided_at
    conditions = [*_document_conditions(selection), *_verdict_conditions(selection)]
    if selection.signed is not None:
        conditions.append(has_signature == selection.signed)
    if selection.judged_before is not None:
        later = find(connection, selection.judged_before).id
        conditions += (documents.c.verdict_id.is_not(None), ~_judged_since(later))
    return Filtered(rows, has_signature, decided_at, tuple(conditions))


def starts_with(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Whether a text begins with a prefix, as a range that an index serves on both databases."""
    return and_(column >= prefix, column < prefix + "\U0010ffff")


def _document_conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """Conditions on the document alone."""
    conditions: list[ColumnElement[bool]] = []
    if selection.status is not None:
        conditions.append(documents.c.status == selection.status)
        if selection.status in (Status.WAITING, Status.CLAIMED):
            # Says nothing new, but lets the index of what is due answer.
            conditions.append(documents.c.due_at.is_not(None))
    if selection.error_code is not None:
        conditions.append(documents.c.error_code == selection.error_code)
    if selection.uri_prefix is not None:
        conditions.append(starts_with(documents.c.uri, selection.uri_prefix))
    if selection.received_from is not None:
        conditions.append(documents.c.received_at >= selection.received_from)
    if selection.received_before is not None:
        conditions.append(documents.c.received_at < selection.received_before)
    return conditions


def _verdict_conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """Conditions on the verdict."""
    conditions: list[ColumnElement[bool]] = []
    if selection.confidence_from is not None:
        conditions.append(verdicts.c.confidence >= selection.confidence_from)
    if selection.confidence_to is not None:
        conditions.append(verdicts.c.confidence <= selection.confidence_to)
    if selection.near_threshold is not None:
        distance = func.abs(verdicts.c.confidence - verdicts.c.threshold)
        conditions.append(distance <= selection.near_threshold)
    return conditions


def _judged_since(release_id: int) -> ColumnElement[bool]:
    """Whether a document has a verdict by a release or by a later one."""
    others = verdicts.alias()
    return exists(
        select(others.c.id).where(others.c.document_id == documents.c.id, others.c.release_id >= release_id)
    )
