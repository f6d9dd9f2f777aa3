"""What a process has in hand: several batches, or one document that was tried before and nothing beside."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from results.values import Claim


class Hands:
    """Counts the batches of a process's threads, so that what may kill it takes nothing along."""

    def __init__(self) -> None:
        """Empty hands."""
        self._changed = threading.Condition()
        self._held = 0
        self._tried = False

    @contextmanager
    def taking(
        self, claim: Callable[[bool], Claim | None], go_on: Callable[[], bool]
    ) -> Iterator[Claim | None]:
        """Claims a batch and has it in hand while the block runs.

        Waits while another thread judges a document that was tried before; and where the oldest due document
        was tried before, until nothing else is in hand.

        Args:
            claim: `Ledger.claim`, given whether documents tried before may be handed out.
            go_on: Asked after a wait: whether there is still time for a batch.

        Yields:
            The claim; None when nothing is due, or there is no more time.
        """
        claimed = self._take(claim, go_on)
        try:
            yield claimed
        finally:
            if claimed:
                self._let_go()

    def _take(self, claim: Callable[[bool], Claim | None], go_on: Callable[[], bool]) -> Claim | None:
        with self._changed:
            while not self._tried or self._emptied(go_on):
                claimed = claim(self._held == 0)
                if claimed is None:
                    return None
                if claimed.documents:
                    self._held += 1
                    self._tried = claimed.documents[0].attempts > 1
                    return claimed
                if not self._emptied(go_on):
                    return None
            return None

    def _emptied(self, go_on: Callable[[], bool]) -> bool:
        """Waits until nothing is in hand; whether there is still time then."""
        self._changed.wait_for(lambda: not self._held)
        return go_on()

    def _let_go(self) -> None:
        with self._changed:
            self._held -= 1
            self._tried = False
            self._changed.notify_all()
