"""The producer as one piece: sources, intake, dispatcher and tidier, once or for as long as it may run."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from producer.dispatch import Dispatcher, SendRing
from producer.health import health_server
from producer.intake import Intake
from producer.patience import LEDGER_OUT, Patience, first_line
from producer.rings import RingSender
from producer.signs import LifeSigns
from producer.sources.source import Source
from producer.tidy import Tidier
from results.errors import SourceUnavailable
from results.ledger import Ledger
from results.places import is_in_flight
from results.settings import Settings
from results.values import Due

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""How long a part that broke off is left alone, in seconds; doubles until it has run for a while."""


def ring_sender(settings: Settings) -> RingSender:
    """What sends rings to the workers of these settings, through Celery, by the task's name."""
    return RingSender(settings)


def run_once(
    sources: Sequence[Source],
    settings: Settings,
    stop: Event,
    *,
    ledger: Ledger | None = None,
    send_ring: SendRing | None = None,
    signs: LifeSigns | None = None,
) -> LifeSigns:
    """Takes in what the sources hold now, and rings until nothing of theirs is in flight.

    Without sources, and with subscriptions, whose documents may be anywhere, that is all in the ledger.

    Args:
        sources: Where documents come from.
        settings: How to.
        stop: Ends early: intake after the delivery in hand, dispatch at once.
        ledger: An open ledger; None opens that of the settings.
        send_ring: Sends a ring and counts those that wait; None sends to the broker of the settings.
        signs: Counters to read from another thread, e.g. for a progress bar.

    Returns:
        The counters.

    Raises:
        SourceUnavailable: A source could not be read; everything else was judged.
        UsageError: The ledger cannot be opened; see `Ledger.open`.
    """
    with _parts(sources, settings, ledger, send_ring, signs) as parts:
        failures: list[SourceUnavailable] = []
        thread = Thread(target=parts.take_in_all, args=(sources, stop, failures), name="intake", daemon=True)
        thread.start()

        def is_over(due: Due) -> bool:
            return not (thread.is_alive() or parts.is_in_flight(sources))

        parts.dispatcher.run(stop, until=is_over)
        _finish([thread], settings.stop_seconds)
        if not stop.is_set():
            parts.tidier.tidy(stop)
    if failures:
        raise failures[0]
    return parts.signs


def watch(
    sources: Sequence[Source],
    settings: Settings,
    stop: Event,
    *,
    ledger: Ledger | None = None,
    send_ring: SendRing | None = None,
    signs: LifeSigns | None = None,
) -> LifeSigns:
    """Takes in what arrives at the sources and rings for it until `stop` is set.

    Outages of sources, ledger and broker are waited out and show in the log, in the counters and in
    `/health`. Set `stop` from a SIGTERM handler: deliveries in hand are finished, and the call returns
    within `settings.stop_seconds`.

    Args:
        sources: Where documents come from; each gets a thread.
        settings: How to.
        stop: Ends the watch.
        ledger: An open ledger; None opens that of the settings.
        send_ring: Sends a ring and counts those that wait; None sends to the broker of the settings.
        signs: Counters to read from another thread.

    Returns:
        The counters.

    Raises:
        UsageError: The ledger cannot be opened; see `Ledger.open`.
    """
    with _parts(sources, settings, ledger, send_ring, signs) as parts, health_server(settings, parts.signs):
        threads = [
            Thread(target=parts.feed, args=(source, stop), name=source.name, daemon=True)
            for source in sources
        ]
        others: dict[str, Callable[[Event], None]] = {"dispatcher": parts.dispatcher.run}
        if parts.tidier.has_work:
            others["tidying"] = parts.tidier.run
        threads += [
            Thread(target=parts.keep_up, args=(name, run, stop), name=name, daemon=True)
            for name, run in others.items()
        ]
        for thread in threads:
            thread.start()
        log.info("watching %s", ", ".join(source.name for source in sources))
        stop.wait()
        log.info("stopping: finishing what is in hand")
        _finish(threads, settings.stop_seconds)
        log.info("stopped")
    return parts.signs


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of one producer, wired together."""

    ledger: Ledger
    dispatcher: Dispatcher
    intake: Intake
    tidier: Tidier
    signs: LifeSigns

    def take_in_all(self, sources: Sequence[Source], stop: Event, failures: list[SourceUnavailable]) -> None:
        """Takes in what each source holds now; one that cannot be read does not keep the next from it."""
        wait_out = Patience("ledger", stop, self.signs, LEDGER_OUT)
        for source in sources:
            try:
                wait_out(self.intake.run, source, stop, once=True)
            except LEDGER_OUT as error:
                log.warning("%s: stopped while the ledger was out (%s)", source.name, first_line(error))
            except Exception as error:  # whatever a client raises: what was not read must not pass for done
                failures.append(_unavailable(source.name, error))
                log.error("%s", first_line(failures[-1]))
        self.dispatcher.wake()

    def is_in_flight(self, sources: Sequence[Source]) -> bool:
        """Whether anything is still to be judged that sources brought, or may have brought."""
        if not self.ledger.counts().in_flight:
            return False
        places = [source.name for source in sources]
        if places and all(place.startswith(("file://", "gs://")) for place in places):
            return is_in_flight(self.ledger.engine, places)
        return True

    def feed(self, source: Source, stop: Event) -> None:
        """Takes in what arrives at one source; while it cannot be read, no other suffers from it."""
        self.keep_up(source.name, lambda stop: self.intake.run(source, stop, once=False), stop)

    def keep_up(self, part: str, run: Callable[[Event], None], stop: Event) -> None:
        """Runs a part of the producer until `stop` is set, and again whenever it breaks off."""
        wait = FIRST_WAIT
        while not stop.is_set():
            began = time.monotonic()
            try:
                run(stop)
            except Exception as error:  # whatever a client raises, the other parts go on
                reason = first_line(error)
                log.warning("%s", reason if isinstance(error, SourceUnavailable) else f"{part}: {reason}")
                self.signs.trouble(part, reason)
                wait = FIRST_WAIT if time.monotonic() - began > LONGEST_WAIT else min(2 * wait, LONGEST_WAIT)
                stop.wait(wait)


def _unavailable(name: str, error: Exception) -> SourceUnavailable:
    """What is said of a source that could not be read, whatever its client raised."""
    return (
        error if isinstance(error, SourceUnavailable) else SourceUnavailable(f"{name}: {first_line(error)}")
    )


@contextmanager
def _parts(
    sources: Sequence[Source],
    settings: Settings,
    ledger: Ledger | None,
    send_ring: SendRing | None,
    signs: LifeSigns | None,
) -> Iterator[_Parts]:
    """Wires the parts together; closes what it opened itself."""
    signs = signs or LifeSigns()
    for source in sources:
        signs.open(source.name)
    with ExitStack() as opened:
        ledger = ledger or opened.enter_context(Ledger.open(settings.database_url))
        dispatcher = Dispatcher(
            ledger, send_ring or opened.enter_context(closing(RingSender(settings))), settings, signs
        )
        yield _Parts(
            ledger=ledger,
            dispatcher=dispatcher,
            intake=Intake(ledger, signs, dispatcher.wake),
            tidier=Tidier(ledger, sources, settings, signs),
            signs=signs,
        )


def _finish(threads: Iterable[Thread], seconds: float) -> None:
    """Waits for threads to end, for at most some seconds in all.

    What then still hangs is left to die with the process: nothing it holds was acknowledged.
    """
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            log.warning("%s: did not finish in %g s; what it held arrives again", thread.name, seconds)
