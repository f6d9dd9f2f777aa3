"""Tells an input that is one cropped word or signature from a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.crop_ink import GLANCE, MOST_PIECES, CropInk, full_of_writing
from model.values import Rectangle

TALL: Final = 0.035
"""Height of the lowest pieces that hold a quarter of the ink, over the root of the input's area: letters fill
a crop, and are low on a page. It is less in 1 labelled crop in 700, and more on 1 page in 70."""

CLOSE: Final = 0.4
"""Share of a crop that the box of its ink covers at least; what has more paper around is cut to its ink."""

MARGIN: Final = 0.25
"""Share of its ink's width and height that is left on each side of it then."""

CLEAR: Final = 0.02
"""Share of an input's long side that is clear around ink with much paper around it: nearer to the edges is
what scanners leave on a blank page, such as holes and bent corners."""

LARGE: Final = 0.12
"""Share of its long side that such ink takes at least: less is a page's number, or a staple."""

UPRIGHT: Final = 1.5
"""Height over its width that such ink has at most: what is narrower is a row of holes."""

LEAST_COVERED: Final = 0.08
"""Share that the box of ink near to an edge covers at least; labelled crops have 0.1 and more."""

LONGEST: Final = 1200
"""Pixels on the long side of an input about as high as wide beyond which little ink makes it a page."""

FLATTEST: Final = 0.85
"""Share of its width up to which a crop's height may go at any resolution, with any ink."""

LEAST_INKED: Final = 0.04
"""Share of its box that the ink of a larger, higher input has at least: 1 in 20 of the labelled crops that
are about as high as wide has less, and of pages askew whose edges are seen, and little else, all have."""


@dataclass(frozen=True, slots=True)
class SingleCrop:
    """An input that is a single word, line or signature.

    Attributes:
        ink: Box of its ink in pixels of the input.
        rows: Rows of the input that are judged: those between rules along its ends, and close to its ink.
        columns: The same of its columns.
    """

    ink: Rectangle
    rows: slice
    columns: slice

    def moved(self, right: int, down: int) -> SingleCrop:
        """The same in an input of which this one is a part, so many pixels to the right and down in it."""
        x0, y0, x1, y1 = self.ink
        ink = x0 + right, y0 + down, x1 + right, y1 + down
        return SingleCrop(ink, _moved(self.rows, down), _moved(self.columns, right))


def single_crop(page: NDArray[np.uint8]) -> SingleCrop | None:
    """Finds out whether an input is a single word, line or signature.

    Args:
        page: Grey uint8 (height, width), ink dark on light, of one pixel at least.

    Returns:
        The crop; None where the input is a page, or blank but for what a scanner leaves.
    """
    if max(page.shape) >= 2 * GLANCE and full_of_writing(page):
        return None
    ink = CropInk.of(page)
    if ink is None:
        return None
    if ink.covered() >= CLOSE or not _alone(ink):
        return _crop(ink) if ink.covered() >= LEAST_COVERED else None
    rows, columns = _close(ink)
    close = CropInk.of(page[rows, columns])
    crop = _crop(close) if close else None
    return crop.moved(columns.start, rows.start) if crop else None


def _crop(ink: CropInk) -> SingleCrop | None:
    """What is judged, if its letters are few and tall."""
    if _as_large_as_pages(ink) and ink.filled() < LEAST_INKED:
        return None
    if len(ink.letters) > MOST_PIECES or ink.tall() < TALL:
        return None
    (x0, y0), (x1, y1) = (ink.box * ink.scale + (ink.columns.start, ink.rows.start)).tolist()
    return SingleCrop((x0, y0, x1, y1), ink.rows, ink.columns)


def _as_large_as_pages(ink: CropInk) -> bool:
    """Whether the input is as large and high as pages are."""
    height, width = ink.rows.stop - ink.rows.start, ink.columns.stop - ink.columns.start
    return bool(max(height, width) > LONGEST and height > FLATTEST * width)


def _alone(ink: CropInk) -> bool:
    """Whether ink with much paper around it is not what scanners leave on a blank page."""
    first, last = ink.box
    longest, (width, height) = max(ink.size), last - first
    clear = min(*first, *(ink.size[::-1] - last))
    large = max(width, height) >= LARGE * longest
    return bool(large and clear >= CLEAR * longest and height <= UPRIGHT * width)


def _close(ink: CropInk) -> tuple[slice, slice]:
    """Rows and columns of the input close to its ink."""
    first, last = ink.box
    margin = MARGIN * (last - first)
    size = np.array((ink.columns.stop - ink.columns.start, ink.rows.stop - ink.rows.start))
    x0, y0 = np.maximum((first - margin) * ink.scale, 0).astype(int).tolist()
    x1, y1 = np.minimum(np.ceil((last + margin) * ink.scale).astype(int), size).tolist()
    return _moved(slice(y0, y1), ink.rows.start), _moved(slice(x0, x1), ink.columns.start)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
