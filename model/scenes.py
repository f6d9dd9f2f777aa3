"""Regions with what stands around them, as the refiner sees them.

A date looks like a signature until one sees the word below the line it stands on. So the refiner is shown
a region in the middle of its surroundings, at a scale that goes by the region's size, and beside the ink a
second channel that says which part of it is the region.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.proposer import on_white, resized

HEIGHT: Final = 96
WIDTH: Final = 224
"""Pixels of a scene."""

MOST_ACROSS: Final = 0.5
MOST_DOWN: Final = 0.42
"""Share of a scene's width and height that its region takes at most; it takes the one or the other."""

MOST_ENLARGED: Final = 3.0
"""Small regions are enlarged by at most this: more only blurs."""

FOLLOWED: Final = np.array([0.0, 0.3, 0.0, 0.3])
"""Share of their ways that left, top, right and bottom side are moved: the refiner frames ink tightly, people
draw boxes more loosely, and to the left and right of the ink as it comes."""

SURE: Final = 8.0
"""Log odds that the refiner's are kept within: it is never surer than that."""

Boxes = NDArray[np.float64]
"""float64 (n, 4): x0, y0, x1, y1 in pixels of a page."""


def scale_of(box: NDArray[np.float64], height: int = HEIGHT, width: int = WIDTH) -> float:
    """Scene pixels per page pixel.

    Args:
        box: The region, (4,), in page pixels.
        height: Height of the scene in pixels.
        width: Its width.
    """
    across, down = box[2] - box[0], box[3] - box[1]
    return float(min(MOST_ACROSS * width / across, MOST_DOWN * height / down, MOST_ENLARGED))


def scene(page: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Cuts the scene of a region out of a page.

    Args:
        page: Grey uint8 (height, width), ink dark on light.
        box: The region, (4,), x0, y0, x1, y1 in page pixels.

    Returns:
        uint8 (HEIGHT, WIDTH, 2): ink, 0 for paper and whatever is beyond the page, and 255 on the region.
    """
    scale = scale_of(box)
    seen = window(page, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, scale, HEIGHT, WIDTH)
    return marked(on_white(seen), box_in_scene(box, scale))


def window(
    page: NDArray[np.uint8], x: float, y: float, scale: float, height: int, width: int
) -> NDArray[np.uint8]:
    """What a page shows around a point.

    Args:
        page: Grey uint8 (height, width).
        x: The point, in page pixels.
        y: The same, from the top.
        scale: Pixels of the result per page pixel.
        height: Of the result.
        width: Of the result.

    Returns:
        Grey uint8 (height, width), white beyond the page.
    """
    import cv2

    sides = round(width / scale), round(height / scale)
    left, top = round(x - sides[0] / 2), round(y - sides[1] / 2)
    right, bottom = left + sides[0], top + sides[1]
    part = page[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    beyond = (
        max(0, -top),
        max(0, bottom - page.shape[0]),
        max(0, -left),
        max(0, right - page.shape[1]),
    )
    if any(beyond):
        part = np.asarray(cv2.copyMakeBorder(part, *beyond, cv2.BORDER_CONSTANT, value=(255,)), np.uint8)
    return resized(part, height, width)


def box_in_scene(box: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Where the region itself lies in its scene: (4,), in scene pixels."""
    half = np.array([box[2] - box[0], box[3] - box[1]]) * scale / 2
    middle = np.array([WIDTH, HEIGHT]) / 2
    return np.concatenate([middle - half, middle + half])


def marked(ink: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Ink (HEIGHT, WIDTH) with the region, in scene pixels, as a second channel."""
    seen = np.zeros((HEIGHT, WIDTH, 2), np.uint8)
    seen[..., 0] = ink
    x0, y0, x1, y1 = (round(float(side)) for side in box)
    seen[max(0, y0) : max(y1, y0 + 1), max(0, x0) : max(x1, x0 + 1), 1] = 255
    return seen


def refined(boxes: Boxes, moves: NDArray[np.float32], page_shape: tuple[int, ...]) -> Boxes:
    """Boxes with their sides moved towards the ink.

    Args:
        boxes: Regions, (n, 4), in page pixels.
        moves: How far right or down the ink's sides are, in shares of the region's width or height, (n, 4).
        page_shape: Height and width of the page.

    Returns:
        Boxes on the page, (n, 4), each at least a pixel a side.
    """
    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    limits = np.array([page_shape[1], page_shape[0]] * 2, np.float64)
    moved = np.clip(boxes + FOLLOWED * moves * sizes, 0, limits)
    thin = np.any(moved[:, 2:] - moved[:, :2] < 1, axis=1, keepdims=True)
    return np.where(thin, boxes, moved)
