"""What a report tells, before it is drawn."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from results.comparison import Comparison
from results.evidence import BINS, Evidence, Sum
from results.status import Status


class Outcome(StrEnum):
    """What became of a document, as the report's colours and filters have it."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    FAILED = "failed"
    IN_FLIGHT = "in flight"


def outcome_of(status: Status, has_signature: bool | None) -> Outcome:
    """What became of a document; one that is only judged again keeps its flag meanwhile.

    Args:
        status: Where it stands.
        has_signature: By the verdict that is shown, None without one.
    """
    if status is Status.FAILED:
        return Outcome.FAILED
    if has_signature is None:
        return Outcome.IN_FLIGHT
    return Outcome.SIGNED if has_signature else Outcome.UNSIGNED


@dataclass(slots=True)
class Totals:
    """Sums over every document that was asked for, not only over those in the gallery."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Documents by error code."""
    signed: list[int] = field(default_factory=lambda: [0] * BINS)
    """Signed documents by confidence, in steps of the same width."""
    unsigned: list[int] = field(default_factory=lambda: [0] * BINS)
    thresholds: Counter[float] = field(default_factory=Counter)
    """Verdicts by the threshold they were decided with."""

    @property
    def documents(self) -> int:
        """All of them."""
        return self.outcomes.total()

    def add(self, part: Sum) -> None:
        """Counts some documents that are alike."""
        outcome = outcome_of(part.status, part.has_signature)
        self.outcomes[outcome] += part.documents
        if outcome is Outcome.FAILED:
            self.failures[part.error_code or "unknown"] += part.documents
        elif part.threshold is not None:
            self.thresholds[part.threshold] += part.documents
            bars = self.signed if outcome is Outcome.SIGNED else self.unsigned
            for step, documents in enumerate(part.by_confidence):
                bars[step] += documents


@dataclass(frozen=True, slots=True)
class Compared:
    """Two releases side by side."""

    before: str
    after: str
    counts: Comparison


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be drawn."""

    made_at: datetime
    asked: str
    """Which documents were asked for, in words."""
    totals: Totals
    entries: tuple[Evidence, ...]
    """The gallery: of two releases compared the flips, otherwise the newest documents."""
    compared: Compared | None = None
