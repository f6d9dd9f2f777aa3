"""What people ask the ledger. Answers come row by row: ten million need no more memory than ten."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from results.engine import streaming
from results.errors import UnknownDocument
from results.ledger import Ledger
from results.releases import find
from results.schema import documents, failed_documents, model_releases, signatures, verdicts
from results.selection import Filtered, Selection, filtered, starts_with
from results.status import Status


@dataclass(frozen=True, slots=True)
class DocumentFlag:
    """One document with its verdict: a row of the view `document_flags`."""

    uri: str
    generation: str
    status: Status
    has_signature: bool | None
    """None until there is a verdict."""
    signature_count: int | None
    confidence: float | None
    page_count: int | None
    first_signature_page: int | None
    """From 1; None where there is no signature."""
    model_version: str | None
    threshold: float | None
    error_code: str | None
    received_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignatureBox:
    """One signature on one page: a row of the view `signature_boxes`."""

    uri: str
    generation: str
    page: int
    """From 1."""
    x0: float
    y0: float
    x1: float
    y1: float
    """In [0, 1] of page width and height, origin top left, on the page as viewers show it."""
    score: float
    model_version: str


@dataclass(frozen=True, slots=True)
class FailedDocument:
    """One document that cannot be judged: a row of the view `failed_documents`."""

    uri: str
    generation: str
    source: str
    error_code: str
    error_text: str | None
    attempts: int
    received_at: datetime
    failed_at: datetime


def flags(
    ledger: Ledger, selection: Selection | None = None, *, newest_first: bool = True, limit: int | None = None
) -> Iterator[DocumentFlag]:
    """Lists documents with their verdicts, in the order in which they arrived.

    Args:
        ledger: An open ledger.
        selection: Which documents; all by default.
        newest_first: The other way round if False.
        limit: Most documents.

    Yields:
        Documents, as they are read.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    selection = selection or Selection()
    # Documents are numbered as they arrive; among those of one flag an index has them by time.
    order = [documents.c.id] if selection.signed is None else [documents.c.received_at, documents.c.id]
    with streaming(ledger.engine) as connection:
        query = (
            _flagged(filtered(connection, selection))
            .order_by(*(column.desc() if newest_first else column for column in order))
            .limit(limit)
        )
        with connection.execute(query) as rows:
            yield from (DocumentFlag(*row) for row in rows)


def count(ledger: Ledger, selection: Selection) -> int:
    """Counts the documents of a selection, by looking at each; `Ledger.counts` counts all at once.

    Args:
        ledger: An open ledger.
        selection: Which documents.

    Returns:
        How many there are.

    Raises:
        UnknownRelease: the selection names a release that the ledger does not have.
    """
    with ledger.engine.connect() as connection:
        found = filtered(connection, selection)
        query = select(func.count()).select_from(found.rows).where(*found.conditions)
        return connection.execute(query).scalar_one()


def flag(ledger: Ledger, uri: str) -> DocumentFlag:
    """The newest generation of one document, with its verdict.

    Args:
        ledger: An open ledger.
        uri: `file:///...` or `gs://...`, whole.

    Returns:
        The document.

    Raises:
        UnknownDocument: the ledger has no document of this URI.
    """
    with ledger.engine.connect() as connection:
        query = (
            _flagged(filtered(connection, Selection()))
            .where(documents.c.uri == uri)
            .order_by(documents.c.id.desc())
            .limit(1)
        )
        row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownDocument(uri)
    return DocumentFlag(*row)


def boxes(ledger: Ledger, uri: str, generation: str, release: str | None = None) -> list[SignatureBox]:
    """The signatures on one document, best score first.

    Args:
        ledger: An open ledger.
        uri: The document's URI.
        generation: The document's generation.
        release: By which release; by default, of the verdict people see.

    Returns:
        The signatures; none where it is unsigned, or not judged.

    Raises:
        UnknownRelease: the ledger has no release of this name.
    """
    with ledger.engine.connect() as connection:
        wanted = verdicts.c.id == documents.c.verdict_id
        if release is not None:
            wanted = verdicts.c.release_id == find(connection, release).id
        regions = (signatures.c[name] for name in ("page", "x0", "y0", "x1", "y1", "score"))
        columns = [documents.c.uri, documents.c.generation, *regions, model_releases.c.version]
        query = (
            select(*columns)
            .select_from(documents)
            .join(verdicts, verdicts.c.document_id == documents.c.id)
            .join(signatures, signatures.c.verdict_id == verdicts.c.id)
            .join(model_releases, model_releases.c.id == verdicts.c.release_id)
            .where(documents.c.uri == uri, documents.c.generation == generation, wanted)
            .where(signatures.c.score >= verdicts.c.threshold)
            .order_by(signatures.c.number)
        )
        return [SignatureBox(*row) for row in connection.execute(query)]


def failed(
    ledger: Ledger, *, error_code: str | None = None, uri_prefix: str | None = None, limit: int | None = None
) -> Iterator[FailedDocument]:
    """Lists documents that cannot be judged, the latest first.

    Args:
        ledger: An open ledger.
        error_code: Only those that failed so.
        uri_prefix: Only those whose URI begins so.
        limit: Most documents.

    Yields:
        Documents, as they are read.
    """
    view = failed_documents
    query = select(view).order_by(view.c.failed_at.desc(), view.c.uri).limit(limit)
    if error_code is not None:
        query = query.where(view.c.error_code == error_code)
    if uri_prefix is not None:
        query = query.where(starts_with(view.c.uri, uri_prefix))
    with streaming(ledger.engine) as connection, connection.execute(query) as rows:
        yield from (FailedDocument(*row) for row in rows)


def failures(ledger: Ledger) -> dict[str, int]:
    """Counts the documents that cannot be judged by error code, the most frequent first.

    Args:
        ledger: An open ledger.

    Returns:
        Documents by error code.
    """
    view, number = failed_documents, func.count().label("number")
    query = (
        select(view.c.error_code, number)
        .group_by(view.c.error_code)
        .order_by(number.desc(), view.c.error_code)
    )
    with ledger.engine.connect() as connection:
        return {row.error_code: row.number for row in connection.execute(query)}


def _flagged(found: Filtered) -> Select[*tuple[Any, ...]]:
    """The columns of `DocumentFlag`, for what was filtered."""
    columns = (
        documents.c.uri,
        documents.c.generation,
        documents.c.status,
        found.has_signature,
        verdicts.c.signature_count,
        verdicts.c.confidence,
        verdicts.c.page_count,
        verdicts.c.first_signature_page,
        model_releases.c.version,
        verdicts.c.threshold,
        documents.c.error_code,
        documents.c.received_at,
        found.decided_at,
    )
    rows = found.rows.outerjoin(model_releases, model_releases.c.id == verdicts.c.release_id)
    return select(*columns).select_from(rows).where(*found.conditions)
