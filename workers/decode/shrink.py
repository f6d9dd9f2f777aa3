"""Pages no larger than the model looks at."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.values import PAGE_LONG_SIDE

_LINEAR_UP_TO = 1.5
"""Up to this reduction bilinear sampling still sees every pixel of a thin stroke; beyond it, average.

Measured on A4 at 300 dpi: exact halves 0.6 ms, bilinear 1 ms, area averaging at any other ratio 13 ms.
"""

cv2.setNumThreads(1)  # a decoder has one core to itself; more threads would only fight over it


def shrink(grey: NDArray[np.uint8], *, aspect: float = 1.0) -> NDArray[np.uint8]:
    """Reduces a page so that its long side is at most `PAGE_LONG_SIDE`; smaller pages keep their size.

    Args:
        grey: (height, width) uint8.
        aspect: Width of a pixel over its height on paper; a fax in coarse mode has 98 / 204.

    Returns:
        (height, width) uint8, contiguous, with square pixels.
    """
    height, width = grey.shape
    # The finer direction is the true resolution, so the coarser one is stretched and no detail is lost.
    square = width * max(aspect, 1.0), height * max(1 / aspect, 1.0)
    scale = min(1.0, PAGE_LONG_SIDE / max(square))
    target = max(1, round(square[0] * scale)), max(1, round(square[1] * scale))
    factor = min(width // target[0], height // target[1])
    if factor > 1:
        grey = _by_whole_factor(grey, factor)
    if grey.shape[::-1] != target:
        ratio = max(grey.shape[1] / target[0], grey.shape[0] / target[1])
        method = cv2.INTER_LINEAR if ratio <= _LINEAR_UP_TO else cv2.INTER_AREA
        grey = cv2.resize(grey, target, interpolation=method)
    return np.ascontiguousarray(grey)


def _by_whole_factor(grey: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages squares of `factor` pixels, which OpenCV does twenty times faster than any other ratio."""
    height, width = grey.shape[0] // factor, grey.shape[1] // factor
    whole = grey[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
