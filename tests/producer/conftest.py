"""What tests of the producer share: emulators that Google's clients find by themselves, and small helpers."""

from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest
from sqlalchemy import select

from results.ledger import Ledger
from results.schema import documents
from results.settings import Settings, read_settings
from results.status import Status
from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.storage import StorageEmulator

SUBSCRIPTION = "projects/acme/subscriptions/scans"
TOPIC = "projects/acme/topics/scans"

ODD_NAMES = [
    "with space.png",
    "new\nline.png",
    "100%.png",
    "%2F.png",
    "hash#1.png",
    "question?.png",
    "договор.PDF",
    "契約書.tiff",
    "عقد.jpg",
    "a+b&c=d.webp",
    "..png..jpe",
    "'quote\".bmp",
    "n" * 1020 + ".gif",
]
"""Object names that break careless code; the last has 1,024 bytes."""


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageEmulator]:
    """Cloud Storage with an empty bucket `inbox`."""
    with StorageEmulator() as emulator:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.host)
        emulator.store.create_bucket("inbox")
        yield emulator


@pytest.fixture
def pubsub(monkeypatch: pytest.MonkeyPatch) -> Iterator[PubSubEmulator]:
    """Pub/Sub with one subscription."""
    with PubSubEmulator() as emulator:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator.host)
        emulator.create(SUBSCRIPTION, ack_deadline_seconds=10)
        yield emulator


@pytest.fixture
def settings() -> Settings:
    """Settings that do not wait for long."""
    return read_settings(
        list_interval_seconds=0.2, folder_stable_seconds=0.3, max_wait_seconds=0.05, dispatch_seconds=0.05
    )


def known(ledger: Ledger) -> list[tuple[str, str]]:
    """URI and generation of every document in the ledger, in order."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(select(documents.c.uri, documents.c.generation))
        return sorted((row.uri, row.generation) for row in rows)


def failures(ledger: Ledger) -> list[tuple[str, str, str]]:
    """URI, error code and error text of every failed document, in order."""
    failed = select(documents.c.uri, documents.c.error_code, documents.c.error_text)
    with ledger.engine.connect() as connection:
        rows = connection.execute(failed.where(documents.c.status == Status.FAILED))
        return sorted((row.uri, row.error_code, row.error_text) for row in rows)


class Running:
    """A call in a thread, stopped at the end of a `with` block."""

    def __init__(self, call: Callable[[Event], object]) -> None:
        self.stop = Event()
        self.error: BaseException | None = None
        self._thread = Thread(target=self._run, args=(call,))

    def _run(self, call: Callable[[Event], object]) -> None:
        try:
            call(self.stop)
        except BaseException as error:
            self.error = error

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error
