"""Grey levels of pictures: how many pixels have each, and below which a share of them lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def counted(picture: NDArray[np.uint8], every: int) -> NDArray[np.intp]:
    """How many pixels have each of the 256 grey levels.

    Args:
        picture: Grey uint8 (height, width).
        every: One pixel in so many is counted, across and down.

    Returns:
        (256,).
    """
    return np.bincount(picture[::every, ::every].ravel(), minlength=256)


def level(counts: NDArray[np.intp], share: float) -> int:
    """The grey level that a share of pixels are as dark as, or darker.

    Args:
        counts: Of `counted`.
        share: Between 0 and 1.

    Returns:
        0 to 255; 0 where nothing was counted.
    """
    below = counts.cumsum()
    return int(np.searchsorted(below, share * below[-1]))
