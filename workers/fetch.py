"""Documents to open files: from the file system and from Cloud Storage, the very generation that arrived."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BufferedRandom, BufferedReader
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes, urlsplit

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

if TYPE_CHECKING:
    from google.cloud import storage

OpenFile = BufferedReader | BufferedRandom

_STORAGE_SECONDS: Final = 30.0
"""How long one download is retried before the ledger takes over with its own back-off."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document's bytes, in a file open at its beginning."""

    file: OpenFile
    size: int
    content_sha256: str


@contextmanager
def fetched(document: ClaimedDocument, *, max_bytes: int) -> Iterator[Fetched]:
    """Opens a document, the generation that arrived and no other.

    Args:
        document: What was claimed, with a `file://` or `gs://` URI.
        max_bytes: Larger documents are refused.

    Yields:
        The open file, which is closed afterwards.

    Raises:
        DocumentError: it is gone, replaced, unreadable, empty or too large, or the storage does not answer.
    """
    if document.size is not None and document.size > max_bytes:
        raise TooManyBytes(f"it has {document.size:,} bytes, the limit is {max_bytes:,}")
    if document.uri.startswith("gs://"):
        with _downloaded(document, max_bytes) as file:
            yield _checked(file, max_bytes)
    elif document.uri.startswith("file://"):
        with _local(document) as file:
            yield _checked(file, max_bytes)
            _same_generation(file, document.generation)
    else:
        raise MalformedMessage(f"{document.uri} is neither file:// nor gs://")


def _checked(file: OpenFile, max_bytes: int) -> Fetched:
    """Size and hash of an open file, which is left at its beginning."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise EmptyFile
    if size > max_bytes:
        raise TooManyBytes(f"it has {size:,} bytes, the limit is {max_bytes:,}")
    file.seek(0)
    try:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:  # a disk or a network file system that fails in the middle
        raise StorageUnavailable(str(error)) from None
    file.seek(0)
    return Fetched(file, size, digest)


@contextmanager
def _local(document: ClaimedDocument) -> Iterator[OpenFile]:
    path = os.fsdecode(unquote_to_bytes(urlsplit(document.uri).path))  # a name need not be UTF-8
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise Gone(path) from None
    except PermissionError:
        raise Unreadable(path) from None
    except OSError as error:  # a network file system that does not answer, too many open files
        raise StorageUnavailable(f"{path}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAnImage(f"{path} is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        _same_generation(file, document.generation)
        yield file


def _same_generation(file: OpenFile, generation: str) -> None:
    """Refuses a file that was written to since it arrived, also while it was being read.

    Raises:
        Replaced: size or modification time differ.
    """
    now = os.fstat(file.fileno())
    if f"{now.st_size}-{now.st_mtime_ns}" != generation:
        raise Replaced


@contextmanager
def _downloaded(document: ClaimedDocument, max_bytes: int) -> Iterator[OpenFile]:
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage.exceptions import DataCorruption
    from google.cloud.storage.retry import DEFAULT_RETRY
    from requests.exceptions import RequestException

    bucket, _, name = document.uri.removeprefix("gs://").partition("/")
    blob = _client().bucket(bucket).blob(name)
    with tempfile.TemporaryFile() as file:
        try:
            blob.download_to_file(
                _Bounded(file, max_bytes),
                if_generation_match=int(document.generation),
                retry=DEFAULT_RETRY.with_timeout(_STORAGE_SECONDS),
            )
        except exceptions.NotFound:
            raise Gone(document.uri) from None
        except exceptions.PreconditionFailed:
            raise (Replaced() if _exists(blob) else Gone(document.uri)) from None
        except exceptions.Forbidden:
            raise Unreadable(document.uri) from None
        except (exceptions.GoogleAPIError, GoogleAuthError, RequestException, DataCorruption) as error:
            raise StorageUnavailable(" ".join(str(error).split())[:200]) from None
        yield file


def _exists(blob: "storage.Blob") -> bool:
    """Whether there is any generation of an object; where that cannot be told, one is assumed."""
    from google.api_core.exceptions import GoogleAPIError

    try:
        return bool(blob.exists(retry=None))
    except GoogleAPIError:
        return True


class _Bounded:
    """A file that takes no more than so many bytes: what is stored compressed may unpack to anything."""

    def __init__(self, file: OpenFile, max_bytes: int) -> None:
        self._file = file
        self._left = max_bytes
        self._max_bytes = max_bytes

    def write(self, data: bytes) -> int:
        """Writes, or raises `TooManyBytes`."""
        self._left -= len(data)
        if self._left < 0:
            raise TooManyBytes(f"it has more than {self._max_bytes:,} bytes, the limit")
        return self._file.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


@cache
def _client() -> "storage.Client":
    """One client a process: it holds a pool of connections and may be used from several threads."""
    from google.cloud import storage

    return storage.Client()
