"""Judging: claim a batch, read it, find its signatures, record what became of each document."""

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from model.values import Signature
from results.errors import Damaged, DatabaseUnavailable, WorkerLost
from results.ledger import Ledger
from results.settings import Settings
from results.values import Claim, Failed, FoundSignature, Judged, ReleaseRecord
from workers.decoder import Decoders
from workers.lease import Lease
from workers.reading import DocumentRead, PageRead, Reading
from workers.shutdown import Shutdown

log = logging.getLogger(__name__)

PAGES_AT_ONCE: Final = 16
"""Pages that the detector sees together; 2 MB each."""


class Release(Protocol):
    """The model release that verdicts point to."""

    name: str
    version: str
    content_sha256: str
    threshold: float
    metrics: dict[str, float]


class Detector(Protocol):
    """What judges pages: `model.detector.Detector`, or a stand-in where a benchmark measures all the rest."""

    @property
    def release(self) -> Release:
        """The release it runs."""

    def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
        """Finds the signatures on each page, grey uint8 (height, width)."""


class Judge:
    """Judges what is due, batch by batch, with one detector and some decoders; any thread may call it."""

    def __init__(
        self,
        ledger: Ledger,
        detector: Detector,
        decoders: Decoders,
        settings: Settings,
        *,
        worker: str,
        shutdown: Shutdown,
    ) -> None:
        """Registers the detector's release in the ledger.

        Args:
            ledger: Where documents come from and verdicts go.
            detector: Finds signatures on pages.
            decoders: Processes that decode.
            settings: Batches, leases, attempts and limits.
            worker: Name of this worker in the ledger.
            shutdown: Asked between pages.
        """
        self._ledger = ledger
        self._detector = detector
        self._decoders = decoders
        self._settings = settings
        self._worker = worker
        self._shutdown = shutdown
        self._device = threading.Lock()
        release = detector.release
        self._release_id = ledger.register_release(
            ReleaseRecord(
                release.name, release.version, release.content_sha256, release.threshold, release.metrics
            )
        )

    def judge_batch(self) -> int:
        """Claims one batch of due documents and judges it.

        Returns:
            How many documents were claimed; 0 when nothing is due.

        Raises:
            DatabaseUnavailable: the ledger did not answer; what was claimed is due again when its lease ends.
        """
        settings = self._settings
        claim = self._ledger.claim(
            worker=self._worker,
            max_documents=settings.max_batch,
            max_bytes=settings.max_batch_bytes,
            lease_seconds=settings.lease_seconds,
            max_attempts=settings.max_attempts,
        )
        if claim is None:
            return 0
        lease = Lease(self._ledger, claim, seconds=settings.lease_seconds, at_most=settings.batch_seconds)
        with lease:
            try:
                outcomes = self._judge(claim, lease)
            except BaseException:
                # Not these documents' fault: whoever claims them next finds them as they were.
                self._ledger.give_up(claim)
                raise
            self._record(claim, outcomes)
        return len(claim.documents)

    def _judge(self, claim: Claim, lease: Lease) -> list[Judged | Failed]:
        """Reads and judges a batch; on shutdown or a lost lease, only as much of it as is ready."""
        batch = _Batch()
        reading = Reading(
            claim.documents,
            self._decoders,
            self._settings,
            ahead=PAGES_AT_ONCE,
            stop=lambda: self._shutdown.asked or lease.lost,
        )
        waiting: list[PageRead] = []
        with reading:
            for item in reading:
                if isinstance(item, DocumentRead):
                    batch.read[item.document_id] = item
                    continue
                waiting.append(item)
                if len(waiting) == PAGES_AT_ONCE:
                    self._detect(waiting, batch)
                    waiting.clear()
            if waiting:
                self._detect(waiting, batch)
        return batch.outcomes(self._detector.release.threshold)

    def _detect(self, pages: Sequence[PageRead], batch: "_Batch") -> None:
        """Finds the signatures on some pages; a page that the detector cannot take costs its own document."""
        try:
            with self._device:
                found = self._detector.detect([page.raster for page in pages])
        except Exception:
            if len(pages) == 1:
                self._blame(pages[0], batch)
                return
            for page in pages:
                self._detect([page], batch)
            return
        for page, signatures in zip(pages, found, strict=True):
            batch.add(page, signatures)

    def _blame(self, page: PageRead, batch: "_Batch") -> None:
        """Fails a page's document, unless the detector fails on blank paper too.

        Raises:
            Exception: whatever the detector raises on a blank page: it is broken, not the page.
        """
        log.exception("the detector failed on page %d", page.number, extra={"document_id": page.document_id})
        with self._device:
            self._detector.detect([np.full_like(page.raster, 255)])
        batch.refused[page.document_id] = Damaged(f"page {page.number} cannot be judged")

    def _record(self, claim: Claim, outcomes: Sequence[Judged | Failed]) -> None:
        """Records what is ready and gives up the rest, waiting out a restart of the database."""
        settings = self._settings
        patience = Retrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            wait=wait_random_exponential(0.1, max=5.0),
            stop=stop_after_delay(settings.lease_seconds),
            reraise=True,
        )
        recorded = patience(
            self._ledger.record,
            claim,
            self._release_id,
            outcomes,
            max_attempts=settings.max_attempts,
            retry_seconds=settings.retry_seconds,
        )
        if len(outcomes) < len(claim.documents):
            patience(self._ledger.give_up, claim)
        if recorded < len(outcomes):
            log.warning("%d of %d outcomes came too late to record", len(outcomes) - recorded, len(outcomes))


class _Batch:
    """What is known so far of the documents of one claim."""

    def __init__(self) -> None:
        self.read: dict[int, DocumentRead] = {}
        """Documents all of whose pages were read, or that failed."""
        self.refused: dict[int, Damaged] = {}
        """Documents with a page that the detector cannot take."""
        self._pages_judged: dict[int, int] = defaultdict(int)
        self._signatures: dict[int, list[FoundSignature]] = defaultdict(list)

    def add(self, page: PageRead, signatures: Sequence[Signature]) -> None:
        """Notes what was found on a page."""
        self._pages_judged[page.document_id] += 1
        self._signatures[page.document_id] += [
            FoundSignature(page.number, *_corners(signature), signature.score) for signature in signatures
        ]

    def outcomes(self, threshold: float) -> list[Judged | Failed]:
        """What became of every document that is finished."""
        finished = (self._outcome(read, threshold) for read in self.read.values())
        return [outcome for outcome in finished if outcome is not None]

    def _outcome(self, read: DocumentRead, threshold: float) -> Judged | Failed | None:
        error = self.refused.get(read.document_id) or read.error
        if error is not None:
            # A decoder's death may have been its neighbours' doing, so it is tried again, alone.
            again = error.transient or isinstance(error, WorkerLost)
            return Failed(read.document_id, error.code, str(error), again, read.content_sha256)
        if self._pages_judged[read.document_id] < read.page_count or read.content_sha256 is None:
            return None
        signatures = sorted(self._signatures[read.document_id], key=lambda found: (found.page, -found.score))
        return Judged(
            document_id=read.document_id,
            content_sha256=read.content_sha256,
            media_type=read.media_type,
            size=read.size,
            page_count=read.page_count,
            confidence=max((found.score for found in signatures), default=0.0),
            threshold=threshold,
            signatures=tuple(signatures),
        )


def _corners(signature: Signature) -> tuple[float, float, float, float]:
    box = signature.box
    return box.x0, box.y0, box.x1, box.y1
