"""From a page to a few regions: the canvas the proposer looks at, and what its maps say.

The proposer is one small fully convolutional network (`model.recipes.proposer` trains it). It sees the whole
page at once, reduced to a canvas of 832 x 640, so that it judges a stroke by what stands around it: the
closing above, the ruled line below, the typed name. For every cell of 8 x 8 pixels it gives the logit that a
signature
is centred there, the logit for other handwriting, and the logarithm of the distances to the four sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.levels import counted, level

PORTRAIT: Final = (832, 640)
LANDSCAPE: Final = (640, 832)
"""Canvas shapes (height, width), both multiples of the network's deepest stride of 64."""

STRIDE: Final = 8
"""Canvas pixels per cell of the maps."""

MOST_ENLARGED: Final = 2.0
"""Small pages are enlarged by at most this: more only blurs."""

NEARLY: Final = 0.02
"""A page that differs from a whole multiple of its size on the canvas by less than this is averaged first."""

LEAST_LOGIT: Final = -2.0
"""Logit from which a region is proposed: regions below are many, and next to none is a signature."""

MOST_REGIONS: Final = 8
"""Regions proposed per page; the refiner's cost is bounded by it."""

AGREEING: Final = (5, 3)
"""Cells across and down whose boxes are averaged: signatures are wider than high."""

OVERLAP: Final = 0.4
"""Of two regions whose intersection over union is above this, the weaker is dropped."""

NESTED: Final = 0.9
"""So it is where this share of the smaller one lies in the other: no signature is part of another."""

PAPER: Final = 0.8
"""Share of a page's pixels that are as dark as its paper or darker."""

DARKEST_PAPER: Final = 40
"""Grey level below which nothing counts as paper."""

DARK_PAGE: Final = 90
"""Grey level below which a pixel is no paper; a page mostly darker is underexposed or white on black."""

ABOUT: Final = 31
"""Pixels about each one, of 512 on a page's long side, of which half and more are paper, not writing."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A page as the proposer sees it.

    Attributes:
        ink: uint8 of PORTRAIT or LANDSCAPE shape, 0 where there is paper (or no page), 255 where ink is
        darkest.
        scale_x: Canvas pixels per page pixel, horizontally; the page's corner is the canvas's corner.
        scale_y: The same, vertically.
    """

    ink: NDArray[np.uint8]
    scale_x: float
    scale_y: float


@dataclass(frozen=True, slots=True)
class Region:
    """A candidate on a page: box in page pixels (x0, y0, x1, y1) and the proposer's logit of a signature."""

    box: tuple[float, float, float, float]
    logit: float


def upright_ink(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Page with ink dark on light, whatever it was.

    Args:
        page: Grey uint8 (height, width).

    Returns:
        The page itself, or inverted where most of it is dark and what is on it is light.
    """
    some = page[::8, ::8]
    mostly_dark = 2 * np.count_nonzero(some < DARK_PAGE) > some.size  # five times as fast as a median
    return np.asarray(255 - page, np.uint8) if mostly_dark and _light_on_dark(page) else page


def _light_on_dark(page: NDArray[np.uint8]) -> bool:
    """Whether what is on a page is lighter than its paper; it errs with none of 271 real pages."""
    import cv2

    every = max(1, max(page.shape) // 512)
    seen = np.ascontiguousarray(page[::every, ::every])
    paper = cv2.medianBlur(seen, ABOUT)
    return int(cv2.subtract(seen, paper).sum(dtype=np.int64)) >= int(
        cv2.subtract(paper, seen).sum(dtype=np.int64)
    )


def canvas(page: NDArray[np.uint8]) -> Canvas:
    """Fits a page to the canvas of its orientation, paper brought to white.

    Args:
        page: Grey uint8 (height, width), ink dark on light, any size from 1 x 1.

    Returns:
        The canvas.
    """
    height, width = page.shape
    shape = PORTRAIT if height >= width else LANDSCAPE
    scale = min(shape[0] / height, shape[1] / width, MOST_ENLARGED)
    fitted = (max(1, round(height * scale)), max(1, round(width * scale)))
    ink = np.zeros(shape, np.uint8)
    ink[: fitted[0], : fitted[1]] = on_white(resized(page, *fitted))
    return Canvas(ink, fitted[1] / width, fitted[0] / height)


def resized(page: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """A page or a part of one at another size: area averages when it shrinks, bilinear when it grows.

    Args:
        page: uint8 (height, width).
        height: Pixels wanted.
        width: Pixels wanted.

    Returns:
        uint8, as wanted.
    """
    import cv2

    # OpenCV averages whole squares ten times as fast as areas at any other ratio; a page brought to a whole
    # multiple of its size before comes out the same to a grey level or two, in a third of the time. Where it
    # nearly is one, its squares are averaged first, which leaves a smaller picture to bring to size.
    factor = round(page.shape[0] / height)
    high, wide = (side // max(1, factor) for side in page.shape)
    if factor > 1 and abs(high / height - 1) < NEARLY and abs(wide / width - 1) < NEARLY:
        whole = page[: factor * high, : factor * wide]
        averaged = cv2.resize(whole, (wide, high), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(averaged, (width, height)), np.uint8)
    if factor > 1:
        page = np.asarray(cv2.resize(page, (factor * width, factor * height)), np.uint8)
    how = cv2.INTER_AREA if height < page.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(page, (width, height), interpolation=how), np.uint8)


def paper_level(counts: NDArray[np.intp]) -> int:
    """Grey level of a page's paper.

    Args:
        counts: Of `model.levels.counted`.

    Returns:
        DARKEST_PAPER to 255.
    """
    return max(level(counts, PAPER), DARKEST_PAPER)


def on_white(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink of a page: 0 for its paper up to 255 for black.

    Args:
        page: Grey uint8 (height, width).

    Returns:
        Ink, uint8 (height, width).
    """
    import cv2

    paper = paper_level(counted(page, 4))
    lightness = np.minimum(np.arange(256) * (255 / paper), 255)
    return np.asarray(cv2.LUT(page, np.rint(255 - lightness).astype(np.uint8)), np.uint8)


def regions(maps: NDArray[np.float32], of: Canvas, page_shape: tuple[int, int], floor: float) -> list[Region]:
    """Reads the regions off the proposer's maps.

    Args:
        maps: float32 (cells high, cells wide, 6): logits of signature and handwriting, log distances left,
        top,
            right, bottom in cells.
        of: The canvas the maps were made from.
        page_shape: Height and width of the page in pixels.
        floor: Logit of signature below which a cell is no candidate.

    Returns:
        At most MOST_REGIONS regions, likeliest first, none that `clashes` with a likelier one.
    """
    import cv2

    heat = np.ascontiguousarray(maps[..., 0])
    peaks = (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8))) & (heat > floor)
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-heat[rows, columns])[: 4 * MOST_REGIONS]
    rows, columns = rows[order], columns[order]
    boxes = _agreed_boxes(maps, rows, columns)
    boxes /= np.array([of.scale_x, of.scale_y] * 2)
    boxes = np.clip(boxes, 0, np.array([page_shape[1], page_shape[0]] * 2))
    kept = without_clashes(boxes)[:MOST_REGIONS]
    return [
        Region(
            (float(boxes[i, 0]), float(boxes[i, 1]), float(boxes[i, 2]), float(boxes[i, 3])),
            float(maps[rows[i], columns[i], 0]),
        )
        for i in kept
    ]


def _agreed_boxes(
    maps: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Boxes of some cells in canvas pixels, (n, 4): what the cells around each say, averaged by heat."""
    high, wide = maps.shape[:2]
    across, down = (np.arange(count) - count // 2 for count in AGREEING)
    y = rows[:, None, None] + down[:, None]
    x = columns[:, None, None] + across
    inside = (y >= 0) & (y < high) & (x >= 0) & (x < wide)
    said = maps[np.clip(y, 0, high - 1), np.clip(x, 0, wide - 1)].astype(np.float64)
    weights = inside / (1 + np.exp(-said[..., 0]))
    reach = np.exp(np.clip(said[..., 2:6], -4, 5)) * (-1, -1, 1, 1)
    centres = np.stack(np.broadcast_arrays(x, y, x, y), axis=-1) + 0.5
    sums = ((centres + reach) * weights[..., None]).sum(axis=(1, 2))
    return np.asarray(sums / weights.sum(axis=(1, 2))[:, None] * STRIDE)


def clashes(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes cannot be another signature than this one.

    Args:
        box: (4,), x0, y0, x1, y1.
        others: (n, 4).

    Returns:
        (n,), true where they overlap by more than OVERLAP or one lies in the other by more than NESTED.
    """
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas, area = np.prod(others[:, 2:] - others[:, :2], axis=1), np.prod(box[2:] - box[:2])
    union, smaller = areas + area - common, np.minimum(areas, area)
    return np.asarray((common > OVERLAP * union) | (common > NESTED * smaller))


def without_clashes(boxes: NDArray[np.float64]) -> list[int]:
    """Which boxes remain.

    Args:
        boxes: (n, 4), likeliest first.

    Returns:
        Indices of the boxes that do not clash with a likelier one that remains and are no thinner than a
        pixel.
    """
    kept: list[int] = []
    for i in range(len(boxes)):
        if boxes[i, 2] - boxes[i, 0] < 1 or boxes[i, 3] - boxes[i, 1] < 1:
            continue
        if kept and clashes(boxes[i], boxes[kept]).any():
            continue
        kept.append(i)
    return kept
