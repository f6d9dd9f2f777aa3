"""Pages in a shadow, or pale all over, as they look in even light and full contrast."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.levels import counted, level
from model.proposer import DARKEST_PAPER, PAPER

REDUCED: Final = 8
"""Pixels, across and down, of which one is looked at for the paper."""

BROADEST: Final = 5
"""Of those, across and down, that writing is broad: what is lighter around it is the paper."""

SMOOTH: Final = 3.0
"""Spread of the blur over the paper, in those."""

UNEVEN: Final = 0.75
"""Share of its lightest tenth that a page's darkest tenth of paper has at most if there is a shadow."""

DARK_SHARE: Final = 0.002
"""Share of a page's pixels that are as dark as its ink."""

PALE: Final = 100
"""Grey levels between paper and ink up to which a page is pale."""

BLANK: Final = 10
"""Grey levels up to which there is no ink, but grain."""

FULL: Final = 200
"""Grey levels between paper and ink that a pale page is given."""


def evenly_lit(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page without shadows and paleness.

    Args:
        page: Grey uint8 (height, width), ink dark on light.

    Returns:
        The page, its paper white where there was a shadow, its ink dark where it was pale; the very same
        array where there was nothing to do.
    """
    return _contrasted(_without_shadow(page))


def _without_shadow(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    brush = np.ones((BROADEST, BROADEST), np.uint8)
    paper = cv2.morphologyEx(np.ascontiguousarray(page[::REDUCED, ::REDUCED]), cv2.MORPH_CLOSE, brush)
    seen = counted(paper, 1)
    if level(seen, 0.1) >= UNEVEN * level(seen, 0.9):
        return page
    smooth = cv2.GaussianBlur(np.maximum(paper, DARKEST_PAPER), (0, 0), SMOOTH)
    there = cv2.resize(smooth, page.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(page, there, scale=255), np.uint8)


def _contrasted(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    seen = counted(page, REDUCED)
    ink, paper = level(seen, DARK_SHARE), level(seen, PAPER)
    if not BLANK <= paper - ink < PALE:
        return page
    darker = 255 - (paper - np.arange(256)) * (FULL / (paper - ink))
    return np.asarray(cv2.LUT(page, np.clip(darker, 0, 255).astype(np.uint8)), np.uint8)
