"""What a report tells, before it is drawn."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from results.values import FoundSignature

BINS = 20
"""Bars of the confidence chart, each of the same width in [0, 1]."""


class Outcome(StrEnum):
    """What became of a document, as the report's colours and filters have it."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    FAILED = "failed"
    IN_FLIGHT = "in flight"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One document judged by one model release."""

    release: str
    """Version of the model release."""
    has_signature: bool
    confidence: float
    threshold: float
    page_count: int
    decided_at: datetime
    signatures: tuple[FoundSignature, ...] = ()
    """Every region the release kept, also those below the threshold; highest score first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the gallery."""

    uri: str
    generation: str
    outcome: Outcome
    received_at: datetime
    verdict: Verdict | None = None
    before: Verdict | None = None
    """The verdict by the older release, where two releases are compared and differ."""
    error_code: str | None = None
    error_text: str | None = None


@dataclass(slots=True)
class Totals:
    """Sums over every document that was asked for, not only over those in the gallery."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Documents by error code."""
    signed: list[int] = field(default_factory=lambda: [0] * BINS)
    """Signed documents by confidence."""
    unsigned: list[int] = field(default_factory=lambda: [0] * BINS)
    thresholds: Counter[float] = field(default_factory=Counter)
    """Verdicts by the threshold they were decided with."""

    @property
    def documents(self) -> int:
        """All of them."""
        return self.outcomes.total()

    def add(
        self, outcome: Outcome, confidence: float | None, threshold: float | None, error_code: str | None
    ) -> None:
        """Counts one document.

        Args:
            outcome: What became of it.
            confidence: Highest score of any region in [0, 1], None without a verdict.
            threshold: What the verdict was decided with, None without a verdict.
            error_code: Why it failed, None where it did not.
        """
        self.outcomes[outcome] += 1
        if outcome is Outcome.FAILED:
            self.failures[error_code or "unknown"] += 1
        if confidence is None or threshold is None or outcome not in (Outcome.SIGNED, Outcome.UNSIGNED):
            return
        bars = self.signed if outcome is Outcome.SIGNED else self.unsigned
        bars[min(BINS - 1, int(confidence * BINS))] += 1
        self.thresholds[threshold] += 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the verdicts of two releases agree, over the documents that both have judged."""

    before: str
    after: str
    both_signed: int
    both_unsigned: int
    gained: int
    """Signed by the newer release alone."""
    lost: int
    """Signed by the older release alone."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be drawn."""

    made_at: datetime
    asked: str
    """Which documents were asked for, in words."""
    totals: Totals
    entries: tuple[Entry, ...]
    """The gallery, in the order it was asked for."""
    comparison: Comparison | None = None
