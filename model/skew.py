"""How far a page lies askew, told by its lines of writing.

Summed along its lines, a page is full and empty by turns; askew, every sum crosses some lines. So its rows
are summed at many slants, and the slant at which the sums vary most, over the distances that lines have, is
the page's (Postl 1986, "Detection of linear oblique structures and skew scan in digitized documents"). The
columns are summed as well: a page that was scanned sideways has its lines there.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.values import Rectangle

REDUCED: Final = 4
"""Canvas pixels, across and down, that are summed before: lines of writing are 8 pixels and more apart."""

BROADEST: Final = 3
"""Of those pixels, across and down, that writing is broad: what is broader is a shadow, a desk, a picture."""

DARKEST: Final = 64
"""Ink that no such pixel counts beyond: a few black ones tell less than a page of writing."""

STRIP: Final = 2
"""Such pixels of a row that are moved together. Were they more, a page whose lines are as far apart as one
strip is moved against the next would look straight at another slant, too."""

ROWS: Final = 256
"""Rows of a picture, with nothing below its own: a canvas has 208 at most, and slanted ones go round."""

WAVES: Final = range(16, 112)
"""Waves over so many rows that lines of writing make: they are 9 to 64 canvas pixels apart."""

SLANTS: Final = tuple(1.5 * step for step in range(-30, 31))
"""Degrees tried: with quarter turns, all there are. A page half a step off is as good as straight."""

STRAIGHT: Final = 2.0
"""Degrees up to which a page counts as straight when slants are compared."""

LEAST: Final = 4.0
"""Degrees from which a page is turned: the networks know pages a little askew."""

CLEARER: Final = 1.5
"""How many times as much the sums must vary as on the page as it lies."""


def skew(ink: NDArray[np.uint8]) -> float:
    """How far the lines of a page are turned.

    Args:
        ink: Of the page's canvas, uint8 (height, width), see `model.proposer.Canvas`.

    Returns:
        Degrees counterclockwise, of SLANTS; 0 where it is straight, or cannot be told.
    """
    import cv2

    small = cv2.resize(ink, None, fx=1 / REDUCED, fy=1 / REDUCED, interpolation=cv2.INTER_AREA)
    brush = np.ones((BROADEST, BROADEST), np.uint8)
    fine = cv2.morphologyEx(small, cv2.MORPH_TOPHAT, brush, borderType=cv2.BORDER_REPLICATE)
    lines = np.minimum(fine, DARKEST)
    # A line that rises to the right among rows falls among the columns of the page's transpose.
    clear = np.maximum(_clearness(lines), _clearness(np.ascontiguousarray(lines.T))[::-1])
    best = int(clear.argmax())
    straight = clear[np.abs(SLANTS) <= STRAIGHT].max()
    told = clear[best] >= CLEARER * max(straight, 1)
    return SLANTS[best] if told and abs(SLANTS[best]) >= LEAST else 0.0


def _clearness(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Power of the waves that the sums of a picture's rows make, at each of SLANTS."""
    import cv2

    high, strips = picture.shape[0], picture.shape[1] // STRIP
    seen = cv2.resize(picture, (strips, high), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = np.fft.rfft(seen, n=ROWS, axis=0)[WAVES.start : WAVES.stop].astype(np.complex64)
    sums = _slanted(strips) @ waves[:, :, np.newaxis]
    return np.asarray(np.square(np.abs(sums)).sum(axis=(0, 2)), np.float32)


@cache
def _slanted(strips: int) -> NDArray[np.complex64]:
    """What moving the strips of a picture to each of SLANTS does to its waves, (waves, slants, strips)."""
    across = STRIP * (np.arange(strips) - (strips - 1) / 2)
    moved = np.tan(np.radians(SLANTS))[:, np.newaxis] * across
    turned = np.exp(-2j * np.pi / ROWS * np.multiply.outer(np.array(WAVES), moved))
    return np.asarray(turned, np.complex64)


def straightened(page: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """A page turned back, all of it, beyond its edges as grey as they are.

    Args:
        page: Grey uint8 (height, width), ink dark on light.
        degrees: Of `skew`.

    Returns:
        The page with its lines along rows or columns, somewhat larger.
    """
    import cv2

    height, width = page.shape
    (across, down), turn = _turn(degrees, height, width)
    edges = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    beyond = (float(np.median(edges)),)
    return np.asarray(cv2.warpAffine(page, turn, (across, down), borderValue=beyond), np.uint8)


def as_skewed(box: Rectangle, degrees: float, shape: tuple[int, ...]) -> Rectangle:
    """Where a box of a straightened page lies on the page as it was.

    Args:
        box: x0, y0, x1, y1 in pixels of the straightened page.
        degrees: That `straightened` was given.
        shape: Height and width of the page as it was.

    Returns:
        The upright rectangle around it there, in pixels, within the page.
    """
    import cv2

    height, width = shape
    _, turn = _turn(degrees, height, width)
    x0, y0, x1, y1 = box
    corners = np.array([[x0, y0, 1], [x1, y0, 1], [x1, y1, 1], [x0, y1, 1]])
    there = np.clip(corners @ cv2.invertAffineTransform(turn).T, 0, (width, height))
    left, top = there.min(axis=0).tolist()
    right, bottom = there.max(axis=0).tolist()
    return left, top, right, bottom


def _turn(degrees: float, height: int, width: int) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """Width and height of a page turned back by some degrees, and the matrix (2, 3) that does so."""
    import cv2

    turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0), np.float64)
    across, down = np.ceil(np.abs(turn[:, :2]) @ (width, height)).astype(int).tolist()
    turn[:, 2] += (across - width) / 2, (down - height) / 2
    return (across, down), turn
