"""Recognises what earlier listings showed, so that the ledger is asked only about what changed."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from zlib import crc32

Item = dict[str, str]
"""One object as the JSON API lists it."""

MEAN_STRETCH = 64
"""Objects in a stretch, on average: few, so that a change costs little; enough to keep memory small."""

MOST_STRETCHES = 200_000
"""Stretches kept in mind, 20 MB; what a bucket holds beyond them is compared with the ledger each time."""


def stretches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cuts a page of a listing into stretches of neighbours.

    A stretch ends at names that are chosen by their own hash, and with the page. So an object that comes or
    goes changes the stretch it is in and those at the borders of pages, and no others, however far it shifts
    all that follows.

    Args:
        items: A page, in the order of names.

    Yields:
        All of it, in order.
    """
    begin = 0
    for end, item in enumerate(items, 1):
        if crc32(item["name"].encode("utf-8", "surrogatepass")) % MEAN_STRETCH == 0:
            yield items[begin:end]
            begin = end
    if begin < len(items):
        yield items[begin:]


def identity(stretch: Sequence[Item]) -> bytes:
    """A digest of names and generations: all that decides whether the ledger knows these objects."""
    text = "\0".join([f"{item['name']}\0{item['generation']}" for item in stretch])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class ListingMemory:
    """What a process has seen the ledger commit of one listing.

    It is a shortcut that may be forgotten at any time, and is, whenever the ledger might not hold all of it:
    when a commit failed, when the ledger turns out older than it was (a backup was restored), and at regular
    intervals in any case.
    """

    def __init__(self, full_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begins empty: the first listing is compared with the ledger object by object.

        Args:
            full_seconds: How long anything is remembered at most.
            clock: Seconds from any moment on.
        """
        self._full_seconds = full_seconds
        self._clock = clock
        self._known: dict[bytes, int] = {}
        self._began = clock()
        self._finished_at: datetime | None = None

    def begin(self, finished_at: datetime | None) -> None:
        """A listing begins: forgets everything where that is due.

        Args:
            finished_at: When the last whole listing ended, as the ledger has it.
        """
        went_back = self._finished_at is not None and (finished_at is None or finished_at < self._finished_at)
        if went_back or self._clock() - self._began >= self._full_seconds:
            self.forget()
        self._finished_at = finished_at

    def end(self, finished_at: datetime | None) -> None:
        """A listing ended, at the time that the ledger has; None when it was no longer this process's."""
        self._finished_at = finished_at or self._finished_at

    def forget(self) -> None:
        """Has the next listing compared with the ledger object by object."""
        self._known.clear()
        self._began = self._clock()

    def remember(self, ignored: dict[bytes, int]) -> None:
        """Keeps stretches in mind that the ledger has committed.

        Args:
            ignored: Identity of each, and how many of its objects are no documents.
        """
        if len(self._known) + len(ignored) <= MOST_STRETCHES:
            self._known.update(ignored)

    def ignored_in(self, identity: bytes) -> int | None:
        """How many objects of a stretch are no documents; None when the stretch is not known."""
        return self._known.get(identity)
