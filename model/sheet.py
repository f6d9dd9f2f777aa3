"""The sheet of paper in a picture that shows its dark surroundings too, such as a scanner's lid or a desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.proposer import DARK_PAGE, upright_ink
from model.values import Rectangle

EVERY: Final = 8
"""Of so many pixels across and down one is looked at."""

MUCH_DARK: Final = 0.15
"""Share of a picture that must be dark before a sheet is looked for."""

JOINED: Final = 7
"""Pixels looked at, across and down, over which paper joins: lines of text do not cut a sheet up."""

BROAD: Final = 9
"""Pixels looked at, across and down, that the narrowest part of a sheet has."""

FILLED: Final = 0.6
"""Share of a sheet that is light: more is white on black, where the writing is light and the paper is not."""

SMALLEST: Final = 0.1
"""Share of the picture that a sheet covers at least."""

WHOLE: Final = 0.95
"""Of a sheet that takes this share of the picture's width and height, nothing is cut away."""

ASLANT: Final = 0.4
"""Share of the picture that such a sheet covers at least, turned by 45 degrees: less is a frame."""

Part = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of paper cut out of a picture, or the whole picture.

    Attributes:
        pixels: Grey uint8 (height, width).
        left: Pixels of the picture to the left of it.
        top: The same above it.
        scale: Its pixels per pixel of the picture.
        picture: What it was cut out of, where that shows more, grey uint8.
    """

    pixels: NDArray[np.uint8]
    left: float
    top: float
    scale: float = 1.0
    picture: NDArray[np.uint8] | None = None

    def in_picture(self, box: Rectangle) -> Rectangle:
        """Where a box on the sheet, x0, y0, x1, y1 in pixels, lies in the picture."""
        x0, y0, x1, y1 = (side / self.scale for side in box)
        return x0 + self.left, y0 + self.top, x1 + self.left, y1 + self.top


def cut_out(picture: NDArray[np.uint8]) -> Sheet:
    """Cuts the sheet out of a picture, its ink dark on light.

    Args:
        picture: Grey uint8 (height, width).

    Returns:
        The sheet; the whole picture where `sheet` finds none, inverted where most of it is dark.
    """
    part = sheet(picture)
    if part is None:
        return Sheet(upright_ink(picture), 0, 0)
    rows, columns = part
    pixels = picture[rows, columns]
    around = None if pixels.shape == picture.shape else picture
    return Sheet(pixels, columns.start, rows.start, picture=around)


def sheet(picture: NDArray[np.uint8]) -> Part | None:
    """Where the sheet lies.

    Args:
        picture: Grey uint8 (height, width).

    Returns:
        Rows and columns of the upright rectangle around it, all of them where that nearly fills the picture;
        None where there are no dark surroundings, or no sheet in them.
    """
    import cv2

    seen = picture[::EVERY, ::EVERY]
    if np.count_nonzero(seen < DARK_PAGE) <= MUCH_DARK * seen.size:
        return None
    light = np.asarray(seen >= DARK_PAGE, np.uint8)
    joined = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((JOINED, JOINED), np.uint8))
    broad = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((BROAD, BROAD), np.uint8))
    _, labels, parts, _ = cv2.connectedComponentsWithStats(broad, connectivity=4)
    if len(parts) < 2:
        return None
    largest = 1 + int(parts[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height, pixels = parts[largest].tolist()
    if pixels < SMALLEST * seen.size or light[labels == largest].mean() < FILLED:
        return None
    if width > WHOLE * seen.shape[1] and height > WHOLE * seen.shape[0]:
        whole = slice(0, picture.shape[0]), slice(0, picture.shape[1])
        return whole if pixels >= ASLANT * seen.size else None
    return slice(EVERY * top, EVERY * (top + height)), slice(EVERY * left, EVERY * (left + width))
