"""What one worker process holds: a judge with its detector, its decoders and its ledger, loaded once."""

import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from model.threads import cores
from results.errors import ModelUnavailable
from results.ledger import Ledger
from results.settings import Settings
from workers.decoder import Decoders
from workers.detector import Detector
from workers.judge import DetectorBroken, Judge
from workers.metrics import Metrics
from workers.shutdown import Shutdown

LoadDetector = Callable[[Settings, int], Detector]
"""Loads a detector: settings, and the number of threads it may compute with."""


def load_detector(settings: Settings, threads: int) -> Detector:
    """Loads the model release of the settings.

    Args:
        settings: Release and engine.
        threads: How many threads may compute.

    Returns:
        The detector.

    Raises:
        ModelUnavailable: the release or the engine cannot be used.
    """
    from model.detector import Detector as PageDetector
    from model.errors import ModelError

    try:
        return PageDetector.load(settings.release_path, engine=settings.engine, threads=threads)
    except ModelError as error:
        raise ModelUnavailable(str(error)) from None


class Process:
    """The judge of this process, made when it is first needed: after a fork, and once for all threads."""

    def __init__(self, settings: Settings, load: LoadDetector) -> None:
        """Loads nothing yet.

        Args:
            settings: All settings.
            load: Loads the detector.
        """
        self.shutdown = Shutdown()
        self.processes = 1
        """How many processes like this one share the machine's cores."""
        self._settings = settings
        self._load = load
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None
        self._decoders: Decoders | None = None
        self._judge: Judge | None = None
        self._metrics: Metrics | None = None

    def judge_due(self) -> int:
        """Judges what is due, batch after batch, for about as long as one ring may take.

        Returns:
            How many documents were claimed.
        """
        try:
            return self._judge_for_a_while(self.judge())
        except DetectorBroken:
            self.close()  # the next ring loads the model afresh
            raise

    def _judge_for_a_while(self, judge: Judge) -> int:
        """Judges two batches at a time: while one ends and is recorded, the other keeps the cores busy."""
        until = time.monotonic() + self._settings.ring_seconds
        with ThreadPoolExecutor(1, thread_name_prefix="judge") as beside:
            other = beside.submit(self._judge_until, judge, until)
            return self._judge_until(judge, until) + other.result()

    def _judge_until(self, judge: Judge, until: float) -> int:
        def go_on() -> bool:
            return not self.shutdown.asked and time.monotonic() <= until

        documents = 0
        while not self.shutdown.asked:
            claimed = judge.judge_batch(go_on)
            documents += claimed
            if not claimed or not go_on():
                break
        return documents

    def judge(self) -> Judge:
        """The judge; the first call loads the model.

        Raises:
            CountersignError: the database or the model release cannot be opened.
        """
        with self._lock:
            if self._judge is None:
                self._judge = self._open()
            return self._judge

    def _open(self) -> Judge:
        share = max(1, cores() // self.processes)
        self._metrics = self._metrics or Metrics()
        self._ledger = self._ledger or Ledger.open(self._settings.database_url)
        self._decoders = self._decoders or Decoders(self._settings, self._settings.decode_threads or share)
        return Judge(
            self._ledger,
            self._load(self._settings, share),
            self._decoders,
            self._settings,
            worker=f"{socket.gethostname()}:{os.getpid()}",
            shutdown=self.shutdown,
            metrics=self._metrics,
        )

    def close(self) -> None:
        """Ends the decoders and the connections to the ledger."""
        with self._lock:
            if self._decoders is not None:
                self._decoders.close()
            if self._ledger is not None:
                self._ledger.close()
            self._judge = self._decoders = self._ledger = None
