"""What a worker counts for Prometheus, and the server that shows it: `/metrics` and `/health`."""

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from results.settings import Settings
from results.values import Failed, Judged

_SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes of one worker keep their counters (prometheus_client's multiprocess mode)."""

_FILL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def share_between_processes() -> None:
    """Lets processes forked later count together; call it before the first `Metrics` is made."""
    os.environ.setdefault(_SHARED_FOLDER, tempfile.mkdtemp(prefix="countersign-metrics-"))
    from prometheus_client import values

    # It decides as it is imported whether counters are shared; where Flower is installed, Celery's command
    # line has imported it before.
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        """Begins at zero, in a registry of its own."""
        from prometheus_client import CollectorRegistry, Counter, Histogram

        registry = self.registry = CollectorRegistry()
        self._documents = Counter(
            "countersign_documents",
            "Documents by outcome: signed, unsigned, or an error code.",
            ["outcome"],
            registry=registry,
        )
        self._pages = Counter("countersign_pages", "Pages judged.", registry=registry)
        self._seconds = Counter(
            "countersign_stage_seconds",
            "Seconds spent in each stage, summed over threads.",
            ["stage"],
            registry=registry,
        )
        self._fill = Histogram(
            "countersign_batch_fill_ratio",
            "Documents of a claim over the most it may hold.",
            buckets=_FILL_BUCKETS,
            registry=registry,
        )
        self._expiries = Counter(
            "countersign_lease_expiries",
            "Documents claimed again because the lease of the claim before ran out.",
            registry=registry,
        )

    def claimed(self, documents: int, most: int, expired: int) -> None:
        """Counts a claim of some documents, some of them from leases that ran out."""
        self._fill.observe(documents / most)
        self._expiries.inc(expired)

    def judged(self, pages: int) -> None:
        """Counts pages that went through the detector."""
        self._pages.inc(pages)

    def recorded(self, outcomes: Sequence[Judged | Failed]) -> None:
        """Counts outcomes that are in the ledger."""
        for outcome in outcomes:
            self._documents.labels(_name(outcome)).inc()

    def spent(self, stage: str, seconds: float) -> None:
        """Adds time spent in a stage: claim, fetch, decode, detect or record."""
        self._seconds.labels(stage).inc(seconds)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time that the block takes to a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent(stage, time.perf_counter() - began)


def _name(outcome: Judged | Failed) -> str:
    if isinstance(outcome, Failed):
        return outcome.error_code
    return "signed" if outcome.confidence >= outcome.threshold else "unsigned"


class _Quiet(WSGIRequestHandler):
    """Answers without a log line for every probe."""

    timeout = 5

    def log_message(self, format: str, *args: object) -> None:
        """Drops the access log."""


class Signs:
    """Serves the counters of all processes of a worker, and whether it is up, from a thread."""

    def __init__(self, settings: Settings) -> None:
        """Opens the port; `close` closes it.

        Args:
            settings: Address and port.
        """
        from prometheus_client import CollectorRegistry, make_wsgi_app
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        self._metrics: Callable[..., Iterable[bytes]] = make_wsgi_app(registry)
        self._server: WSGIServer = make_server(
            settings.health_host, settings.health_port, self._answer, handler_class=_Quiet
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="signs", daemon=True)
        self._thread.start()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/metrics":
                return self._metrics(environ, start_response)
            case "/health":
                start_response("200 OK", [("Content-Type", "application/json")])
                return [json.dumps({"status": "ok"}).encode()]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"there are /health and /metrics\n"]

    def close(self) -> None:
        """Closes the port and forgets the counters."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(os.environ.pop(_SHARED_FOLDER), ignore_errors=True)
