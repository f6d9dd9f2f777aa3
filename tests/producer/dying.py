"""A producer in a process of its own that kills itself (SIGKILL) at a named step.

Production code has no hook for this: its parts are subclassed here.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterable
from multiprocessing.process import BaseProcess
from threading import Event

from sqlalchemy import event

from producer.app import watch
from producer.rings import RingSender
from producer.signs import LifeSigns
from producer.sources import Delivery, bucket, open_source
from results.ledger import Ledger
from results.settings import read_settings
from results.values import Arrival, IntakeCount

STEPS = ("before commit", "after commit", "after acknowledgement", "before ring", "after ring")


def die(*_: object) -> None:
    """Ends the process as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingLedger(Ledger):
    """Dies before or after the commit of an intake that holds something."""

    step = ""

    def take_in(self, arrivals: Iterable[Arrival]) -> IntakeCount:
        given = list(arrivals)
        if given and self.step == "before commit":
            event.listen(self.engine, "commit", die)
        count = super().take_in(given)
        if count.new and self.step == "after commit":
            die()
        return count


class DyingSigns(LifeSigns):
    """Dies after the acknowledgement of something new."""

    step = ""

    def took_in(self, source: str, delivery: Delivery, count: IntakeCount) -> None:
        super().took_in(source, delivery, count)
        if count.new and self.step == "after acknowledgement":
            die()


class DyingSender(RingSender):
    """Dies before or after a ring."""

    step = ""

    def __call__(self) -> None:
        if self.step == "before ring":
            die()
        super().__call__()
        if self.step == "after ring":
            die()


def run(step: str, source: str, environment: dict[str, str]) -> None:
    """Watches a source until a step is reached; runs in a process of its own."""
    os.environ.update(environment)
    bucket.HOLD_SECONDS = 0.5  # the next process need not wait long for what this one leaves behind
    DyingLedger.step = DyingSigns.step = DyingSender.step = step
    settings = read_settings()
    with DyingLedger.open(settings.database_url) as ledger:
        watch(
            [open_source(source, settings)],
            settings,
            Event(),
            ledger=ledger,
            send_ring=DyingSender(settings),
            signs=DyingSigns(),
        )


def process(step: str, source: str, environment: dict[str, str]) -> BaseProcess:
    """A process that will do `run`: forked from one that has the slow imports done and no thread running."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["tests.producer.dying", "producer.sources.subscription", "producer.sources.bucket"]
    )
    return context.Process(target=run, args=(step, source, environment))
