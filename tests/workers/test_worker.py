"""Real workers on a real Redis or RabbitMQ and a real PostgreSQL: nothing is lost or doubled."""

import json
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image
from sqlalchemy import text

from results.ledger import Ledger
from results.migrate import upgrade
from results.settings import Settings, read_settings
from tests.rabbit import RabbitServer
from tests.servers import PostgresServer, RedisServer, Server
from tests.waiting import until
from tests.workers.conftest import arrival
from tests.workers.drawn import encoded, picture
from tests.workers.running import RunningWorker, dispatching, running
from tests.workers.standin_app import POISON

APP = "tests.workers.standin_app"
PNG = encoded(picture(), "PNG")
POISONED = encoded(Image.new("L", POISON[::-1], 0), "PNG")


class Site:
    """A ledger, a folder of documents, and settings for workers."""

    def __init__(self, folder: Path, **settings: object) -> None:
        quick = {
            "max_batch": 8,
            "max_wait_seconds": 0.05,
            "lease_seconds": 3.0,
            "retry_seconds": 0.1,
            "decode_threads": 1,
        }
        self.settings: Settings = read_settings(None, **{**quick, **settings})
        self.ledger = Ledger.open(self.settings.database_url)
        self.folder = folder
        self.log = folder / "worker.log"

    def drop(self, **documents: bytes) -> None:
        """Writes documents and takes them in together."""
        for name, content in documents.items():
            (self.folder / name).write_bytes(content)
        self.ledger.take_in(arrival(self.folder / name) for name in documents)

    def worker(self, processes: int = 1) -> RunningWorker:
        """Starts a worker."""
        return RunningWorker(self.settings, APP, self.log, processes=processes)

    def finished(self) -> bool:
        """Whether nothing is in flight."""
        return self.ledger.counts().in_flight == 0

    def done(self) -> int:
        """Documents with a verdict."""
        return self.ledger.counts().done

    def failures(self) -> dict[str, str]:
        """File name to error code."""
        with self.ledger.engine.connect() as connection:
            found = connection.execute(text("SELECT uri, error_code FROM failed_documents")).all()
        return {uri.rpartition("/")[2]: code for uri, code in found}

    def assert_one_verdict_each(self) -> None:
        """Asserts that the books balance."""
        counts = self.ledger.counts()
        assert counts.received == counts.done + counts.failed
        with self.ledger.engine.connect() as connection:
            verdicts = connection.execute(
                text("SELECT count(*), count(DISTINCT document_id) FROM verdicts")
            ).one()
        assert tuple(verdicts) == (counts.done, counts.done)


OpenSite = Callable[..., Site]


@pytest.fixture
def site(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[OpenSite]:
    """Makes a site on the shared servers."""
    with ExitStack() as opened:

        def make(**settings: object) -> Site:
            made = Site(tmp_path, **{"database_url": postgres_url, "broker_url": redis_url, **settings})
            opened.callback(made.ledger.close)
            return made

        yield make


@contextmanager
def killed_at_the_end(*workers: RunningWorker) -> Iterator[None]:
    try:
        yield
    finally:
        for worker in workers:
            if not worker.ended:
                worker.kill()


def pages(count: int) -> dict[str, bytes]:
    return {f"page{number:03}": PNG for number in range(count)}


def test_metrics_health_json_log_and_a_clean_stop(site: OpenSite) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = site(health_port=port, log_format="json")
    here.drop(**pages(20), empty=b"", text=b"not an image")

    def read(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    with (
        dispatching(here.ledger, here.settings),
        running(here.settings, APP, here.log, processes=2) as worker,
    ):
        until(here.finished)
        assert json.loads(read("/health")) == {"status": "ok"}
        # A worker counts what it has committed, so a moment after the ledger shows it.
        until(lambda: 'countersign_documents_total{outcome="unsigned"} 20.0' in read("/metrics"))
        metrics = read("/metrics")
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
    assert 'countersign_documents_total{outcome="empty_file"} 1.0' in metrics
    assert "countersign_pages_total 20.0" in metrics
    for name in ("stage_seconds_total", "batch_fill_ratio_count", "lease_expiries_total"):
        assert f"countersign_{name}" in metrics
    logged = [json.loads(line) for line in here.log.read_text().splitlines() if line.startswith("{")]
    assert {line["error_code"] for line in logged if "error_code" in line} == {"empty_file", "not_an_image"}
    assert all(line["document_id"] for line in logged if "error_code" in line)
    here.assert_one_verdict_each()


def test_a_document_that_kills_its_worker_takes_no_neighbour_down(site: OpenSite) -> None:
    here = site(lease_seconds=1.5, max_attempts=2)
    here.drop(**pages(7), poison=POISONED)
    with dispatching(here.ledger, here.settings), running(here.settings, APP, here.log, processes=1):
        until(here.finished)
    assert here.failures() == {"poison": "worker_lost"}
    assert here.done() == 7
    here.assert_one_verdict_each()


def test_the_whole_worker_killed(site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_SECONDS", "0.3")
    here = site()
    here.drop(**pages(40))
    with dispatching(here.ledger, here.settings):
        first = here.worker(2)
        with killed_at_the_end(first):
            until(lambda: here.ledger.counts().claimed > 0 and here.done() > 0)
            family = first.family()
            first.signal(signal.SIGKILL)
            first.wait()
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
        with running(here.settings, APP, here.log):
            until(here.finished)
    here.assert_one_verdict_each()
    assert here.done() == 40


def test_the_broker_killed_and_restarted_empty(
    site: OpenSite, own_broker: RedisServer | RabbitServer
) -> None:
    here = site(broker_url=own_broker.url)
    here.drop(**pages(30))
    with dispatching(here.ledger, here.settings), running(here.settings, APP, here.log):
        until(lambda: here.done() > 0)
        own_broker.kill()
        here.drop(**{f"later{name}": content for name, content in pages(30).items()})
        own_broker.start()
        until(here.finished)
    here.assert_one_verdict_each()
    assert here.done() == 60


def test_postgresql_restarted(site: OpenSite, own_postgres: PostgresServer, tmp_path: Path) -> None:
    url = own_postgres.new_database()
    upgrade(url)
    here = site(database_url=url)
    here.drop(**pages(60))
    with dispatching(here.ledger, here.settings), running(here.settings, APP, here.log):
        until(lambda: here.done() > 0)
        own_postgres.stop()
        own_postgres.start()
        until(here.finished)
    here.assert_one_verdict_each()
    assert here.done() == 60


def test_a_broker_whose_network_is_cut_and_restored(
    site: OpenSite, own_broker: RedisServer | RabbitServer
) -> None:
    """The server stands still for longer than unacknowledged rings last."""
    here = site(broker_url=own_broker.url, visibility_seconds=1.0, lease_seconds=1.5)
    stand_still(here, own_broker)


def test_a_database_whose_network_is_cut_and_restored(site: OpenSite, own_postgres: PostgresServer) -> None:
    """The server stands still for longer than leases last."""
    url = own_postgres.new_database()
    upgrade(url)
    stand_still(site(database_url=url, visibility_seconds=1.0, lease_seconds=1.5), own_postgres)


def stand_still(here: Site, server: Server) -> None:
    """Stops a server for three seconds while a worker is at work, and waits until all is judged."""
    here.drop(**pages(60))
    with dispatching(here.ledger, here.settings), running(here.settings, APP, here.log):
        until(lambda: here.done() > 0)
        server.pause()
        time.sleep(3)
        server.resume()
        until(here.finished)
    here.assert_one_verdict_each()
    assert here.done() == 60


def test_sigterm_in_mid_batch_leaves_nothing_claimed(site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_SECONDS", "0.2")
    here = site(max_batch=200, lease_seconds=600.0)
    here.drop(**pages(200))
    with dispatching(here.ledger, here.settings), running(here.settings, APP, here.log) as worker:
        until(lambda: here.ledger.counts().claimed > 0)
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
    counts = here.ledger.counts()
    assert counts.claimed == 0
    assert counts.waiting > 0
    with dispatching(here.ledger, here.settings), running(here.settings, APP, here.log):
        until(here.finished)
    here.assert_one_verdict_each()
    assert here.done() == 200


def test_a_worker_stopped_past_its_lease_records_nothing_over_another(
    site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_SECONDS", "0.5")
    here = site(lease_seconds=1.5)
    here.drop(**pages(24))
    with dispatching(here.ledger, here.settings):
        frozen = here.worker()
        with killed_at_the_end(frozen):
            until(lambda: here.ledger.counts().claimed > 0)
            frozen.signal_all(signal.SIGSTOP)
            with running(here.settings, APP, here.log):
                until(here.finished)
            frozen.signal_all(signal.SIGCONT)
            frozen.signal(signal.SIGTERM)
            frozen.wait()
    here.assert_one_verdict_each()
    assert here.done() == 24
