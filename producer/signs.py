"""Life signs of the producer: counters per source for Prometheus, for `/health` and for a progress bar."""

import time
from dataclasses import dataclass
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge

from producer.sources.source import Delivery
from results.values import Due, IntakeCount


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What one source, or all together, delivered since the start."""

    seen: int = 0
    """Documents delivered, known ones included."""
    new: int = 0
    """Documents that were not in the ledger before."""
    ignored: int = 0
    """Files, objects and events that are no documents."""
    rejected: int = 0
    """Things that cannot be judged and are in the ledger as failed: malformed messages, missing paths."""

    def __add__(self, other: "SourceCount") -> "SourceCount":
        return SourceCount(
            self.seen + other.seen,
            self.new + other.new,
            self.ignored + other.ignored,
            self.rejected + other.rejected,
        )

    def __sub__(self, other: "SourceCount") -> "SourceCount":
        return SourceCount(
            self.seen - other.seen,
            self.new - other.new,
            self.ignored - other.ignored,
            self.rejected - other.rejected,
        )


class LifeSigns:
    """Counts what happens; every part of the producer writes here and anyone may read, from any thread."""

    def __init__(self) -> None:
        """Begins at zero, with a Prometheus registry of its own."""
        self.registry = CollectorRegistry()
        self._lock = Lock()
        self._counts: dict[str, SourceCount] = {}
        self._lags: dict[str, float] = {}
        self._troubles: dict[str, str] = {}
        self._seen = self._counter("seen", "Documents delivered, known ones included.")
        self._new = self._counter("new", "Documents that were not in the ledger before.")
        self._ignored = self._counter("ignored", "Files, objects and events that are no documents.")
        self._rejected = self._counter("rejected", "Things that cannot be judged, in the ledger as failed.")
        self._lag = Gauge(
            "countersign_source_lag_seconds",
            "From the newest event, or a file's last change, to its commit.",
            ["source"],
            registry=self.registry,
        )
        self._rings = Counter("countersign_rings", "Rings sent to workers.", registry=self.registry)
        self._due = Gauge(
            "countersign_due_documents", "Documents due, counted up to a bound.", registry=self.registry
        )
        self._oldest = Gauge(
            "countersign_due_oldest_seconds", "Wait of the oldest document due.", registry=self.registry
        )
        self._troubled = Gauge(
            "countersign_trouble",
            "1 while a part of the producer does not get on.",
            ["part"],
            registry=self.registry,
        )
        self._tidied = Counter(
            "countersign_objects_tidied",
            "Objects moved, deleted or written to after judging.",
            ["source", "outcome"],
            registry=self.registry,
        )

    def _counter(self, name: str, help_text: str) -> Counter:
        return Counter(f"countersign_source_{name}", help_text, ["source"], registry=self.registry)

    def open(self, source: str) -> None:
        """Makes the counters of a source appear, at zero, before anything has happened."""
        with self._lock:
            self._counts.setdefault(source, SourceCount())
        for metric in (self._seen, self._new, self._ignored, self._rejected, self._lag):
            metric.labels(source)

    def took_in(self, source: str, delivery: Delivery, count: IntakeCount) -> None:
        """Counts a delivery that the ledger has committed."""
        rejected = delivery.rejected
        step = SourceCount(count.seen + delivery.known - rejected, count.new, delivery.ignored, rejected)
        with self._lock:
            self._counts[source] = self._counts.get(source, SourceCount()) + step
        self._seen.labels(source).inc(step.seen)
        self._new.labels(source).inc(step.new)
        self._ignored.labels(source).inc(step.ignored)
        self._rejected.labels(source).inc(step.rejected)
        if delivery.newest is not None and count.new:
            self._lags[source] = max(0.0, time.time() - delivery.newest)
            self._lag.labels(source).set(self._lags[source])

    def rang(self, rings: int) -> None:
        """Counts rings sent."""
        self._rings.inc(rings)

    def due(self, due: Due) -> None:
        """Notes what the dispatcher saw last."""
        self._due.set(due.documents)
        self._oldest.set(due.oldest_wait_seconds)

    def tidied(self, source: str, outcome: str) -> None:
        """Counts an object that was dealt with after judging."""
        self._tidied.labels(source, outcome).inc()

    def trouble(self, part: str, reason: str) -> None:
        """Notes that a part of the producer does not get on, and why; `well` takes it back."""
        with self._lock:
            self._troubles[part] = reason
        self._troubled.labels(part).set(1)

    def well(self, part: str) -> None:
        """Notes that a part of the producer gets on."""
        if part in self._troubles:
            with self._lock:
                self._troubles.pop(part, None)
            self._troubled.labels(part).set(0)

    def troubles(self) -> dict[str, str]:
        """Which parts do not get on at the moment, each with the reason."""
        with self._lock:
            return dict(self._troubles)

    def counts(self) -> dict[str, SourceCount]:
        """What each source delivered since the start."""
        with self._lock:
            return dict(self._counts)

    def lag(self, source: str) -> float | None:
        """From the newest event of a source to its commit, in seconds; None before the first."""
        return self._lags.get(source)

    def total(self) -> SourceCount:
        """What all sources together delivered since the start."""
        return sum(self.counts().values(), SourceCount())
