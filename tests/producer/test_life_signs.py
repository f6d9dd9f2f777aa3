"""Counters, `/health` and `/metrics` of a running producer, and intake that counts."""

import json
import logging
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from producer.app import watch
from producer.signs import LifeSigns, SourceCount
from producer.sources import open_source
from producer.sources.source import Delivery
from results.ledger import Ledger
from results.settings import read_settings
from results.values import Arrival, IntakeCount
from tests.emulators.storage import StorageEmulator
from tests.producer.conftest import Running, known
from tests.waiting import until


class NoRings:
    """A queue that takes every ring."""

    def __call__(self) -> None:
        return

    def waiting(self) -> int:
        return 0


def test_counts_add_up() -> None:
    signs = LifeSigns()
    good, bad = Arrival("gs://b/a.png", "1", "s"), Arrival("m", "1", "s", error_code="malformed_message")
    signs.took_in("s", Delivery([good, good, bad], ignored=4), IntakeCount(seen=3, new=2))
    signs.took_in("t", Delivery([good]), IntakeCount(seen=1, new=0))
    assert signs.counts()["s"] == SourceCount(seen=2, new=2, ignored=4, rejected=1)
    assert signs.total() == SourceCount(seen=3, new=2, ignored=4, rejected=1)


def test_the_lag_is_from_the_newest_event_to_its_commit() -> None:
    signs = LifeSigns()
    delivery = Delivery([Arrival("gs://b/a.png", "1", "s")], newest=time.time() - 100)
    signs.took_in("s", delivery, IntakeCount(1, 1))
    lag = signs.registry.get_sample_value("countersign_source_lag_seconds", {"source": "s"})
    assert lag == pytest.approx(100, abs=60)


def test_the_log_tells_of_each_source_what_it_delivered(
    sqlite_url: str, tmp_path: Path, storage: StorageEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """At once, then seldom, and at the end; nothing of a source where nothing arrives."""
    caplog.set_level(logging.INFO, "producer.intake")
    settings = read_settings(list_interval_seconds=0, folder_stable_seconds=0.1)
    sources = [open_source("gs://inbox", settings), open_source(str(tmp_path / "in"), settings)]
    quiet = open_source(str(tmp_path / "quiet"), settings)
    for folder in ("in", "quiet"):
        (tmp_path / folder).mkdir()
    signs = LifeSigns()
    with (
        Ledger.open(sqlite_url) as ledger,
        Running(
            lambda stop: watch(
                [*sources, quiet], settings, stop, ledger=ledger, send_ring=NoRings(), signs=signs
            )
        ),
    ):
        for number in range(3):
            storage.store.put("inbox", f"{number}.png", b"x")
            (tmp_path / "in" / f"{number}.png").write_bytes(b"x")
            until(lambda count=number + 1: len(known(ledger)) == 2 * count)  # type: ignore[misc]
    for source in sources:
        lines = [line for line in caplog.messages if line.startswith(f"{source.name}: ")]
        assert len(lines) == 2
        assert " 1 new and 0 rejected of " in lines[0]
        assert " 2 new and 0 rejected of " in lines[1]
        assert all(line.endswith(" s behind the newest") for line in lines)
    assert not [line for line in caplog.messages if line.startswith(f"{quiet.name}: ")]


def test_health_and_metrics(sqlite_url: str, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.png").write_bytes(b"x")
    (inbox / "a.txt").write_bytes(b"x")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = read_settings(database_url=sqlite_url, health_port=port, folder_stable_seconds=0.1)
    sources = [open_source(str(inbox), settings), open_source(str(tmp_path / "missing"), settings)]

    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def health() -> Any:  # noqa: ANN401 JSON
        return json.loads(get("/health"))

    signs = LifeSigns()
    with (
        Ledger.open(sqlite_url) as ledger,
        Running(lambda stop: watch(sources, settings, stop, ledger=ledger, send_ring=NoRings(), signs=signs)),
    ):
        until(lambda: len(known(ledger)) == 1)
        until(lambda: bool(signs.troubles()))
        told = health()
        assert told["status"] == "troubled"
        assert list(told["troubles"]) == [(tmp_path / "missing").as_uri()]
        source = sources[0].name
        until(lambda: signs.total().new == 1)
        assert health()["sources"][source] == {"seen": 1, "new": 1, "ignored": 1, "rejected": 0}
        assert f'countersign_source_new_total{{source="{source}"}} 1.0' in get("/metrics")
        (tmp_path / "missing").mkdir()
        until(lambda: not signs.troubles())
        with pytest.raises(urllib.error.HTTPError) as refused:
            get("/")
        refused.value.close()
