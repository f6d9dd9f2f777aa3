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

LEAST_COVERED: Final = 0.08
"""Share of a crop that the box of its ink covers at least: people cut closely, and labelled crops have 0.1
and more. Less is a page, blank perhaps but for the edge of a scan, a hole or a bent corner."""

MOST_INKED: Final = 0.37
"""Share of a pale crop that is ink at most; labelled crops have up to 0.35, paper's grain 0.38 and more."""

PALE: Final = 40
"""Grey levels that part ink from paper below which ink may be grain; coarser grain is rare."""

LONGEST: Final = 1200
"""Pixels on the long side of a crop that is about as high as wide; a larger one is a nearly blank page."""

FLATTEST: Final = 0.85
"""Share of its width up to which a crop's height may go at any resolution."""

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
        rows: Rows of the input that are judged: all but rules along its ends, and what is outside of these.
        columns: The same of its columns.
    """

    ink: Rectangle
    rows: slice
    columns: slice


def single_crop(page: NDArray[np.uint8]) -> SingleCrop | None:
    """Finds out whether an input is a single word, line or signature.

    Args:
        page: Grey uint8 (height, width), ink dark on light.

    Returns:
        The crop; None where the input is a page, or blank but for what a scanner leaves.
    """
    height, width = page.shape
    if max(height, width) > LONGEST and height > FLATTEST * width:
        return None
    if max(height, width) >= 2 * GLANCE and _full_of_writing(page):
        return None
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = resized(page, size[1], size[0])
    darker = _darker(small)
    if _lines(darker) > MOST_LINES:
        return None
    rows, columns = within(_faint_ink(darker))
    inside = small[rows, columns]
    if inside.shape != small.shape:
        darker = _darker(inside)
    box = _ink_box(darker)
    if box is None:
        return None
    x, y = width / size[0], height / size[1]
    (x0, y0), (x1, y1) = (np.add(box, (columns.start, rows.start)) * (x, y)).tolist()
    return SingleCrop((x0, y0, x1, y1), _enlarged(rows, y), _enlarged(columns, x))


def _full_of_writing(page: Grey) -> bool:
    """Whether there are too many lines or words for a crop, at a glance."""
    every = max(page.shape) // GLANCE
    darker = _darker(np.ascontiguousarray(page[::every, ::every]), STROKE // 2)
    return _lines(darker) > MOST_LINES or len(_pieces(_faint_ink(darker))) > MOST_PIECES


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


def _ink_box(darker: Grey) -> NDArray[np.int32] | None:
    """First and one-past-last x and y, (2, 2), of the ink of a crop; None of what is no crop."""
    import cv2

    if not darker.size or darker.max() < FAINTEST or _lines(darker) > MOST_LINES:
        return None
    contrast, ink = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if contrast < PALE and np.mean(ink) > MOST_INKED:
        return None
    pieces = _pieces(ink)
    across, down = rules(np.asarray(ink, np.uint8))
    letters = _pieces(without(across | down, ink))
    if not 0 < len(letters) <= MOST_PIECES or _height(letters) < TALL * math.sqrt(darker.size):
        return None
    corners = np.stack([pieces[:, :2].min(axis=0), (pieces[:, :2] + pieces[:, 2:4]).max(axis=0)])
    return corners if np.prod(corners[1] - corners[0]) >= LEAST_COVERED * darker.size else None


def _pieces(ink: cv2.typing.MatLike) -> NDArray[np.int32]:
    """Connected pieces of ink, (n, 5): left, top, width, height and pixels of each."""
    import cv2

    pieces = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    return np.asarray(pieces[pieces[:, cv2.CC_STAT_AREA] >= LEAST_PIECE], np.int32)


def _lines(darker: Grey) -> int:
    """Pieces of ink below one another, in the fullest tenth of columns at least so many."""
    import cv2

    ink = _faint_ink(np.asarray(cv2.GaussianBlur(darker, (3, 3), 0), np.uint8))  # grain is no line
    begins = ink[1:] > ink[:-1]
    return int(np.percentile(begins.sum(axis=0), 90, method="lower"))


def _height(pieces: NDArray[np.int32]) -> float:
    """Height below which a quarter of the ink is."""
    lowest_first = pieces[np.argsort(pieces[:, 3])]
    filled = np.cumsum(lowest_first[:, 4])
    return float(lowest_first[np.searchsorted(filled, filled[-1] / 4), 3])


def _enlarged(part: slice, scale: float) -> slice:
    return slice(round(part.start * scale), round(part.stop * scale))
