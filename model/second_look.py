"""Pages that were scanned badly, as they are looked at again: upright, straight, evenly lit, clean, whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model import proposer
from model.cleaning import cleaned
from model.lighting import evenly_lit
from model.orientation import Orientation, as_turned
from model.part_of_page import on_a_page
from model.shadow import out_of_the_shadow
from model.sheet import Sheet, cut_out
from model.skew import as_skewed, skew, straightened
from model.threads import Threads
from model.values import Rectangle

SIGNED: Final = 0.9
"""Score from which a signature is sure: nobody asks whether its page was scanned well. On what may be a part
of a page, put on a whole one, no other counts, for it may be a landscape page."""

SHADED: Final = 0.6
"""Score that counts on a page of which only a part was taken for its sheet: around it there is writing."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A page as a person would want it.

    Attributes:
        pixels: Grey uint8 (height, width).
        turns: Quarter turns counterclockwise by which it was turned.
        sheet: Its paper before it was turned back, in the straightened picture.
        degrees: By which the page as scanned was askew, counterclockwise.
        scanned: Height and width of the page as scanned.
        least: Score that a signature must have on it to count.
    """

    pixels: NDArray[np.uint8]
    turns: int
    sheet: Sheet
    degrees: float
    scanned: tuple[int, ...]
    least: float = 0.0

    def as_scanned(self, box: Rectangle) -> Rectangle:
        """Where a box of this page, x0, y0, x1, y1 in pixels, lies on the page as scanned, or beside it."""
        straight = self.sheet.in_picture(as_turned(box, self.turns, self.pixels.shape))
        return as_skewed(straight, self.degrees, self.scanned) if self.degrees else straight


def corrected(
    sheets: Sequence[Sheet],
    canvases: Mapping[int, proposer.Canvas],
    orientation: Orientation | None,
    threads: Threads,
) -> list[tuple[int, Corrected]]:
    """Corrects the pages that seem to need it.

    Args:
        sheets: Pages as scanned, cut out of their pictures.
        canvases: Of the pages that are looked at, by their number.
        orientation: Tells quarter turns; without it pages stay sideways or upside down.
        threads: That prepare pages.

    Returns:
        Those that were corrected, with their number. A page that was turned or straightened, and cleaned
        as well, is there twice, cleaned and not: where cleaning errs, it has still been turned. What may be
        a part of a page is there on a whole one besides, and what may lie half in a shadow with that half.
    """
    pages = {index: sheets[index].pixels for index in canvases}
    drafts = threads.map(_draft, [(pages[index], canvas) for index, canvas in canvases.items()])
    turns = orientation.turns([draft.ink for draft in drafts]) if orientation else [0] * len(drafts)
    return [
        (index, Corrected(turned, made, draft.sheet, draft.degrees, pages[index].shape))
        for index, draft, made in zip(canvases, drafts, turns, strict=True)
        for turned in draft.turned(made)
    ] + [
        (index, Corrected(whole.pixels, 0, whole, 0.0, page.shape, least))
        for index, page in pages.items()
        for whole, least in ((on_a_page(page), SIGNED), (out_of_the_shadow(sheets[index]), SHADED))
        if whole
    ]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A straight page, the same cleaned and evenly lit, and the ink of that one's canvas."""

    sheet: Sheet
    degrees: float
    clean: NDArray[np.uint8]
    ink: NDArray[np.uint8]

    def turned(self, turns: int) -> list[NDArray[np.uint8]]:
        """What is to be looked at again, turned back by some quarter turns; nothing if all is as scanned."""
        versions = [self.sheet.pixels] if turns or self.degrees else []
        if self.clean is not self.sheet.pixels:
            versions.append(self.clean)
        return [np.ascontiguousarray(np.rot90(version, -turns)) for version in versions]


def _draft(seen: tuple[NDArray[np.uint8], proposer.Canvas]) -> _Draft:
    page, canvas = seen
    degrees = skew(canvas.ink)
    sheet = cut_out(straightened(page, degrees)) if degrees else Sheet(page, 0, 0)
    lit = evenly_lit(sheet.pixels)
    ink = canvas.ink if lit is page else proposer.canvas(lit).ink
    clean = cleaned(lit, ink)
    return _Draft(sheet, degrees, clean, ink if clean is lit else proposer.canvas(clean).ink)
