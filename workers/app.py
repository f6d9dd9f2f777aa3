"""The Celery app of the workers: one task, `judge_due`."""

import logging
from pathlib import Path
from typing import Any, Final, Protocol

from celery import Celery, signals

from results.errors import CountersignError
from results.logs import write_json_log
from results.ring import JUDGE_DUE, celery_options
from results.settings import Settings
from workers.metrics import Signs, share_between_processes
from workers.process import LoadDetector, Process, load_detector

log = logging.getLogger(__name__)

_SECONDS_TO_LOAD: Final = 120.0
"""A process that is not ready by then is taken for dead; Celery's 4 s kill it while it loads its model."""


_NVIDIA_DRIVER: Final = Path("/proc/driver/nvidia/version")


class _Worker(Protocol):
    """What is used of Celery's `WorkController`."""

    app: Celery
    concurrency: int
    pool_cls: object


class _Consumer(Protocol):
    """What is used of Celery's `Consumer`."""

    app: Celery


def make_app(settings: Settings, *, load: LoadDetector = load_detector) -> Celery:
    """Makes the Celery app of the workers; loads nothing.

    Args:
        settings: All settings.
        load: Loads the detector; given where something stands in for the model.

    Returns:
        The app, with the task `results.ring.JUDGE_DUE`.
    """
    app = Celery("workers")
    app.set_default()  # where a solo worker looks its tasks up, whichever app it was started with
    app.conf.update(celery_options(settings.broker_url))
    app.conf.update(_worker_options(settings))
    if settings.broker_url.startswith(("redis", "sentinel")):
        app.conf.broker_transport_options = {"visibility_timeout": settings.visibility_seconds}
    if settings.health_port:
        share_between_processes()
    process = Process(settings, load)

    # Not shared: Celery would give it to every other app of this process. Errors that say by themselves
    # what is wrong are logged without a traceback.
    @app.task(name=JUDGE_DUE, shared=False, throws=(CountersignError,))  # type: ignore[untyped-decorator]
    def judge_due() -> None:
        """Judges what is due; the ledger knows what that is."""
        process.judge_due()

    _follow_life(app, process)
    _show_signs(app, settings)
    return app


def _worker_options(settings: Settings) -> dict[str, Any]:
    return {
        "task_acks_late": True,
        # The ledger counts attempts and rings again; Celery would repeat, at once and for ever, a ring whose
        # document kills the worker.
        "task_reject_on_worker_lost": False,
        "task_time_limit": settings.batch_seconds + settings.ring_seconds,
        "worker_pool": _pool(settings),
        "worker_prefetch_multiplier": 1,
        "broker_connection_max_retries": None,  # however long the broker is out
        "worker_proc_alive_timeout": _SECONDS_TO_LOAD,
        "worker_redirect_stdouts": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_send_task_events": True,
        "task_send_sent_event": True,
    }


def _pool(settings: Settings) -> str:
    """Threads share one GPU and the model on it; processes share cores."""
    if settings.pool != "auto":
        return settings.pool
    gpu = settings.engine != "openvino" and _NVIDIA_DRIVER.exists()
    return "threads" if gpu else "prefork"


def _follow_life(app: Celery, process: Process) -> None:
    """Connects Celery's signals: children load before their first ring, and SIGTERM reaches the batch."""

    def configured(instance: _Worker, **_: object) -> None:
        if instance.app is app:
            process.processes = instance.concurrency if "prefork" in str(instance.pool_cls) else 1

    def began(**_: object) -> None:
        try:
            process.judge()
        except CountersignError as error:  # the first ring tries again
            log.error("%s", error)

    def stopping(**_: object) -> None:
        process.shutdown.ask()

    def ended(**_: object) -> None:
        process.close()

    signals.celeryd_after_setup.connect(configured, weak=False)
    signals.worker_process_init.connect(began, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)
    signals.worker_process_shutdown.connect(ended, weak=False)
    signals.worker_shutdown.connect(ended, weak=False)


def _show_signs(app: Celery, settings: Settings) -> None:
    """Connects what lets others look in: the log as JSON, `/metrics` and `/health`."""
    opened: list[Signs] = []

    def logging_began(loglevel: int, logfile: str | None, **_: object) -> None:
        write_json_log(loglevel, logfile)

    def ready(sender: _Consumer, **_: object) -> None:
        if sender.app is app:
            opened.append(Signs(settings))

    def ended(**_: object) -> None:
        while opened:
            opened.pop().close()

    if settings.log_format == "json":
        signals.setup_logging.connect(logging_began, weak=False)
    if settings.health_port:
        signals.worker_ready.connect(ready, weak=False)
        signals.worker_shutdown.connect(ended, weak=False)
