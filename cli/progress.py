"""How far a run is: a bar on a terminal, a line now and then elsewhere."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from cli.screen import err, on_terminal, say
from results.errors import CountersignError
from results.ledger import Ledger
from results.values import Counts

LOOK_SECONDS = 0.25
"""How often the bar asks the ledger."""

LINE_SECONDS = 5.0
"""How often a line is written where there is no terminal."""


@contextmanager
def progress(ledger: Ledger) -> Iterator[None]:
    """Shows how many of the documents in flight are finished, for as long as the block runs.

    Args:
        ledger: Counts documents; asked from a thread of its own.
    """
    stop = threading.Event()
    meter = _Meter(ledger)
    thread = threading.Thread(
        target=_bar if on_terminal() else _lines, args=(meter, stop), name="progress", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class _Meter:
    """Documents finished since it was made, of those that were in flight then or arrived since."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._finished_before = _finished(ledger.counts())

    def read(self) -> tuple[int, int]:
        """Finished and total; the last known where the ledger does not answer."""
        try:
            counts = self._ledger.counts()
        except CountersignError:
            return self.last
        finished = _finished(counts) - self._finished_before
        self.last = finished, finished + counts.in_flight
        return self.last

    last = (0, 0)


def _finished(counts: Counts) -> int:
    return counts.done + counts.failed


def _bar(meter: _Meter, stop: threading.Event) -> None:
    """A bar with documents done, of how many, and the time left."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("documents"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("Looking", total=None)
        while not stop.wait(LOOK_SECONDS):
            finished, total = meter.read()
            if total:
                bar.update(task, description="Judging", completed=finished, total=total)


def _lines(meter: _Meter, stop: threading.Event) -> None:
    """A line whenever something was finished, at most every few seconds."""
    began, told = time.monotonic(), 0
    while not stop.wait(LINE_SECONDS):
        finished, total = meter.read()
        if finished != told:
            told = finished
            say(f"{finished} of {total} documents finished after {time.monotonic() - began:.0f} s")


def count_up(steps: Iterable[int], doing: str) -> int:
    """Goes through the steps of a long change and shows how far it is.

    Args:
        steps: Documents dealt with so far, rising.
        doing: What is done, e.g. `Marking`.

    Returns:
        The last of the steps, 0 if there was none.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed} documents"))
    last = 0
    with Progress(*columns, console=err, transient=True, disable=not on_terminal()) as bar:
        task = bar.add_task(doing, total=None)
        for last in steps:
            bar.update(task, completed=last)
    return last
