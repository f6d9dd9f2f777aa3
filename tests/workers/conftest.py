"""Judges and documents to judge."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from results.ledger import Ledger
from results.settings import read_settings
from results.values import Arrival
from tests.workers.standin import StandIn
from workers.decoder import Decoders
from workers.detector import Detector
from workers.judge import Judge
from workers.metrics import Metrics
from workers.shutdown import Shutdown

Drop = Callable[..., None]


def arrival(path: Path) -> Arrival:
    """A file as the folder source notices it."""
    stat = path.stat()
    return Arrival(path.as_uri(), f"{stat.st_size}-{stat.st_mtime_ns}", "test", None, stat.st_size)


@pytest.fixture
def drop(ledger: Ledger, tmp_path: Path) -> Drop:
    """Writes documents, given as `name=bytes`, and takes them in."""

    def write(**documents: bytes) -> None:
        for name, content in documents.items():
            (tmp_path / name).write_bytes(content)
            ledger.take_in([arrival(tmp_path / name)])

    return write


@pytest.fixture(scope="session")
def decoders() -> Iterator[Decoders]:
    """Two decoder processes with the default limits."""
    with Decoders(read_settings(), 2) as started:
        yield started


@pytest.fixture
def judging(ledger: Ledger, decoders: Decoders) -> Callable[..., Judge]:
    """Makes a judge: of a detector, a shutdown flag, and settings by name."""

    def make(detector: Detector | None = None, shutdown: Shutdown | None = None, **settings: object) -> Judge:
        return Judge(
            ledger,
            detector or StandIn(),
            decoders,
            read_settings(None, **{"retry_seconds": 0, **settings}),
            worker="test",
            shutdown=shutdown or Shutdown(),
            metrics=Metrics(),
        )

    return make
