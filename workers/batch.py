"""A batch in hand: what is known so far of the documents of one claim, and what became of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from model.values import Signature
from results.errors import Damaged, WorkerLost
from results.values import Failed, FoundSignature, Judged
from workers.reading import DocumentRead, PageRead


class Batch:
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
        if read.verdict is not None:
            return replace(read.verdict, document_id=read.document_id)
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
