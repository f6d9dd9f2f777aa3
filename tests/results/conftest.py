"""A ledger with something in it."""

from collections.abc import Callable, Iterable

import pytest

from results.ledger import Ledger
from results.values import Arrival, Claim, ClaimedDocument, Failed, FoundSignature, Judged, ReleaseRecord


def arrivals(
    number: int, *, start: int = 0, size: int = 1000, prefix: str = "gs://letters/"
) -> list[Arrival]:
    """Documents as a source would notice them."""
    names = (f"{prefix}{index:06d}.pdf" for index in range(start, start + number))
    return [Arrival(name, "1", prefix, "application/pdf", size) for name in names]


def claim(
    ledger: Ledger,
    *,
    worker: str = "worker",
    max_documents: int = 32,
    max_bytes: int = 10**9,
    lease_seconds: float = 3600.0,
    max_attempts: int = 3,
    tried: bool = True,
) -> Claim | None:
    """Claims with defaults that suit most tests."""
    return ledger.claim(
        worker=worker,
        max_documents=max_documents,
        max_bytes=max_bytes,
        lease_seconds=lease_seconds,
        max_attempts=max_attempts,
        tried=tried,
    )


def must_claim(ledger: Ledger, **options: float) -> Claim:
    """Claims where something is due."""
    claimed = claim(ledger, **options)  # type: ignore[arg-type]
    assert claimed is not None
    return claimed


def judged(document: ClaimedDocument, *scores: float, threshold: float = 0.5, page: int = 1) -> Judged:
    """An outcome with one region a score."""
    regions = tuple(FoundSignature(page, 0.1, 0.2, 0.3, 0.4, score) for score in scores)
    return Judged(
        document.id,
        content_sha256=f"{document.id:064x}",
        media_type="application/pdf",
        size=1234,
        page_count=3,
        confidence=max(scores, default=0.0),
        threshold=threshold,
        signatures=regions,
    )


def record(ledger: Ledger, claimed: Claim, release: int, outcomes: Iterable[Judged | Failed]) -> int:
    """Records with defaults that suit most tests."""
    return ledger.record(claimed, release, list(outcomes), max_attempts=3, retry_seconds=0.0)


@pytest.fixture
def register(ledger: Ledger) -> Callable[[str], int]:
    """Registers releases of one model, by version."""

    def register(version: str) -> int:
        return ledger.register_release(
            ReleaseRecord("detector", version, f"{version}-hash", 0.5, {"f1": 0.9})
        )

    return register


@pytest.fixture
def release(register: Callable[[str], int]) -> int:
    """The id of a registered release."""
    return register("1.0")
