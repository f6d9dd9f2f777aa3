"""What every source has in common: it delivers arrivals, and learns when the ledger has them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from results.ledger import Ledger
from results.values import Arrival


def _nothing() -> None:
    """What most sources do when they hear how a commit went."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Some arrivals that are taken into the ledger in one commit."""

    arrivals: Sequence[Arrival]
    ignored: int = 0
    """Files, objects or events beside them that are no documents."""
    known: int = 0
    """Documents beside them that the source knows the ledger to have."""
    newest: float | None = None
    """When the newest of them happened, in seconds since 1970; None when the source cannot say."""
    committed: Callable[[], None] = _nothing
    """Called once, after the ledger's commit: acknowledges."""
    refused: Callable[[], None] | None = None
    """Called when the ledger is out: hands the arrivals back. None means that the source cannot take them
    back, so that they are held until the ledger answers."""
    in_doubt: Callable[[], None] = _nothing
    """Called when a commit failed, also if it is tried again: the ledger may not hold what it held."""

    @property
    def rejected(self) -> int:
        """How many arrivals are known to be no documents that could be judged."""
        return sum(arrival.error_code is not None for arrival in self.arrivals)


NOTHING_NEW = Delivery(())
"""What a source delivers now and then while it gets on and has nothing new."""


class Source(Protocol):
    """Where documents come from."""

    name: str
    """How the ledger, the log and the counters call it: `file:///...`, `gs://...` or `projects/...`."""

    def deliveries(self, ledger: Ledger, stop: Event, *, once: bool) -> Iterator[Delivery]:
        """Delivers what is there and, unless `once`, what arrives from then on.

        Args:
            ledger: Where a source may keep how far it got; arrivals are written by the intake alone.
            stop: Ends the iteration soon after it is set; what was already taken in hand is delivered.
            once: Deliver what is there now and end.

        Yields:
            Deliveries, each of which was committed (or refused) before the next is asked for. An empty one
            says that the source gets on and has nothing new.

        Raises:
            SourceUnavailable: The source cannot be read at all; calling again may succeed.
        """
        ...


def grouped(found: Iterable[Arrival | None], size: int) -> Iterator[Delivery]:
    """Groups what a scan finds into deliveries of bounded size.

    Args:
        found: Arrivals, and None for each thing that is no document.
        size: Most things in a delivery.

    Yields:
        Deliveries, none of them empty.
    """
    arrivals: list[Arrival] = []
    ignored = 0
    for one in found:
        if one is None:
            ignored += 1
        else:
            arrivals.append(one)
        if len(arrivals) + ignored >= size:
            yield Delivery(arrivals, ignored)
            arrivals, ignored = [], 0
    if arrivals or ignored:
        yield Delivery(arrivals, ignored)
