"""The values that cross the ledger's face: what arrives, what a claim hands out, what a worker records."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """One document as a source noticed it."""

    uri: str
    """`file:///...` (percent-encoded) or `gs://bucket/name`."""
    generation: str
    """GCS generation in digits; for a file, `size-mtime_ns`."""
    source: str
    """The source that noticed it, as it was named to countersign."""
    media_type: str | None = None
    size: int | None = None
    """Bytes."""
    error_code: str | None = None
    """Set when the source already knows that it cannot be judged: taken in as failed."""
    error_text: str | None = None


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """What one intake did: `seen` arrivals, of which `new` were not in the ledger."""

    seen: int
    new: int


@dataclass(frozen=True, slots=True)
class Due:
    """What waits to be judged now, counted up to a bound."""

    documents: int
    size: int
    """Bytes."""
    oldest_wait_seconds: float


@dataclass(frozen=True, slots=True)
class ClaimedDocument:
    """One document handed out by a claim."""

    id: int
    uri: str
    generation: str
    media_type: str | None
    size: int | None
    attempts: int
    """Attempts so far, this one included."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch of due documents marked as one worker's own; the token guards what is recorded."""

    token: str
    expires_at: datetime
    documents: tuple[ClaimedDocument, ...]
    expired: int = 0
    """How many of the documents were another claim's until its lease ran out."""


@dataclass(frozen=True, slots=True)
class FoundSignature:
    """One region on one page with its score; box in [0, 1], origin top left, page from 1."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    score: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A document that was judged: what the verdict row and its signature rows hold."""

    document_id: int
    content_sha256: str
    media_type: str
    size: int
    """Bytes fetched."""
    page_count: int
    confidence: float
    """Highest score of any region, 0 when there is none."""
    threshold: float
    signatures: tuple[FoundSignature, ...] = ()
    """Every region scored above the release's floor; those at or above `threshold` count."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A document that could not be judged."""

    document_id: int
    error_code: str
    error_text: str
    transient: bool = False
    """True: due again after a back-off, until `max_attempts`."""
    content_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A model release as verdicts point to it."""

    name: str
    version: str
    content_sha256: str
    threshold: float
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """`received = done + failed + in_flight`, and what was found."""

    received: int
    done: int
    failed: int
    waiting: int
    claimed: int
    signed: int
    unsigned: int

    @property
    def in_flight(self) -> int:
        """Documents neither done nor failed."""
        return self.waiting + self.claimed
