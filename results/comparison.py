"""Two releases side by side: on how many documents they agree, and where they do not."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from results.engine import streaming
from results.ledger import Ledger
from results.releases import find
from results.schema import documents, verdicts

_before, _after = verdicts.alias("before"), verdicts.alias("after")
_both = _before.join(_after, _after.c.document_id == _before.c.document_id)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the verdicts of two releases on the same documents relate."""

    both: int
    """Documents judged by both."""
    signed_in_both: int
    unsigned_in_both: int
    became_signed: int
    """Unsigned by the first, signed by the second."""
    became_unsigned: int
    """Signed by the first, unsigned by the second."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A document on which two releases differ."""

    uri: str
    generation: str
    signed_before: bool
    """By the first release; the second says the opposite."""
    confidence_before: float
    confidence_after: float


def compare(ledger: Ledger, before: str, after: str) -> Comparison:
    """Counts agreement and flips.

    Args:
        ledger: An open ledger.
        before: The first release.
        after: The second release.

    Returns:
        The counts over documents that both have judged.

    Raises:
        UnknownRelease: the ledger has no release of this name.
    """
    with ledger.engine.connect() as connection:
        wanted = _before.c.release_id == find(connection, before).id
        query = (
            select(_before.c.has_signature, _after.c.has_signature, func.count())
            .select_from(_both)
            .where(wanted, _after.c.release_id == find(connection, after).id)
            .group_by(_before.c.has_signature, _after.c.has_signature)
        )
        number = {(bool(row[0]), bool(row[1])): row[2] for row in connection.execute(query)}
    return Comparison(
        both=sum(number.values()),
        signed_in_both=number.get((True, True), 0),
        unsigned_in_both=number.get((False, False), 0),
        became_signed=number.get((False, True), 0),
        became_unsigned=number.get((True, False), 0),
    )


def flips(ledger: Ledger, before: str, after: str, *, limit: int | None = None) -> Iterator[Flip]:
    """Lists the documents on which two releases differ.

    Args:
        ledger: An open ledger.
        before: The first release.
        after: The second release.
        limit: Most documents.

    Yields:
        Documents, as they are read, in the order in which they arrived.

    Raises:
        UnknownRelease: the ledger has no release of this name.
    """
    columns = (
        documents.c.uri,
        documents.c.generation,
        _before.c.has_signature,
        _before.c.confidence,
        _after.c.confidence,
    )
    with streaming(ledger.engine) as connection:
        query = (
            select(*columns)
            .select_from(_both.join(documents, documents.c.id == _before.c.document_id))
            .where(_before.c.release_id == find(connection, before).id)
            .where(_after.c.release_id == find(connection, after).id)
            .where(_before.c.has_signature != _after.c.has_signature)
            .order_by(documents.c.id)
            .limit(limit)
        )
        with connection.execute(query) as rows:
            yield from (Flip(*row) for row in rows)
