"""The very generation that arrived, from disk and from Cloud Storage, or an error that says why not."""

import gc
import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from results.errors import (
    EmptyFile,
    Gone,
    MalformedMessage,
    NotAnImage,
    Replaced,
    StorageUnavailable,
    TooManyBytes,
    Unreadable,
)
from results.values import ClaimedDocument
from tests.emulators.storage import StorageEmulator
from tests.producer.conftest import ODD_NAMES
from tests.workers.conftest import arrival
from workers import fetch
from workers.fetch import fetched

CONTENT = b"what was uploaded" * 100


def claimed(uri: str, generation: str, size: int | None = None) -> ClaimedDocument:
    return ClaimedDocument(1, uri, generation, None, size, 1)


def content(document: ClaimedDocument, max_bytes: int = 10_000) -> bytes:
    with fetched(document, max_bytes=max_bytes) as found:
        read = found.file.read()
        assert (found.size, found.content_sha256) == (len(read), hashlib.sha256(read).hexdigest())
        return read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file whose name needs care."""
    file = tmp_path / "scan #1 100%?\n.png"
    file.write_bytes(CONTENT)
    return file


@pytest.fixture
def local(path: Path) -> ClaimedDocument:
    """The file as a document."""
    arrived = arrival(path)
    return claimed(arrived.uri, arrived.generation)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageEmulator]:
    """Cloud Storage with an empty bucket, which is asked again for a second and no longer."""
    monkeypatch.setattr(fetch, "_STORAGE_SECONDS", 1.0)
    fetch._client.cache_clear()
    with StorageEmulator() as emulator:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.host)
        emulator.store.create_bucket("inbox")
        yield emulator
        fetch._client().close()
    fetch._client.cache_clear()
    with warnings.catch_warnings():  # the client leaves the socket of a refused download to the collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def stored(storage: StorageEmulator, name: str = "scan #1 100%?\n.png") -> ClaimedDocument:
    generation = storage.store.put("inbox", name, CONTENT, "image/png").generation
    return claimed(f"gs://inbox/{name}", str(generation))


def test_file(local: ClaimedDocument) -> None:
    assert content(local) == CONTENT


def test_file_gone(local: ClaimedDocument, path: Path) -> None:
    path.unlink()
    with pytest.raises(Gone):
        content(local)


def test_file_replaced_before_and_while_it_is_read(local: ClaimedDocument, path: Path) -> None:
    with pytest.raises(Replaced), fetched(local, max_bytes=10_000):
        path.write_bytes(CONTENT + b"!")
    with pytest.raises(Replaced):
        content(local)


def test_a_folder_where_the_file_was(local: ClaimedDocument, path: Path) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(NotAnImage):
        content(local)


def test_too_many_bytes_and_none(local: ClaimedDocument, path: Path) -> None:
    with pytest.raises(TooManyBytes):
        content(local, max_bytes=100)
    path.write_bytes(b"")
    arrived = arrival(path)
    with pytest.raises(EmptyFile):
        content(claimed(arrived.uri, arrived.generation))


def test_neither_file_nor_bucket() -> None:
    with pytest.raises(MalformedMessage):
        content(claimed("http://elsewhere/scan.png", "1"))


def test_object(storage: StorageEmulator) -> None:
    assert content(stored(storage)) == CONTENT


def test_objects_of_any_name(storage: StorageEmulator) -> None:
    for name in ODD_NAMES:
        assert content(stored(storage, name)) == CONTENT


def test_object_gone(storage: StorageEmulator) -> None:
    document = stored(storage)
    storage.store.delete("inbox", "scan #1 100%?\n.png")
    with pytest.raises(Gone):
        content(document)


def test_object_replaced(storage: StorageEmulator) -> None:
    document = stored(storage)
    stored(storage)
    with pytest.raises(Replaced):
        content(document)


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_storage_that_fails_once_is_asked_again(storage: StorageEmulator, status: int) -> None:
    document = stored(storage)
    storage.fail(status, times=1, method="GET")
    assert content(document) == CONTENT


@pytest.mark.parametrize("status", [429, 503, 0, 401])
def test_storage_that_stays_out_is_transient(storage: StorageEmulator, status: int) -> None:
    document = stored(storage)
    storage.fail(status, times=10_000, method="GET")
    with pytest.raises(StorageUnavailable) as raised:
        content(document)
    assert raised.value.transient
    assert "\n" not in str(raised.value)


def test_forbidden_is_for_good(storage: StorageEmulator) -> None:
    document = stored(storage)
    storage.fail(403, times=10, method="GET")
    with pytest.raises(Unreadable):
        content(document)


def test_nothing_unpacks_to_more_than_the_limit() -> None:
    """What Cloud Storage keeps compressed is unpacked as it comes."""
    with TemporaryFile() as file:
        bounded = fetch._Bounded(file, 1000)
        bounded.write(b"\0" * 1000)
        with pytest.raises(TooManyBytes):
            bounded.write(b"\0")
