"""Celery in this very process: the broker is memory, the worker is solo and owns the main thread."""

import signal
import threading
from collections.abc import Callable
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from cli.screen import say
from results.ring import JUDGE_DUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celery import Celery

POLLING_SECONDS = 0.02
"""How often the idle worker looks for a ring."""


def options() -> dict[str, Any]:
    """Celery options of the in-process queue, on top of those of every worker."""
    return {
        "broker_transport_options": {"polling_interval": POLLING_SECONDS},
        "worker_redirect_stdouts": False,
        "worker_hijack_root_logger": False,
        "worker_enable_remote_control": False,
    }


class InProcess:
    """A producer in a thread, and beside it the worker that its rings reach."""

    def __init__(self, app: "Celery") -> None:
        """Takes the workers' Celery app, whose broker is to be `memory://`."""
        self._app = app
        self._error: BaseException | None = None
        self.stopping = threading.Event()
        """Set when the producer should end: it is done, Ctrl-C was pressed, or a task failed."""
        self.interrupted = False
        """Whether Ctrl-C was pressed."""

    def serve(self, produce: Callable[[], None]) -> None:
        """Runs the worker in this thread until the producer returns, a task fails, or Ctrl-C.

        Args:
            produce: The producer; runs in a thread of its own and returns soon after `stopping` is set.

        Raises:
            BaseException: whatever the producer or a task raised.
        """
        from celery.signals import task_failure

        def failed(exception: BaseException, **_: object) -> None:
            self._stop(exception)

        producer = threading.Thread(target=self._guard, args=(produce,), name="producer")
        with _connected((task_failure, failed)), self._interruptible():
            producer.start()
            self._app.WorkController(
                pool_cls="solo",
                concurrency=1,
                loglevel="ERROR",
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
            ).start()
        if not self.stopping.is_set():
            self._stop(RuntimeError("the in-process worker ended by itself"))
        producer.join()
        if self._error is not None:
            raise self._error

    def _guard(self, produce: Callable[[], None]) -> None:
        """Runs the producer; when it ends, however it ends, so does the worker."""
        try:
            produce()
        except Exception as error:
            self._stop(error)
        else:
            self._stop()

    def _stop(self, error: BaseException | None = None) -> None:
        """Ends the worker; what is judged of the batch in hand is recorded, the rest is given up."""
        from celery.signals import worker_shutting_down
        from celery.worker import state

        self._error = self._error or error
        self.stopping.set()
        worker_shutting_down.send(sender=self._app.main, sig="SIGTERM", how="Warm", exitcode=0)
        state.should_stop = 0
        # An idle worker waits up to two seconds for a ring, once before it looks at this and once after.
        for _ in range(2):
            self._app.send_task(JUDGE_DUE)

    @contextmanager
    def _interruptible(self) -> "Iterator[None]":
        """Makes Ctrl-C (and SIGTERM) end the run cleanly; pressed again, at once."""
        from celery.worker import state

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True
            say("Stopping: what is judged is being recorded. Ctrl-C again stops at once.")
            threading.Thread(target=self._stop, name="interrupt").start()

        before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            state.should_stop = None
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _connected(*receivers: tuple[Any, Callable[..., None]]) -> "Iterator[None]":
    """Celery signals with their receivers connected for a while."""
    for event, receiver in receivers:
        event.connect(receiver, weak=False)
    try:
        yield
    finally:
        for event, receiver in receivers:
            event.disconnect(receiver)
