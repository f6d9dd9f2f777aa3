"""A real worker in processes of its own, and a dispatcher that rings for it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, Signals
from threading import Event, Thread

import psutil

from producer.dispatch import Dispatcher
from producer.rings import RingSender
from results.ledger import Ledger
from results.settings import Settings
from tests.servers import forget_broken_connections

ROOT = Path(__file__).resolve().parents[2]


class RunningWorker:
    """`celery -A APP worker` as a process of its own, with its pool children and their decoders."""

    def __init__(self, settings: Settings, app: str, log: Path, *, processes: int = 2) -> None:
        """Starts it.

        Args:
            settings: Handed on through the environment, those that differ from their defaults.
            app: Module of the Celery app.
            log: File that takes everything it writes.
            processes: Children of the prefork pool.
        """
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-c", str(processes), "-l", "INFO"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--without-mingle", "--without-gossip"],
                cwd=ROOT,
                env={**os.environ, **environment(settings)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid

    def children(self) -> list[psutil.Process]:
        """The pool's processes."""
        try:
            return list(psutil.Process(self.pid).children())
        except psutil.NoSuchProcess:
            return []

    def family(self) -> list[psutil.Process]:
        """Every process that is the worker's: itself, its children, their decoders."""
        try:
            worker = psutil.Process(self.pid)
            return [worker, *worker.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def signal(self, number: Signals) -> None:
        """Signals the main process."""
        self._process.send_signal(number)

    def signal_all(self, number: Signals) -> None:
        """Signals every process of the worker."""
        for process in self.family():
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    def wait(self, seconds: float = 60) -> int:
        """Waits for its end and returns the exit status."""
        return self._process.wait(seconds)

    @property
    def ended(self) -> bool:
        """Whether it ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kills every process of it, as a power cut would, and waits until they are gone."""
        family = self.family()
        self.signal_all(SIGKILL)
        self._process.wait(30)
        psutil.wait_procs(family, timeout=30)


def environment(settings: Settings) -> Mapping[str, str]:
    """The settings that differ from their defaults, as environment variables."""
    given = settings.model_dump(exclude_defaults=True, mode="json")
    return {f"COUNTERSIGN_{name.upper()}": str(value) for name, value in given.items()}


@contextmanager
def running(settings: Settings, app: str, log: Path, *, processes: int = 2) -> Iterator[RunningWorker]:
    """A worker that is killed at the end of the block if it still runs."""
    worker = RunningWorker(settings, app, log, processes=processes)
    try:
        yield worker
    finally:
        if not worker.ended:
            worker.kill()


@contextmanager
def dispatching(ledger: Ledger, settings: Settings) -> Iterator[None]:
    """The producer's own dispatcher, in a thread, while the block runs."""
    stop = Event()
    sender = RingSender(settings)
    thread = Thread(target=Dispatcher(ledger, sender, settings).run, args=(stop,), name="dispatcher")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        sender.close()
        del sender
        forget_broken_connections()
