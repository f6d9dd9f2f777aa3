"""Pages that were scanned sideways, upside down or askew, turned as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model import proposer
from model.orientation import Orientation
from model.sheet import Sheet, cut_out
from model.single_crop import Rectangle
from model.skew import as_skewed, skew, straightened
from model.threads import Threads


@dataclass(frozen=True, slots=True)
class Straight:
    """A page whose lines run along its rows or columns.

    Attributes:
        sheet: Its paper, in the straightened picture.
        degrees: By which the page as scanned was askew, counterclockwise.
        scanned: Height and width of the page as scanned.
    """

    sheet: Sheet
    degrees: float
    scanned: tuple[int, ...]

    def as_scanned(self, box: Rectangle) -> Rectangle:
        """Where a box on the sheet, x0, y0, x1, y1 in pixels, lies on the page as it was scanned."""
        straight = self.sheet.in_picture(box)
        return as_skewed(straight, self.degrees, self.scanned) if self.degrees else straight


@dataclass(frozen=True, slots=True)
class Upright:
    """A page as a person reads it.

    Attributes:
        pixels: Grey uint8 (height, width).
        turns: Quarter turns counterclockwise by which it was turned.
        straight: The same page before it was turned back.
    """

    pixels: NDArray[np.uint8]
    turns: int
    straight: Straight

    def as_scanned(self, box: Rectangle) -> Rectangle:
        """Where a box of this page, x0, y0, x1, y1 in pixels, lies on the page as it was scanned."""
        return self.straight.as_scanned(as_turned(box, self.turns, self.pixels.shape))


def set_upright(
    pages: Sequence[NDArray[np.uint8]],
    canvases: Mapping[int, proposer.Canvas],
    orientation: Orientation | None,
    threads: Threads,
) -> dict[int, Upright]:
    """Turns the pages that seem not to be upright.

    Args:
        pages: Grey uint8 (height, width) each, as scanned.
        canvases: Of the pages that are looked at, by their number.
        orientation: Tells quarter turns; without it only what is askew is straightened.
        threads: That prepare pages.

    Returns:
        Those that were turned, by their number.
    """
    askew = threads.map(skew, [canvas.ink for canvas in canvases.values()])
    straight = [_straight(pages[index], degrees) for index, degrees in zip(canvases, askew, strict=True)]
    inks = [
        proposer.canvas(page.sheet.pixels).ink if page.degrees else canvas.ink
        for page, canvas in zip(straight, canvases.values(), strict=True)
    ]
    turns = orientation.turns(inks) if orientation else [0] * len(inks)
    return {
        index: Upright(np.ascontiguousarray(np.rot90(page.sheet.pixels, -made)), made, page)
        for index, page, made in zip(canvases, straight, turns, strict=True)
        if page.degrees or made
    }


def _straight(page: NDArray[np.uint8], degrees: float) -> Straight:
    if not degrees:
        return Straight(Sheet(page, 0, 0), degrees, page.shape)
    return Straight(cut_out(straightened(page, degrees)), degrees, page.shape)


def as_turned(box: Rectangle, turns: int, shape: tuple[int, ...]) -> Rectangle:
    """Where a box of a page lies once the page is turned.

    Args:
        box: x0, y0, x1, y1 in pixels of the page.
        turns: Quarter turns counterclockwise that are made.
        shape: Height and width of the page before.

    Returns:
        The same in pixels of the turned page.
    """
    height, width = shape
    for _ in range(turns):
        x0, y0, x1, y1 = box
        box = y0, width - x1, y1, width - x0
        height, width = width, height
    return box
