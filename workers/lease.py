"""The heartbeat of a claim: as long as its batch is being judged, its lease does not run out."""

import logging
import threading
import time
from typing import Final, Self

from results.errors import DatabaseUnavailable
from results.ledger import Ledger
from results.values import Claim

log = logging.getLogger(__name__)

_BEATS_PER_LEASE: Final = 3


class Lease:
    """Extends a claim's lease from a thread while the block runs."""

    def __init__(self, ledger: Ledger, claim: Claim, *, seconds: float, at_most: float) -> None:
        """Takes the claim; entering the block starts the heartbeat.

        Args:
            ledger: Where the lease is kept.
            claim: What was claimed.
            seconds: How long a lease lasts.
            at_most: Seconds after which a batch counts as stuck: the lease is left to run out.
        """
        self._ledger = ledger
        self._claim = claim
        self._seconds = seconds
        self._until = time.monotonic() + at_most
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether the lease ran out and the documents may be someone else's."""
        return self._lost.is_set()

    def _beat(self) -> None:
        while not self._ended.wait(self._seconds / _BEATS_PER_LEASE):
            if time.monotonic() > self._until:
                log.error("a batch of %d documents is stuck; its lease runs out", len(self._claim.documents))
                self._lost.set()
                return
            try:
                held = self._ledger.extend(self._claim, self._seconds)
            except DatabaseUnavailable as error:
                log.warning("the lease could not be extended yet: %s", error)
                continue
            if not held:
                self._lost.set()
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
