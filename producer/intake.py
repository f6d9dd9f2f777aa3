"""Intake: arrivals into the ledger, commit, then acknowledge; never the other way round."""

import logging
import math
import time
from collections.abc import Callable
from threading import Event

from producer.patience import LEDGER_OUT, Patience, first_line
from producer.signs import LifeSigns, SourceCount
from producer.sources.source import Delivery, Source
from results.ledger import Ledger
from results.values import IntakeCount

log = logging.getLogger(__name__)

TELL_SECONDS = 60.0
"""How often the log says what a source delivered."""


class Intake:
    """Takes what sources deliver into the ledger; one may serve several sources, each in a thread."""

    def __init__(self, ledger: Ledger, signs: LifeSigns, on_new: Callable[[], None]) -> None:
        """Begins with nothing taken in.

        Args:
            ledger: Where arrivals are written.
            signs: Counts what was taken in.
            on_new: Called after every commit that added documents, e.g. to wake the dispatcher.
        """
        self._ledger = ledger
        self._signs = signs
        self._on_new = on_new

    def run(self, source: Source, stop: Event, *, once: bool) -> None:
        """Takes in what a source delivers until it ends or `stop` is set.

        A delivery is held in memory until it is committed, so memory is bounded by the size of one delivery
        a source.

        Args:
            source: Where documents come from.
            stop: Ends the intake after the delivery in hand.
            once: Take in what is there now and end.
        """
        told, told_at = self._signs.counts().get(source.name, SourceCount()), -math.inf
        try:
            for delivery in source.deliveries(self._ledger, stop, once=once):
                if delivery.arrivals or delivery.ignored or delivery.known:
                    self.take(source.name, delivery, stop)
                self._signs.well(source.name)
                if time.monotonic() - told_at > TELL_SECONDS and self._tell(source.name, told):
                    told, told_at = self._signs.counts()[source.name], time.monotonic()
        finally:
            self._tell(source.name, told)

    def take(self, name: str, delivery: Delivery, stop: Event) -> None:
        """Takes one delivery into the ledger and acknowledges it, or hands it back.

        While the ledger is out, a delivery that can be handed back is refused, and nothing more is taken from
        its source until the ledger answers; one that cannot is held.

        Args:
            name: The source's name.
            delivery: What it delivered.
            stop: Ends the wait for a ledger that is out; the delivery is then not acknowledged.
        """
        if delivery.refused is None:
            try:
                Patience("ledger", stop, self._signs, LEDGER_OUT)(self._commit, name, delivery)
            except LEDGER_OUT as error:
                log.warning("%s: stopped while the ledger was out (%s)", name, first_line(error))
            return
        try:
            self._commit(name, delivery)
        except LEDGER_OUT as error:
            log.warning("%s: handed back, the ledger is out (%s)", name, first_line(error))
            self._signs.trouble("ledger", first_line(error))
            delivery.refused()
            self._wait_for_ledger(stop)

    def _commit(self, name: str, delivery: Delivery) -> None:
        """One commit, and only then the acknowledgement; no commit where nothing can be new."""
        try:
            count = self._ledger.take_in(delivery.arrivals) if delivery.arrivals else IntakeCount(0, 0)
        except LEDGER_OUT:
            delivery.in_doubt()
            raise
        delivery.committed()
        self._signs.took_in(name, delivery, count)
        if count.new:
            self._on_new()

    def _tell(self, name: str, told: SourceCount) -> bool:
        """Says in the log what a source delivered since it was last told; nothing where nothing arrived."""
        count = self._signs.counts().get(name, SourceCount()) - told
        if not (count.new or count.rejected):
            return False
        lag = self._signs.lag(name)
        behind = "" if lag is None else f"; {lag:.1f} s behind the newest"
        log.info(
            "%s: %d new and %d rejected of %d seen, %d ignored%s",
            *(name, count.new, count.rejected, count.seen, count.ignored, behind),
        )
        return True

    def _wait_for_ledger(self, stop: Event) -> None:
        """Returns when the ledger answers or `stop` is set."""
        ask = Patience("ledger", stop, self._signs, LEDGER_OUT)
        try:
            ask(self._ledger.due, max_documents=1, max_bytes=1)
        except LEDGER_OUT:
            log.warning("stopped while the ledger was out")
