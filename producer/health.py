"""`/health` for whoever restarts the producer, `/metrics` for Prometheus."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app

from producer.signs import LifeSigns
from results.settings import Settings


class _Quiet(WSGIRequestHandler):
    """Answers without a log line for every probe."""

    timeout = 5
    """Seconds a client may take to send its request: the server answers one at a time."""

    def log_message(self, format: str, *args: object) -> None:
        """Drops the access log."""


def health_app(signs: LifeSigns) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that serves `/health` and `/metrics`.

    Args:
        signs: What to serve.

    Returns:
        The application. `/health` is JSON: `status` (`ok` or `troubled`), `troubles` (part to reason) and
        `sources` (counters of each). It answers 200 also while a server it needs is out, since a restart
        would not bring that back; who wants an alarm reads `status` or the gauge `countersign_trouble`.
    """
    metrics = make_wsgi_app(signs.registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/metrics":
            return metrics(environ, start_response)  # type: ignore[no-any-return]
        if path != "/health":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"there are /health and /metrics\n"]
        troubles = signs.troubles()
        sources = {
            name: {"seen": c.seen, "new": c.new, "ignored": c.ignored, "rejected": c.rejected}
            for name, c in signs.counts().items()
        }
        body = {"status": "troubled" if troubles else "ok", "troubles": troubles, "sources": sources}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    return answer


@contextmanager
def health_server(settings: Settings, signs: LifeSigns) -> Iterator[int]:
    """Serves `/health` and `/metrics` from a thread while the block runs.

    Args:
        settings: Address and port; port 0 serves nothing.
        signs: What to serve.

    Yields:
        The port, 0 when nothing is served.
    """
    if settings.health_port == 0:
        yield 0
        return
    with make_server(
        settings.health_host, settings.health_port, health_app(signs), handler_class=_Quiet
    ) as server:
        thread = Thread(target=server.serve_forever, name="health", daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
