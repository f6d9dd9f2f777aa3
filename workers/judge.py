"""Judging: claim a batch, read it, find its signatures, record what became of each document."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from results.errors import Damaged, DatabaseFull, DatabaseUnavailable
from results.ledger import Ledger
from results.settings import Settings
from results.values import Claim, Failed, Judged, ReleaseRecord
from workers.batch import Batch
from workers.decoder import Decoders
from workers.detector import Detector
from workers.hands import Hands
from workers.lease import Lease
from workers.metrics import Metrics
from workers.reading import DocumentRead, PageRead, Reading
from workers.shutdown import Shutdown

log = logging.getLogger(__name__)

PAGES_AT_ONCE: Final = 16
"""Pages that the detector sees together; 2 MB each."""


class DetectorBroken(Exception):
    """The detector fails on blank paper too: it is broken, not the page."""


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
        metrics: Metrics,
    ) -> None:
        """Registers the detector's release in the ledger.

        Args:
            ledger: Where documents come from and verdicts go.
            detector: Finds signatures on pages.
            decoders: Processes that decode.
            settings: Batches, leases, attempts and limits.
            worker: Name of this worker in the ledger.
            shutdown: Asked between pages.
            metrics: Counts what is done.
        """
        self._ledger = ledger
        self._detector = detector
        self._decoders = decoders
        self._settings = settings
        self._worker = worker
        self._shutdown = shutdown
        self._metrics = metrics
        self._device = threading.Lock()
        self._hands = Hands()
        release = detector.release
        self._release_id = ledger.register_release(
            ReleaseRecord(
                release.name, release.version, release.content_sha256, release.threshold, release.metrics
            )
        )

    def judge_batch(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """Claims one batch of due documents and judges it.

        Args:
            go_on: Whether there is still time for a batch; asked where another thread's had to end first.

        Returns:
            How many documents were claimed; 0 when nothing is due, or there is no more time.

        Raises:
            DatabaseUnavailable: the ledger did not answer; what was claimed is due again when its lease ends.
            DetectorBroken: the detector does not work any more; what was claimed is due again.
        """
        settings = self._settings
        with self._hands.taking(self._claim, go_on) as claim:
            if claim is None:
                return 0
            self._metrics.claimed(len(claim.documents), settings.max_batch, claim.expired)
            with Lease(
                self._ledger, claim, seconds=settings.lease_seconds, at_most=settings.batch_seconds
            ) as lease:
                self._record(claim, self._judge(claim, lease))
            return len(claim.documents)

    def _claim(self, tried: bool) -> Claim | None:
        settings = self._settings
        with self._metrics.timed("claim"):
            return self._ledger.claim(
                worker=self._worker,
                max_documents=settings.max_batch,
                max_bytes=settings.max_batch_bytes,
                lease_seconds=settings.lease_seconds,
                max_attempts=settings.max_attempts,
                tried=tried,
            )

    def _judge(self, claim: Claim, lease: Lease) -> list[Judged | Failed]:
        """Reads and judges a batch; on shutdown or a lost lease, only as much of it as is ready."""
        batch = Batch()
        reading = Reading(
            claim.documents,
            self._decoders,
            self._settings,
            self._metrics,
            ahead=PAGES_AT_ONCE,
            known=self._known,
            stop=lambda: self._shutdown.asked or lease.lost,
        )
        try:
            with reading:
                self._detect_all(reading, batch)
        except BaseException as error:
            if isinstance(error, DetectorBroken) or not isinstance(error, Exception):
                self._give_up(claim)  # a broken detector or the end of this process: no document is to blame
            raise
        return batch.outcomes(self._detector.release.threshold)

    def _known(self, content_sha256: str) -> Judged | None:
        """A verdict of this release on the same bytes, where the settings say that it may be copied."""
        if not self._settings.reuse_verdicts:
            return None
        try:
            return self._ledger.known_verdict(content_sha256, self._release_id)
        except DatabaseUnavailable:
            return None

    def _detect_all(self, reading: Reading, batch: Batch) -> None:
        """Judges pages as they come, `PAGES_AT_ONCE` together."""
        waiting: list[PageRead] = []
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

    def _detect(self, pages: Sequence[PageRead], batch: Batch) -> None:
        """Finds the signatures on some pages; a page that the detector cannot take costs its own document."""
        try:
            with self._device, self._metrics.timed("detect"):
                found = self._detector.detect([page.raster for page in pages])
        except Exception:
            if len(pages) == 1:
                self._blame(pages[0], batch)
                return
            for page in pages:
                self._detect([page], batch)
            return
        self._metrics.judged(len(pages))
        for page, signatures in zip(pages, found, strict=True):
            batch.add(page, signatures)

    def _blame(self, page: PageRead, batch: Batch) -> None:
        """Fails a page's document, unless it is not the page."""
        log.exception("the detector failed on page %d", page.number, extra={"document_id": page.document_id})
        try:
            with self._device:
                self._detector.detect([np.full_like(page.raster, 255)])
        except Exception as error:
            raise DetectorBroken from error
        batch.refused[page.document_id] = Damaged(f"page {page.number} cannot be judged")

    def _record(self, claim: Claim, outcomes: Sequence[Judged | Failed]) -> None:
        """Records what is ready and gives up the rest."""
        settings = self._settings
        with self._metrics.timed("record"):
            recorded = self._patiently(
                self._ledger.record,
                claim,
                self._release_id,
                outcomes,
                max_attempts=settings.max_attempts,
                retry_seconds=settings.retry_seconds,
            )
        self._metrics.recorded(outcomes[:recorded])
        if len(outcomes) < len(claim.documents):
            self._give_up(claim)
        if recorded < len(outcomes):
            log.warning("%d of %d outcomes came too late to record", len(outcomes) - recorded, len(outcomes))
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                log.info(
                    "%s",
                    outcome.error_text,
                    extra={"document_id": outcome.document_id, "error_code": outcome.error_code},
                )

    def _patiently(self, call: Callable[..., int], *args: object, **options: object) -> int:
        """Calls the ledger, waiting out a restart of its database for as long as a lease."""
        patience = Retrying(
            retry=retry_if_exception(_may_come_back),
            wait=wait_random_exponential(0.1, max=5.0),
            stop=stop_after_delay(self._settings.lease_seconds),
            reraise=True,
        )
        return patience(call, *args, **options)

    def _give_up(self, claim: Claim) -> None:
        """Makes the claim's unfinished documents due again; where that fails, their lease runs out."""
        try:
            self._ledger.give_up(claim)
        except DatabaseUnavailable as error:
            log.warning("%d documents wait for their lease to end: %s", len(claim.documents), error)


def _may_come_back(error: BaseException) -> bool:
    """Whether the database may answer again by itself; a full disk does not empty itself."""
    return isinstance(error, DatabaseUnavailable) and not isinstance(error, DatabaseFull)
