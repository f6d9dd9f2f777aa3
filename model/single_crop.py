"""Tells an input that is one cropped word or signature from a page."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

WORKING_SIDE: Final = 256
"""Long side at which the ink is looked at."""

STROKE: Final = 15
"""Broader than any stroke at that size; what is broader is paper or shadow."""

LEAST_PIECE: Final = 3
"""Pixels of a connected piece of ink; smaller ones are specks."""

MOST_PIECES: Final = 45
"""Of the labelled crops 1 in 50 has more; of the labelled pages none that is not nearly blank has fewer."""

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
        Box of the ink in pixels, or None where the input is a page, or blank.
    """
    import cv2

    height, width = page.shape
    if max(height, width) > LONGEST and height > FLATTEST * width:
        return None
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    darker = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((STROKE, STROKE), np.uint8))
    _, ink = cv2.threshold(darker, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, _, pieces, _ = cv2.connectedComponentsWithStats(np.asarray(ink, np.uint8), connectivity=8)
    pieces = pieces[1:][pieces[1:, cv2.CC_STAT_AREA] >= LEAST_PIECE]
    if not 0 < len(pieces) <= MOST_PIECES or darker.max() < FAINTEST:
        return None
    low, high = pieces[:, :2].min(axis=0), (pieces[:, :2] + pieces[:, 2:4]).max(axis=0)
    x, y = width / size[0], height / size[1]
    return float(low[0] * x), float(low[1] * y), float(high[0] * x), float(high[1] * y)
