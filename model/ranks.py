"""Values at given ranks, by counting: `np.partition` took more time than all else that is done to a crop."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_SORTED_AT_ONCE: Final = 4096
"""Values that are sorted sooner than they are counted."""


def ranked(ink: NDArray[np.float32], ranks: tuple[int, ...]) -> list[float]:
    """Values that would stand at some ranks if all were sorted.

    Args:
        ink: Shape (height, width), in [0, 1].
        ranks: From 0 to the number of values less one.

    Returns:
        One value for each rank.
    """
    grey, upto = _levels(ink, 0.0, 1.0, None)
    return [_at_rank(ink, rank, grey, upto) for rank in ranks]


def _at_rank(ink: NDArray[np.float32], rank: int, grey: NDArray[np.uint8], upto: NDArray[np.intp]) -> float:
    """Counts ever finer levels around the rank until few values share one, or all of them are equal."""
    among = np.ones(ink.shape, np.bool_)
    while True:
        level = int(np.searchsorted(upto, rank, side="right"))
        rank -= int(upto[level - 1]) if level else 0
        among &= grey == level
        if np.count_nonzero(among) <= _SORTED_AT_ONCE:
            return float(np.partition(ink[among], rank)[rank])
        mask = among.view(np.uint8)
        low, high, *_ = cv2.minMaxLoc(ink, mask)
        if low == high:
            return float(low)
        grey, upto = _levels(ink, low, high, mask)


def _levels(
    ink: NDArray[np.float32], low: float, high: float, among: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Ink rounded to 256 levels between two values, which keeps its order; how many are at most at each."""
    above = np.maximum(ink - np.float32(low), 0) if low else ink
    grey = np.asarray(cv2.convertScaleAbs(above, alpha=255 / (high - low)), np.uint8)
    counts = np.asarray(cv2.calcHist([grey], [0], among, [256], [0, 256]))
    return grey, np.cumsum(counts.ravel(), dtype=np.intp)
