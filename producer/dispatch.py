"""Dispatch: tells workers that documents are due. The only code that rings."""

import logging
import math
import time
from collections.abc import Callable
from threading import Event
from typing import Protocol

from producer.patience import LEDGER_OUT, LONGEST_WAIT, Patience
from producer.signs import LifeSigns
from results.errors import BrokerUnavailable
from results.ledger import Ledger
from results.settings import Settings
from results.values import Due

log = logging.getLogger(__name__)


class SendRing(Protocol):
    """What the dispatcher needs of a queue."""

    def __call__(self) -> None:
        """Sends one ring; raises BrokerUnavailable."""

    def waiting(self) -> int:
        """How many rings nobody has taken yet; raises BrokerUnavailable."""
        ...


def rings_needed(due: Due, settings: Settings) -> int:
    """How many claims it takes to hand out what is due now.

    Args:
        due: What is due.
        settings: Size of a batch, and how long a document may wait for its batch to fill.

    Returns:
        One ring for each full batch, and one for the rest once its oldest document has waited long enough.
    """
    batches = max(due.documents / settings.max_batch, due.size / settings.max_batch_bytes)
    waited = due.oldest_wait_seconds >= settings.max_wait_seconds
    rings = math.ceil(batches) if waited else math.floor(batches)
    return min(rings, due.documents, settings.max_rings)


class Dispatcher:
    """Watches what is due and rings for it, never with more than `max_rings` rings on the queue."""

    def __init__(
        self, ledger: Ledger, send_ring: SendRing, settings: Settings, signs: LifeSigns | None = None
    ) -> None:
        """Begins with nothing rung.

        Args:
            ledger: Knows what is due.
            send_ring: Sends a ring and counts those that wait, e.g. a `RingSender`.
            settings: Bounds and waits.
            signs: Counts rings and what is due.
        """
        self._ledger = ledger
        self._send_ring = send_ring
        self._settings = settings
        self._signs = signs or LifeSigns()
        self._woken = Event()
        self._rung_for: Due | None = None
        self._back_off = 0.0

    def wake(self) -> None:
        """Makes the dispatcher look at once: something new is in the ledger."""
        self._woken.set()

    def run(self, stop: Event, *, until: Callable[[Due], bool] = lambda _: False) -> None:
        """Rings for what is due until `stop` is set.

        Outages of the ledger and of the broker are waited out.

        Args:
            stop: Ends the loop.
            until: Also ends the loop, asked after every look with what was due then.
        """
        ask = Patience("ledger", stop, self._signs, LEDGER_OUT)
        ring = Patience("broker", stop, self._signs, (BrokerUnavailable,))
        while not stop.is_set():
            self._woken.clear()
            try:
                due = ask(self._look)
                wait = ring(self._ring_for, due)
                self._signs.well("dispatcher")
                if until(due):
                    return
            except (*LEDGER_OUT, BrokerUnavailable):
                continue  # `stop` was set meanwhile, or `until` found the ledger out
            self._pause(wait, stop)

    def step(self) -> int:
        """Looks once and rings as needed.

        Returns:
            How many rings were sent.

        Raises:
            BrokerUnavailable: The broker does not answer.
        """
        return self._ring(self._look())

    def _look(self) -> Due:
        rings = self._settings.max_rings
        due = self._ledger.due(
            max_documents=rings * self._settings.max_batch, max_bytes=rings * self._settings.max_batch_bytes
        )
        self._signs.due(due)
        return due

    def _ring_for(self, due: Due) -> float:
        """Rings as needed and says how long to wait before the next look, in seconds."""
        idle = self._settings.dispatch_seconds
        if self._ring(due):
            self._back_off = min(max(2 * self._back_off, idle), LONGEST_WAIT) if self._is_stuck(due) else 0.0
            self._rung_for = due
            return max(self._back_off, idle)
        left = self._settings.max_wait_seconds - due.oldest_wait_seconds
        return min(idle, left) if due.documents and left > 0 else idle

    def _ring(self, due: Due) -> int:
        needed = rings_needed(due, self._settings)
        if needed == 0:
            return 0
        rings = max(0, needed - self._send_ring.waiting())
        for _ in range(rings):
            self._send_ring()
        self._signs.rang(rings)
        return rings

    def _is_stuck(self, due: Due) -> bool:
        """Whether the last rings were taken and yet exactly the same is due: ring less often."""
        last, bound = self._rung_for, self._settings.max_rings * self._settings.max_batch
        return (
            last is not None
            and (due.documents, due.size) == (last.documents, last.size)
            and due.documents < bound
        )

    def _pause(self, seconds: float, stop: Event) -> None:
        """Waits, unless something new comes in or `stop` is set."""
        end = time.monotonic() + seconds
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            if self._woken.wait(min(left, 0.25)):
                return
