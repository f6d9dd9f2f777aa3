"""Documents with all that speaks for their verdicts, and sums over them: what a report is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from results.engine import AnyRow
from results.ledger import Ledger
from results.releases import find
from results.schema import documents, model_releases, signatures, verdicts
from results.selection import Selection, filtered
from results.status import Status
from results.values import FoundSignature

BINS = 20
"""Steps of the same width in which confidences are counted."""

AT_ONCE = 500
"""Verdicts that are read together."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One document judged by one model release, with every region the release kept."""

    release: str
    """Version of the model release."""
    has_signature: bool
    confidence: float
    threshold: float
    page_count: int
    decided_at: datetime
    signatures: tuple[FoundSignature, ...] = ()
    """Best score first; those below the threshold are not counted as signatures."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One document, and what there is to show of it."""

    uri: str
    generation: str
    status: Status
    received_at: datetime
    error_code: str | None = None
    error_text: str | None = None
    verdict: Verdict | None = None
    """The one people see, or that of the release asked for."""
    before: Verdict | None = None
    """That of the older release, where two are compared."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many documents are alike in what a report counts."""

    status: Status
    has_signature: bool | None
    threshold: float | None
    error_code: str | None
    documents: int
    by_confidence: tuple[int, ...]
    """Of those with a verdict, in `BINS` steps from 0 to 1; the last includes 1."""


def evidence(ledger: Ledger, selection: Selection, *, limit: int) -> list[Evidence]:
    """Reads the newest documents of a selection with their evidence.

    Args:
        ledger: An open ledger.
        selection: Which documents.
        limit: Most documents.

    Returns:
        The documents, newest first.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    with ledger.engine.connect() as connection:
        found = filtered(connection, selection)
        query = (
            select(*_DOCUMENT, verdicts.c.id)
            .select_from(found.rows)
            .where(*found.conditions)
            .order_by(documents.c.id.desc())
            .limit(limit)
        )
        rows = connection.execute(query).all()
        known = _verdicts(connection, (row[-1] for row in rows))
    return [Evidence(*row[:-1], verdict=known.get(row[-1])) for row in rows]


def flipped(ledger: Ledger, before: str, after: str, *, limit: int) -> list[Evidence]:
    """Reads the documents on which two releases differ, with the evidence of both.

    Args:
        ledger: An open ledger.
        before: The first release.
        after: The second release, whose verdict is `Evidence.verdict`.
        limit: Most documents.

    Returns:
        The documents, newest first.

    Raises:
        UnknownRelease: the ledger has no release of this name.
    """
    first, second = verdicts.alias("first"), verdicts.alias("second")
    with ledger.engine.connect() as connection:
        query = (
            select(*_DOCUMENT, second.c.id, first.c.id)
            .select_from(documents)
            .join(first, first.c.document_id == documents.c.id)
            .join(second, second.c.document_id == documents.c.id)
            .where(first.c.release_id == find(connection, before).id)
            .where(second.c.release_id == find(connection, after).id)
            .where(first.c.has_signature != second.c.has_signature)
            .order_by(documents.c.id.desc())
            .limit(limit)
        )
        rows = connection.execute(query).all()
        known = _verdicts(connection, (identity for row in rows for identity in row[-2:]))
    return [Evidence(*row[:-2], verdict=known.get(row[-2]), before=known.get(row[-1])) for row in rows]


def sums(ledger: Ledger, selection: Selection) -> list[Sum]:
    """Counts the documents of a selection by what became of them and by confidence, in one query.

    Args:
        ledger: An open ledger.
        selection: Which documents.

    Returns:
        Sums that together count every document of the selection once.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    with ledger.engine.connect() as connection:
        found = filtered(connection, selection)
        alike = (documents.c.status, found.has_signature, verdicts.c.threshold, documents.c.error_code)
        at_least = [
            func.sum(case((verdicts.c.confidence >= step / BINS, 1), else_=0)) for step in range(1, BINS)
        ]
        query = (
            select(*alike, func.count(), func.count(verdicts.c.id), *at_least)
            .select_from(found.rows)
            .where(*found.conditions)
            .group_by(*alike)
        )
        return [_sum(row) for row in connection.execute(query)]


_DOCUMENT = (
    documents.c.uri,
    documents.c.generation,
    documents.c.status,
    documents.c.received_at,
    documents.c.error_code,
    documents.c.error_text,
)


def _sum(row: AnyRow) -> Sum:
    """Differences between counts of `confidence >= step` are the counts of each step."""
    status, has_signature, threshold, error_code, number, *at_least = row
    edges = [*map(int, at_least), 0]
    by_confidence = tuple(edges[step] - edges[step + 1] for step in range(BINS))
    return Sum(status, has_signature, threshold, error_code, number, by_confidence)


def _verdicts(connection: Connection, ids: Iterable[int | None]) -> dict[int, Verdict]:
    """Verdicts by their id, with their regions."""
    wanted = [identity for identity in ids if identity is not None]
    found: dict[int, Verdict] = {}
    for start in range(0, len(wanted), AT_ONCE):
        found |= _some_verdicts(connection, wanted[start : start + AT_ONCE])
    return found


def _some_verdicts(connection: Connection, ids: Sequence[int]) -> dict[int, Verdict]:
    columns = (
        verdicts.c[name] for name in ("has_signature", "confidence", "threshold", "page_count", "decided_at")
    )
    rows = (
        connection.execute(
            select(verdicts.c.id, model_releases.c.version.label("release"), *columns)
            .join(model_releases, model_releases.c.id == verdicts.c.release_id)
            .where(verdicts.c.id.in_(ids))
        )
        .mappings()
        .all()
    )
    regions: dict[int, list[FoundSignature]] = {}
    parts = (signatures.c[name] for name in ("page", "x0", "y0", "x1", "y1", "score"))
    for identity, *region in connection.execute(
        select(signatures.c.verdict_id, *parts)
        .where(signatures.c.verdict_id.in_(ids))
        .order_by(signatures.c.verdict_id, signatures.c.number)
    ):
        regions.setdefault(identity, []).append(FoundSignature(*region))
    found: dict[int, Verdict] = {}
    for row in rows:
        values = dict(row)
        identity = values.pop("id")
        found[identity] = Verdict(**values, signatures=tuple(regions.get(identity, ())))
    return found
