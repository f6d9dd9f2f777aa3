"""Parts cut out of pages, such as the block that is signed, put in the middle of a page of paper.

Everything on such a part is larger than on a whole page, and stands where a page has it only by chance: the
networks learnt from whole pages.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.levels import counted
from model.proposer import paper_level
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
        The page, with how much of the part lies to the left of it and above it, so below zero; None for what
        is no part, or larger than pages are judged at.
    """
    height, width = part.shape
    if height >= BROAD * width or max(height, width) > PAGE_LONG_SIDE:
        return None
    wide = round(LARGER * width)
    high = round(LETTER * wide)
    page = np.full((high, wide), paper_level(counted(part, 4)), np.uint8)
    left, top = (wide - width) // 2, (high - height) // 2
    page[top : top + height, left : left + width] = part
    return Sheet(page, -left, -top)
