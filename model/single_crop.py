"""Tells an input that is one cropped word or signature from a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from model.crop_frame import rules, within, without
from model.proposer import resized

if TYPE_CHECKING:
    import cv2

WORKING_SIDE: Final = 512
"""Long side at which the ink is looked at."""

STROKE: Final = 31
"""Broader than any stroke at that size; what is broader is paper or shadow."""

LEAST_PIECE: Final = 3
"""Pixels of a connected piece of ink; smaller ones are specks."""

MOST_PIECES: Final = 80
"""Pieces of a crop without its rules; 1 labelled crop in 500 has more, and of the pages 9 in 10."""

TALL: Final = 0.035
"""Height of the lowest pieces that hold a quarter of the ink, over the root of the input's area: letters fill
a crop, and are low on a page. It is less in 1 labelled crop in 700, and more on 1 page in 70."""

MOST_LINES: Final = 12
"""Pieces of ink below one another in the fullest tenth of a crop's columns, at half the contrast that parts
ink from paper; a labelled crop has at most 9. Pages whose words and rules flow together, or that lie in a
shadow, have few pieces, but mostly 15 lines and more."""

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

MOST_INKED: Final = 0.37
"""Share of a pale crop that is ink at most; labelled crops have up to 0.35, paper's grain 0.38 and more."""

PALE: Final = 40
"""Grey levels that part ink from paper below which ink may be grain; coarser grain is rare."""

LONGEST: Final = 1200
"""Pixels on the long side of an input about as high as wide beyond which little ink makes it a page."""

FLATTEST: Final = 0.85
"""Share of its width up to which a crop's height may go at any resolution, with any ink."""

LEAST_INKED: Final = 0.04
"""Share of its box that the ink of a larger, higher input has at least: 1 in 20 of the labelled crops that
are about as high as wide has less, and of pages askew whose edges are seen, and little else, all have."""

GLANCE: Final = 256
"""Pixels on the long side at which an input is glanced at first: nearly all pages are known by that."""

FAINTEST: Final = 6
"""Grey levels by which ink must be darker than its paper; less is grain."""

Grey = NDArray[np.uint8]

Rectangle = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


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
        page: Grey uint8 (height, width), ink dark on light.

    Returns:
        The crop; None where the input is a page, or blank but for what a scanner leaves.
    """
    if max(page.shape) >= 2 * GLANCE and _full_of_writing(page):
        return None
    inked = _inked(page)
    if inked is None:
        return None
    if inked.covered() >= CLOSE or not inked.alone():
        return inked.crop() if inked.covered() >= LEAST_COVERED else None
    rows, columns = inked.close()
    close = _inked(page[rows, columns])
    crop = close.crop() if close else None
    return crop.moved(columns.start, rows.start) if crop else None


@dataclass(frozen=True, slots=True)
class _Inked:
    """Ink between the rules along the ends of an input, at the working size.

    Attributes:
        rows: Rows between the rules, in pixels of the input.
        columns: The same of columns.
        size: Height and width of what lies between them, at the working size.
        scale: Pixels of the input, across and down, for one at the working size.
        pieces: Connected pieces of ink, of `_pieces`.
        letters: Those left without rules, one at least.
    """

    rows: slice
    columns: slice
    size: tuple[int, ...]
    scale: tuple[float, float]
    pieces: NDArray[np.int32]
    letters: NDArray[np.int32]

    def box(self) -> NDArray[np.int32]:
        """First and one-past-last x and y, (2, 2), of all ink, at the working size."""
        firsts, lasts = self.pieces[:, :2], self.pieces[:, :2] + self.pieces[:, 2:4]
        return np.stack([firsts.min(axis=0), lasts.max(axis=0)])

    def covered(self) -> float:
        """Share that the ink's box has."""
        width, height = np.diff(self.box(), axis=0)[0]
        return float(width * height / math.prod(self.size))

    def large(self) -> bool:
        """Whether the input is as large and high as pages are."""
        height, width = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        return bool(max(height, width) > LONGEST and height > FLATTEST * width)

    def alone(self) -> bool:
        """Whether ink with much paper around it is not what scanners leave on a blank page."""
        (first, last), longest = self.box(), max(self.size)
        width, height = last - first
        clear = min(*first, *(self.size[::-1] - last))
        large = max(width, height) >= LARGE * longest
        return bool(large and clear >= CLEAR * longest and height <= UPRIGHT * width)

    def close(self) -> tuple[slice, slice]:
        """Rows and columns of the input close to the ink."""
        first, last = self.box()
        margin = MARGIN * (last - first)
        size = np.array((self.columns.stop - self.columns.start, self.rows.stop - self.rows.start))
        x0, y0 = np.maximum((first - margin) * self.scale, 0).astype(int).tolist()
        x1, y1 = np.minimum(np.ceil((last + margin) * self.scale).astype(int), size).tolist()
        return _moved(slice(y0, y1), self.rows.start), _moved(slice(x0, x1), self.columns.start)

    def crop(self) -> SingleCrop | None:
        """What is judged, if its letters are few and tall."""
        if self.large() and self.pieces[:, 4].sum() < LEAST_INKED * np.prod(np.diff(self.box(), axis=0)):
            return None
        if len(self.letters) > MOST_PIECES or _height(self.letters) < TALL * math.sqrt(math.prod(self.size)):
            return None
        (x0, y0), (x1, y1) = (self.box() * self.scale + (self.columns.start, self.rows.start)).tolist()
        return SingleCrop((x0, y0, x1, y1), self.rows, self.columns)


def _inked(page: Grey) -> _Inked | None:
    """The ink of an input; None of one that has none, or as many lines as a page."""
    import cv2

    height, width = page.shape
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = resized(page, size[1], size[0])
    darker = _darker(small)
    if _lines(_without_grain(darker)) > MOST_LINES:
        return None
    rows, columns = within(_faint_ink(darker))
    inside = small[rows, columns]
    if inside.shape != small.shape:
        darker = _darker(inside)
    if not darker.size or darker.max() < FAINTEST or _lines(_without_grain(darker)) > MOST_LINES:
        return None
    contrast, ink = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if contrast < PALE and np.mean(ink) > MOST_INKED:
        return None
    across, down = rules(np.asarray(ink, np.uint8))
    letters = _pieces(without(across | down, ink))
    if not len(letters):
        return None
    x, y = width / size[0], height / size[1]
    return _Inked(_enlarged(rows, y), _enlarged(columns, x), darker.shape, (x, y), _pieces(ink), letters)


def _full_of_writing(page: Grey) -> bool:
    """Whether there are too many lines or words for a crop, at a glance."""
    every = max(page.shape) // GLANCE
    darker = _darker(np.ascontiguousarray(page[::every, ::every]), STROKE // 2)
    return _lines(_without_grain(darker)) > MOST_LINES or len(_pieces(_faint_ink(darker))) > MOST_PIECES


def _darker(small: Grey, stroke: int = STROKE) -> Grey:
    """Grey levels by which each pixel is darker than paper: what is broader than a stroke is paper."""
    import cv2

    if not small.size:
        return small
    window = np.ones((stroke, stroke), np.uint8)
    return np.asarray(cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, window), np.uint8)


def _faint_ink(darker: Grey) -> Grey:
    """1 from half the contrast on that parts ink from paper, 0 elsewhere."""
    import cv2

    contrast, _ = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(darker > max(FAINTEST, contrast / 2), np.uint8)


def _without_grain(darker: Grey) -> Grey:
    """Faint ink that is no grain."""
    import cv2

    return _faint_ink(np.asarray(cv2.GaussianBlur(darker, (3, 3), 0), np.uint8))


def _pieces(ink: cv2.typing.MatLike) -> NDArray[np.int32]:
    """Connected pieces of ink, (n, 5): left, top, width, height and pixels of each."""
    import cv2

    pieces = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    return np.asarray(pieces[pieces[:, cv2.CC_STAT_AREA] >= LEAST_PIECE], np.int32)


def _lines(ink: Grey) -> int:
    """Pieces of ink below one another, in the fullest tenth of columns at least so many."""
    begins = np.count_nonzero(ink[1:] > ink[:-1], axis=0)
    tenth = len(begins) // 10
    return int(np.partition(begins, -1 - tenth)[-1 - tenth])


def _height(pieces: NDArray[np.int32]) -> float:
    """Height below which a quarter of the ink is."""
    lowest_first = pieces[np.argsort(pieces[:, 3])]
    filled = np.cumsum(lowest_first[:, 4])
    return float(lowest_first[np.searchsorted(filled, filled[-1] / 4), 3])


def _enlarged(part: slice, scale: float) -> slice:
    return slice(round(part.start * scale), round(part.stop * scale))


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
