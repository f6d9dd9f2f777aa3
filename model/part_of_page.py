"""Parts cut out of pages, such as the block that is signed, put in the middle of a page of paper.

Everything on such a part is larger than on a whole page, and stands where a page has it only by chance: the
networks learnt from whole pages.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.levels import counted
from model.proposer import paper_level, resized
from model.sheet import Sheet
from model.values import PAGE_LONG_SIDE

BROAD: Final = 1.2
"""What is less high than so many times its width is no upright page; it may be a landscape one."""

LARGER: Final = 2.0
"""Width of the page over that of the part: 1.4 and 1.6 find fewer signatures."""

LETTER: Final = 11 / 8.5
"""Height of a letter page over its width."""


def on_a_page(part: NDArray[np.uint8]) -> Sheet | None:
    """Puts what may be a part of a page on a page.

    Args:
        part: Grey uint8 (height, width), ink dark on light.

    Returns:
        The page, no larger than pages are judged at, with where it begins in the part, so below zero; None
        for what is no part.
    """
    height, width = part.shape
    if height >= BROAD * width:
        return None
    scale = min(1.0, PAGE_LONG_SIDE / (LETTER * LARGER * width))
    high, wide = max(1, round(scale * height)), max(1, round(scale * width))
    shape = round(LETTER * LARGER * wide), round(LARGER * wide)
    page = np.full(shape, paper_level(counted(part, 4)), np.uint8)
    top, left = (shape[0] - high) // 2, (shape[1] - wide) // 2
    page[top : top + high, left : left + wide] = resized(part, high, wide) if scale < 1 else part
    return Sheet(page, -left / scale, -top / scale, scale)
