"""What benchmarks call the arrays they change."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A grey page or crop, (height, width)."""

Boxes = NDArray[np.float64]
"""Boxes in pixels, (n, 4), of x0, y0, x1, y1."""
