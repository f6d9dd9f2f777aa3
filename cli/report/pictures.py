"""Pictures for the report: small pages and crops of signatures, as data URIs, within a bound on bytes."""

import base64
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from results.errors import DocumentError, Gone, Replaced
from results.evidence import Evidence
from results.settings import Settings
from results.status import Status
from results.values import ClaimedDocument, FoundSignature

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from workers.decoder import Decoders

    Pages = dict[int, NDArray[np.uint8]]

PAGE_BYTES: Final = {1000: 46_000, 720: 30_000, 480: 16_000, 320: 8_000}
"""Long side of a page's picture in pixels, and what one takes up in the file: measured on scanned letters and
receipts, WebP at `QUALITY` in base64, with two crops of signatures."""

QUALITY: Final = 40
CROP_QUALITY: Final = 60
CROP_SIZE: Final = (360, 160)
CROP_MARGIN: Final = 0.15
"""Paper shown around a signature, in parts of its box."""

MOST_PAGES: Final = 3
"""Pages shown of one document."""
MOST_CROPS: Final = 6
READ_ON_PAGES: Final = 8
"""A decoder that is stopped early has to be started again: cheaper is to read up to so many pages in vain."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page or a crop."""

    page: int
    """From 1."""
    width: int
    height: int
    image: str
    """Data URI."""
    score: float | None = None
    """Of the signature in a crop."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What there is to see of one document."""

    pages: tuple[Picture, ...] = ()
    crops: tuple[Picture, ...] = ()
    missing: str | None = None
    """Why there is nothing to see."""

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return sum(len(picture.image) for picture in (*self.pages, *self.crops))


BLOCK: Final = 48
"""Documents that are pictured side by side, and whose pictures the page reads together."""

LEFT_OUT: Final = Pictures(
    missing="Left out to keep this file small; write another report of fewer documents."
)


def page_side(documents: int, max_bytes: int) -> int:
    """How large pages may be drawn, so that all documents fit.

    Args:
        documents: How many are to be pictured.
        max_bytes: Bound on all pictures together.

    Returns:
        Long side in pixels.
    """
    return next((side for side, size in PAGE_BYTES.items() if size * documents <= max_bytes), min(PAGE_BYTES))


def take(entries: Sequence[Evidence], settings: Settings, max_bytes: int) -> Iterator[Pictures]:
    """Pictures of documents, one for each in their order.

    Args:
        entries: The documents.
        settings: Limits of one document; how many decoders run side by side.
        max_bytes: Bound on all pictures together; what comes after it is `LEFT_OUT`.

    Yields:
        The pictures of one document. One that cannot be read has none and says why.
    """
    from workers.decoder import Decoders

    side = page_side(sum(map(_is_pictured, entries)), max_bytes)
    count = settings.decode_threads or os.cpu_count() or 1
    left = max_bytes
    with Decoders(settings, count) as decoders, ThreadPoolExecutor(count) as threads:
        camera = _Camera(decoders, settings, side)
        for start in range(0, len(entries), BLOCK):
            block = entries[start : start + BLOCK]
            for pictures in threads.map(camera.take if left > 0 else _leave_out, block):
                left -= pictures.size
                yield pictures if left >= 0 or not pictures.size else LEFT_OUT


def _leave_out(entry: Evidence) -> Pictures:
    """No picture, as there is no room for it."""
    return LEFT_OUT if _is_pictured(entry) else Pictures(missing=_why_not_judged(entry))


def _is_pictured(entry: Evidence) -> bool:
    """Whether a document's file is looked at: one that failed may be made to do harm."""
    return entry.verdict is not None and entry.status is not Status.FAILED


@dataclass(frozen=True, slots=True)
class _Camera:
    """Takes the pictures of one document; may be used from several threads."""

    decoders: "Decoders"
    settings: Settings
    side: int

    def take(self, entry: Evidence) -> Pictures:
        """Takes the pictures of one document."""
        if entry.verdict is None or not _is_pictured(entry):
            return Pictures(missing=_why_not_judged(entry))
        signatures = entry.verdict.signatures or (entry.before.signatures if entry.before else ())
        wanted = _wanted_pages(entry)
        try:
            pages = self._pages(entry, wanted, entry.verdict.page_count)
        except Gone:
            return Pictures(missing="The file is no longer where it was when it was judged.")
        except Replaced:
            return Pictures(missing="The file has changed since it was judged.")
        except DocumentError as error:
            return Pictures(missing=f"The file cannot be shown. {error}")
        return Pictures(
            tuple(self._page(number, page) for number, page in pages.items()),
            tuple(_crop(pages[s.page], s) for s in signatures if s.page in pages)[:MOST_CROPS],
        )

    def _pages(self, entry: Evidence, wanted: set[int], page_count: int) -> "Pages":
        from workers.fetch import fetched

        document = ClaimedDocument(0, entry.uri, entry.generation, None, None, 1)
        stop = None if page_count - max(wanted) <= READ_ON_PAGES else max(wanted)
        with (
            fetched(document, max_bytes=self.settings.max_document_bytes) as file,
            self.decoders.lent() as decoder,
            closing(decoder.pages(file.file)) as pages,
        ):
            return {number: page for number, page in enumerate(islice(pages, stop), 1) if number in wanted}

    def _page(self, number: int, page: "NDArray[np.uint8]") -> Picture:
        from PIL import Image

        image = Image.fromarray(page)
        image.thumbnail((self.side, self.side), Image.Resampling.LANCZOS)
        return Picture(number, image.width, image.height, _data_uri(image, QUALITY))


def _why_not_judged(entry: Evidence) -> str:
    return "It could not be judged." if entry.status is Status.FAILED else "Not judged yet."


def _wanted_pages(entry: Evidence) -> set[int]:
    """The pages with the highest scores by either verdict, or the first."""
    found = [
        signature
        for verdict in (entry.verdict, entry.before)
        if verdict is not None
        for signature in verdict.signatures
    ]
    found.sort(key=lambda signature: -signature.score)
    return set(list(dict.fromkeys(signature.page for signature in found))[:MOST_PAGES]) or {1}


def _crop(page: "NDArray[np.uint8]", signature: FoundSignature) -> Picture:
    """The pixels of a signature with some paper around it."""
    from PIL import Image

    height, width = page.shape
    across = (signature.x1 - signature.x0) * CROP_MARGIN
    down = (signature.y1 - signature.y0) * CROP_MARGIN
    left, right = max(0.0, signature.x0 - across) * width, min(1.0, signature.x1 + across) * width
    top, bottom = max(0.0, signature.y0 - down) * height, min(1.0, signature.y1 + down) * height
    rows = slice(int(top), max(int(top) + 1, round(bottom)))
    columns = slice(int(left), max(int(left) + 1, round(right)))
    image = Image.fromarray(page[rows, columns])
    image.thumbnail(CROP_SIZE, Image.Resampling.LANCZOS)
    return Picture(
        signature.page, image.width, image.height, _data_uri(image, CROP_QUALITY), round(signature.score, 4)
    )


def _data_uri(image: "Image", quality: int) -> str:
    with io.BytesIO() as file:
        image.save(file, "WEBP", quality=quality)
        return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
