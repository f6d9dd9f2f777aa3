"""A batch of documents to a stream of pages: fetched and decoded in threads, ahead of whoever judges them."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from results.errors import DocumentError, WorkerLost
from results.settings import Settings
from results.values import ClaimedDocument, Judged
from workers.decode.media import MEDIA_TYPES
from workers.decode.pages import file_format
from workers.decoder import Decoder, Decoders
from workers.fetch import Fetched, fetched
from workers.metrics import Metrics

log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.1
"""How often a blocked thread looks whether the batch was given up."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page of a document, grey uint8 (height, width); `number` counts from 1."""

    document_id: int
    number: int
    raster: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """All pages of a document have been read, or it failed and `error` says why."""

    document_id: int
    page_count: int = 0
    media_type: str = ""
    size: int = 0
    """Bytes fetched."""
    content_sha256: str | None = None
    error: DocumentError | None = None
    verdict: Judged | None = None
    """Set, and no page sent, when the same bytes have a verdict that may be copied."""


class _GivenUp(Exception):
    """Nobody waits for these pages any more."""


class Reading:
    """Iterate once, inside its block, for the pages of a batch and the end of each document, in any order.

    Documents are read in parallel, one to a decoder; at most `ahead` pages wait for whoever iterates.
    """

    def __init__(
        self,
        documents: Sequence[ClaimedDocument],
        decoders: Decoders,
        settings: Settings,
        metrics: Metrics,
        *,
        ahead: int,
        known: Callable[[str], Judged | None],
        stop: Callable[[], bool],
    ) -> None:
        """Takes the batch; entering the block starts the threads.

        Args:
            documents: What to read.
            decoders: Processes that decode.
            settings: Limits of one document.
            metrics: Counts the time that fetching and decoding take.
            ahead: Pages that may wait.
            known: Looks for a verdict on the same bytes, by their SHA-256; called in the reading threads.
            stop: Asked while waiting; once true, the iteration ends early.
        """
        self._documents = documents
        self._decoders = decoders
        self._settings = settings
        self._metrics = metrics
        self._known = known
        self._stop = stop
        self._queue: Queue[PageRead | DocumentRead] = Queue(ahead)
        self._given_up = threading.Event()
        self._threads = ThreadPoolExecutor(len(decoders), thread_name_prefix="read")

    def __iter__(self) -> Iterator[PageRead | DocumentRead]:
        unread = len(self._documents)
        while unread and not self._stop():
            try:
                item = self._queue.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            unread -= isinstance(item, DocumentRead)
            yield item

    def _read(self, document: ClaimedDocument) -> None:
        try:
            self._put(self._read_whole(document))
        except _GivenUp:
            return
        except Exception as error:
            log.exception("reading failed", extra={"document_id": document.id})
            self._put(DocumentRead(document.id, error=WorkerLost(f"{type(error).__name__}: {error}")))

    def _read_whole(self, document: ClaimedDocument) -> DocumentRead:
        """Sends on every page of a document, and says how it ended."""
        content_sha256 = None
        began = time.perf_counter()
        try:
            with fetched(document, max_bytes=self._settings.max_document_bytes) as content:
                self._metrics.spent("fetch", time.perf_counter() - began)
                content_sha256 = content.content_sha256
                if verdict := self._known(content_sha256):
                    return DocumentRead(document.id, verdict=verdict)
                media_type = MEDIA_TYPES[file_format(content.file, self._settings.formats)]
                with self._decoders.lent() as decoder:
                    page_count = self._send_pages(document, content, decoder)
        except DocumentError as error:
            return DocumentRead(document.id, content_sha256=content_sha256, error=error)
        return DocumentRead(document.id, page_count, media_type, content.size, content_sha256)

    def _send_pages(self, document: ClaimedDocument, content: Fetched, decoder: Decoder) -> int:
        number = 0
        rasters = decoder.pages(content.file)
        try:
            while True:
                with self._metrics.timed("decode"):
                    raster = next(rasters, None)
                if raster is None:
                    return number
                number += 1
                self._put(PageRead(document.id, number, raster))
        finally:
            rasters.close()
            if chatter := decoder.chatter():
                log.info("the decoder said: %s", chatter, extra={"document_id": document.id})

    def _put(self, item: PageRead | DocumentRead) -> None:
        while not self._given_up.is_set():
            try:
                return self._queue.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue
        raise _GivenUp

    def __enter__(self) -> Self:
        for document in self._documents:
            self._threads.submit(self._read, document)
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up.set()
        self._threads.shutdown(cancel_futures=True)
