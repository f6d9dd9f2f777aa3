"""From the pixels of a region to what the crop networks see: ink on nothing, realigned, at one size.

Paper gives the source of a scan away (beige, grey, 1-bit white), and a network that learns paper fails on
any other. So the paper is estimated and divided out, the contrast is stretched and the crop is realigned to
its ink before anything is learnt or judged. `model.serving` repeats these steps in TensorFlow for the
exported model; a test holds the two together.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.ranks import ranked

HEIGHT: Final = 64
WIDTH: Final = 176
"""Pixels of a network input: signatures and words are two to three times wider than high."""

MARGIN: Final = 3
"""Empty pixels kept around the ink, so that a small rotation or shift loses nothing."""

WORKING_SIDE: Final = 256
"""Long side that a crop is reduced to first: well above the network's; more only costs time."""

PAPER_WINDOW: Final = 25
"""Window of the paper estimate at the working size; wider than the broadest pen stroke there."""

LEAST_CONTRAST: Final = 0.12
"""Ink fainter than this against its paper is not stretched to black: a blank crop stays blank."""

MOST_GRAIN: Final = 0.4
"""Paper grain, twice the median of the ink, is taken off up to this share of the darkest ink."""

INK_TRIM: Final = 0.002
"""Share of the ink that may lie outside on each side when the crop is realigned; it absorbs specks."""

NOISE: Final = 0.10
"""Stretched ink below this is nothing."""

_BELOW_NOISE: Final = float(np.nextafter(np.float32(NOISE), np.float32(0)))

_WINDOW: Final = np.ones((PAPER_WINDOW, PAPER_WINDOW), np.uint8)

BLUR_THRESHOLD: Final = 0.015
"""Least `sharpness` of a crop worth learning from; below it strokes melt into each other."""


def normalise(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brings a crop to the form the crop networks are trained on.

    Args:
        crop: Grey, shape (height, width), dark ink on light paper, any size from 1 x 1.

    Returns:
        Ink, shape (HEIGHT, WIDTH): 0 where there is none, 255 at its darkest, centred, with MARGIN around it.
    """
    return place(inked(crop))


def inked(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Takes the paper off a crop.

    Args:
        crop: Grey, shape (height, width), dark ink on light paper, any size from 1 x 1.

    Returns:
        Ink in [0, 1], not realigned, the long side at most WORKING_SIDE.
    """
    return _ink(_resized(crop, min(1.0, WORKING_SIDE / max(crop.shape))))


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the ink at network size: how sharp its edges are, whatever the paper.

    The measure is Pech-Pacheco et al. 2000 ("Diatom autofocusing in brightfield microscopy"), taken after the
    contrast is stretched so that faint and blurred are not confused.

    Args:
        crop: Grey, shape (height, width).

    Returns:
        The variance over the inked area, ink in [0, 1]; 0 for a blank crop.
    """
    import cv2

    ink = normalise(crop).astype(np.float32) / 255
    inked = cv2.dilate(ink, np.ones((5, 5), np.uint8)) > NOISE
    if not inked.any():
        return 0.0
    return float(cv2.Laplacian(ink, cv2.CV_32F)[inked].var())


def part_of(ink: NDArray[np.float32], share: tuple[float, float]) -> NDArray[np.float32]:
    """Cuts a part out of ink, upright from top to bottom.

    Args:
        ink: Shape (height, width) in [0, 1].
        share: Where the part begins and ends, from 0 at the left of what is inked to 1 at its right.

    Returns:
        The part, shape (height, columns), one column at least; all of the ink where it is all or blank.
    """
    across = ink.sum(axis=0)
    if share == (0.0, 1.0) or not across.any():
        return ink
    left, right = _extent(across)
    first, last = (left + int(side * (right - left)) for side in share)
    return ink[:, first : max(first + 1, last)]


def place(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Realigns ink: cuts it out, scales it to fit the network's aspect, centres it.

    Args:
        ink: Shape (height, width) in [0, 1].

    Returns:
        Shape (HEIGHT, WIDTH), 0 to 255; all zero where there is no ink.
    """
    import cv2

    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    across = ink.sum(axis=0)
    if not across.any():
        return canvas
    top, bottom = _extent(ink.sum(axis=1))
    left, right = _extent(across)
    scale = min((HEIGHT - 2 * MARGIN) / (bottom - top), (WIDTH - 2 * MARGIN) / (right - left))
    placed = _resized(ink[top:bottom, left:right], scale)
    height, width = placed.shape
    y, x = (HEIGHT - height) // 2, (WIDTH - width) // 2
    canvas[y : y + height, x : x + width] = cv2.convertScaleAbs(placed, alpha=255)
    return canvas


def _ink(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much darker than its paper each pixel is, stretched to [0, 1]."""
    import cv2

    ink = _darkness(image)
    middle, most = ranked(ink, (ink.size // 2, ink.size - 1 - ink.size // 100))
    darkest = max(most, LEAST_CONTRAST)
    grain = min(2 * middle, MOST_GRAIN * darkest)
    ink -= grain
    ink /= darkest - grain
    np.minimum(ink, 1, out=ink)
    return np.asarray(cv2.threshold(ink, _BELOW_NOISE, 0, cv2.THRESH_TOZERO)[1], np.float32)


def _darkness(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Share of its paper's light that each pixel lacks, in [0, 1]; computed in place of the paper."""
    import cv2

    brightest = cv2.dilate(image, _WINDOW)
    total = cv2.boxFilter(
        brightest, cv2.CV_32F, _WINDOW.shape, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    paper = np.asarray(total, np.float32)
    paper /= _covered(image.shape[0])[:, np.newaxis] * _covered(image.shape[1])
    np.maximum(paper, 1, out=paper)
    np.divide(image, paper, out=paper)
    np.subtract(1, paper, out=paper)
    return np.maximum(paper, 0, out=paper)


@cache
def _covered(side: int) -> NDArray[np.float32]:
    """How many pixels of a side, at most WORKING_SIDE, the window covers at each place; not to be changed."""
    place, half = np.arange(side), PAPER_WINDOW // 2
    return (np.minimum(place + half, side - 1) - np.maximum(place - half, 0) + 1).astype(np.float32)


def _resized(image: NDArray[Any], scale: float) -> NDArray[Any]:
    """The image scaled: area averages when it shrinks, bilinear when it grows."""
    import cv2

    height, width = (max(1, round(side * scale)) for side in image.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=way))


def _extent(profile: NDArray[np.float32]) -> tuple[int, int]:
    """First and one-past-last index that hold all but INK_TRIM of the ink at either end."""
    mass = np.cumsum(profile, dtype=np.float64)
    first = int(np.searchsorted(mass, mass[-1] * INK_TRIM, side="right"))
    last = int(np.searchsorted(mass, mass[-1] * (1 - INK_TRIM), side="left"))
    return first, max(first, last) + 1
