"""Tells an input that is one cropped word or signature from a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import cv2

WORKING_SIDE: Final = 512
"""Long side at which the ink is looked at."""

STROKE: Final = 31
"""Broader than any stroke at that size; what is broader is paper or shadow."""

LEAST_PIECE: Final = 3
"""Pixels of a connected piece of ink; smaller ones are specks."""

RULE: Final = 64
"""Pixels of a straight run across or down that is a rule or a frame: it joins the words of a whole form."""

MOST_PIECES: Final = 80
"""Pieces of a crop without its rules; 1 labelled crop in 500 has more, and of the pages 9 in 10."""

TALL: Final = 0.035
"""Height of the lowest pieces that hold a quarter of the ink, over the root of the input's area: letters fill
a crop, and are low on a page. It is less in 1 labelled crop in 700, and more on 1 page in 70."""

MOST_LINES: Final = 15
"""Pieces of ink below one another in the fullest tenth of a crop's columns, at half the contrast that parts
ink from paper; a labelled crop has at most 12. Pages whose words and rules flow together, or that lie in a
shadow, have few pieces, but 19 lines and more."""

LEAST_COVERED: Final = 0.08
"""Share of a crop that the box of its ink covers at least: people cut closely, and labelled crops have 0.1
and more. Less is a page, blank perhaps but for the edge of a scan, a hole or a bent corner."""

LONGEST: Final = 1200
"""Pixels on the long side of a crop: a nearly blank page has few pieces too, but was scanned as a page."""

FLATTEST: Final = 0.5
"""A strip whose height is less than this share of its width is a crop at any resolution."""

FAINTEST: Final = 6
"""Grey levels by which ink must be darker than its paper; less is grain."""

Rectangle = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


def single_crop(page: NDArray[np.uint8]) -> Rectangle | None:
    """The ink of an input that is a single word, line or signature.

    Args:
        page: Grey uint8 (height, width), ink dark on light.

    Returns:
        Box of the ink in pixels, or None where the input is a page, or blank but for what a scanner leaves.
    """
    import cv2

    height, width = page.shape
    if max(height, width) > LONGEST and height > FLATTEST * width:
        return None
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    darker = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((STROKE, STROKE), np.uint8))
    contrast, ink = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    pieces = _pieces(ink)
    if not len(pieces) or darker.max() < FAINTEST:
        return None
    if _lines(darker > max(FAINTEST, contrast / 2)) > MOST_LINES:
        return None
    letters = _pieces(_without_rules(ink))
    if not 0 < len(letters) <= MOST_PIECES or _height(letters) < TALL * math.sqrt(size[0] * size[1]):
        return None
    low, high = pieces[:, :2].min(axis=0), (pieces[:, :2] + pieces[:, 2:4]).max(axis=0)
    if np.prod(high - low) < LEAST_COVERED * size[0] * size[1]:
        return None
    x, y = width / size[0], height / size[1]
    return float(low[0] * x), float(low[1] * y), float(high[0] * x), float(high[1] * y)


def _pieces(ink: cv2.typing.MatLike) -> NDArray[np.int32]:
    """Connected pieces of ink, (n, 5): left, top, width, height and pixels of each."""
    import cv2

    pieces = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    return np.asarray(pieces[pieces[:, cv2.CC_STAT_AREA] >= LEAST_PIECE], np.int32)


def _without_rules(ink: cv2.typing.MatLike) -> cv2.typing.MatLike:
    import cv2

    across, down = (
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(run, np.uint8)) for run in ((1, RULE), (RULE, 1))
    )
    return cv2.subtract(ink, cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8)))


def _lines(ink: NDArray[np.bool_]) -> int:
    """Pieces of ink below one another, in the fullest tenth of columns at least so many."""
    begins = ink[1:] & ~ink[:-1]
    return int(np.percentile(begins.sum(axis=0), 90, method="lower"))


def _height(pieces: NDArray[np.int32]) -> float:
    """Height below which a quarter of the ink is."""
    lowest_first = pieces[np.argsort(pieces[:, 3])]
    filled = np.cumsum(lowest_first[:, 4])
    return float(lowest_first[np.searchsorted(filled, filled[-1] / 4), 3])
