"""The ink of an input that may be one cropped word or signature, between the rules along its ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

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

MOST_LINES: Final = 12
"""Pieces of ink below one another in the fullest tenth of a crop's columns, at half the contrast that parts
ink from paper; a labelled crop has at most 9. Pages whose words and rules flow together, or that lie in a
shadow, have few pieces, but mostly 15 lines and more."""

MOST_INKED: Final = 0.37
"""Share of a pale crop that is ink at most; labelled crops have up to 0.35, paper's grain 0.38 and more."""

PALE: Final = 40
"""Grey levels that part ink from paper below which ink may be grain; coarser grain is rare."""

FAINTEST: Final = 6
"""Grey levels by which ink must be darker than its paper; less is grain."""

GLANCE: Final = 256
"""Pixels on the long side at which an input is glanced at first: nearly all pages are known by that."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CropInk:
    """Ink between the rules along the ends of an input, at the working size.

    Attributes:
        rows: Rows between the rules, in pixels of the input.
        columns: The same of columns.
        size: Height and width of what lies between them, at the working size.
        scale: Pixels of the input, across and down, for one at the working size.
        pieces: Connected pieces of ink, int32 (n, 5): left, top, width, height and pixels of each.
        letters: Those left without rules, one at least.
        box: First and one-past-last x and y of all ink, int32 (2, 2).
    """

    rows: slice
    columns: slice
    size: tuple[int, ...]
    scale: tuple[float, float]
    pieces: NDArray[np.int32]
    letters: NDArray[np.int32]
    box: NDArray[np.int32]

    @classmethod
    def of(cls, page: Grey) -> Self | None:
        """Looks for it.

        Args:
            page: Grey uint8 (height, width), ink dark on light, of one pixel at least.

        Returns:
            The ink; None of an input that has none, is all grain, or has as many lines as a page.
        """
        height, width = page.shape
        reduced = min(1.0, WORKING_SIDE / max(height, width))
        small = resized(page, max(1, round(height * reduced)), max(1, round(width * reduced)))
        between = _between_rules(small)
        if between is None:
            return None
        rows, columns, ink = between
        across, down = rules(ink)
        pieces, letters = _pieces(ink), _pieces(without(across | down, ink))
        if not len(letters):
            return None
        box = np.stack([pieces[:, :2].min(axis=0), (pieces[:, :2] + pieces[:, 2:4]).max(axis=0)])
        scale = width / small.shape[1], height / small.shape[0]
        seen = _enlarged(rows, scale[1]), _enlarged(columns, scale[0])
        return cls(*seen, ink.shape, scale, pieces, letters, box)

    def covered(self) -> float:
        """Share of what lies between the rules that the ink's box takes."""
        return float(np.prod(self.box[1] - self.box[0]) / math.prod(self.size))

    def filled(self) -> float:
        """Share of its box that the ink takes."""
        return float(self.pieces[:, 4].sum() / np.prod(self.box[1] - self.box[0]))

    def tall(self) -> float:
        """Height below which a quarter of the ink of all letters is, over the root of the input's area."""
        lowest_first = self.letters[np.argsort(self.letters[:, 3])]
        filled = np.cumsum(lowest_first[:, 4])
        height = lowest_first[np.searchsorted(filled, filled[-1] / 4), 3]
        return float(height / math.sqrt(math.prod(self.size)))


def full_of_writing(page: Grey) -> bool:
    """Tells a page at a glance.

    Args:
        page: Grey uint8 (height, width), ink dark on light, of twice `GLANCE` on its long side at least.

    Returns:
        Whether there are too many lines or words for a crop.
    """
    import cv2

    every = max(page.shape) // GLANCE
    darker = _darker(np.ascontiguousarray(page[::every, ::every]), STROKE // 2)
    # So small a picture has fewer pieces than 16 bits can count, which takes less than half the time.
    return _has_lines(darker) or len(_pieces(_faint_ink(darker), cv2.CV_16U)) > MOST_PIECES


def _between_rules(small: Grey) -> tuple[slice, slice, Grey] | None:
    """Rows and columns between the rules along the ends, and the ink there, 0 or 1; None is no crop's."""
    import cv2

    darker = _darker(small)
    if _has_lines(darker):
        return None
    rows, columns = within(_faint_ink(darker))
    inside = small[rows, columns]
    if inside.shape != small.shape:
        darker = _darker(inside) if inside.size else inside
        if not darker.size or _has_lines(darker):
            return None
    contrast, ink = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if darker.max() < FAINTEST or (contrast < PALE and np.mean(ink) > MOST_INKED):
        return None
    return rows, columns, np.asarray(ink, np.uint8)


def _darker(small: Grey, stroke: int = STROKE) -> Grey:
    """Grey levels by which each pixel is darker than paper: what is broader than a stroke is paper."""
    import cv2

    window = np.ones((stroke, stroke), np.uint8)
    return np.asarray(cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, window), np.uint8)


def _faint_ink(darker: Grey) -> Grey:
    """1 from half the contrast on that parts ink from paper, 0 elsewhere."""
    import cv2

    contrast, _ = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(darker > max(FAINTEST, contrast / 2), np.uint8)


def _has_lines(darker: Grey) -> bool:
    """Whether so many pieces of faint ink lie below one another as only pages have; grain is none."""
    import cv2

    ink = _faint_ink(np.asarray(cv2.GaussianBlur(darker, (3, 3), 0), np.uint8))
    begins = np.count_nonzero(ink[1:] > ink[:-1], axis=0)
    tenth = len(begins) // 10
    return bool(np.partition(begins, -1 - tenth)[-1 - tenth] > MOST_LINES)


def _pieces(ink: cv2.typing.MatLike, labels: int | None = None) -> NDArray[np.int32]:
    """Connected pieces of ink, (n, 5): left, top, width, height and pixels of each."""
    import cv2

    labels = cv2.CV_32S if labels is None else labels
    pieces = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=labels)[2][1:]
    return np.asarray(pieces[pieces[:, cv2.CC_STAT_AREA] >= LEAST_PIECE], np.int32)


def _enlarged(part: slice, scale: float) -> slice:
    return slice(round(part.start * scale), round(part.stop * scale))
