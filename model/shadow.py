"""Paper in a shadow so deep that the rest of it was taken for the whole sheet, on a dark desk."""

from __future__ import annotations

from typing import Final

import numpy as np

from model.lighting import evenly_lit
from model.proposer import resized, upright_ink
from model.sheet import Sheet

REDUCED: Final = 4
"""Pixels, across and down, that are averaged before ink is looked for: a desk's grain is none."""

STROKE: Final = 7
"""Of those, broader than any stroke; what is broader is paper, or a desk."""

DARKEST: Final = 24
"""Grey level of paper in the deepest shadow in which ink is looked for."""

INK: Final = 0.8
"""Share of the light of its paper that ink has at most."""

WRITTEN: Final = 0.002
"""Share of a sheet's surroundings that is ink at least, if there is writing on them. Of photographs of pages
on a desk nine in ten have half of that and less, of pages with their lower half in a shadow one in ten."""


def out_of_the_shadow(sheet: Sheet) -> Sheet | None:
    """Takes the rest of a page out of the shadow.

    Args:
        sheet: Of a picture.

    Returns:
        All of the picture, evenly lit, with where it begins on the sheet, so below zero; None where nothing
        was cut away from the sheet, or nothing is written on that.
    """
    if sheet.picture is None or not written_around(sheet):
        return None
    return Sheet(evenly_lit(upright_ink(sheet.picture)), -sheet.left, -sheet.top)


def written_around(sheet: Sheet) -> bool:
    """Tells paper in a shadow from a desk or a scanner's lid.

    Args:
        sheet: Of a picture.

    Returns:
        Whether there is writing on what was cut away from it.
    """
    import cv2

    if sheet.picture is None:
        return False
    high, wide = (max(1, side // REDUCED) for side in sheet.picture.shape)
    seen = resized(sheet.picture, high, wide)
    paper = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((STROKE, STROKE), np.uint8))
    ink = (seen < INK * paper) & (paper >= DARKEST)
    around = np.ones(ink.shape, bool)
    top, left = (int(side) // REDUCED for side in (sheet.top, sheet.left))
    down, across = (side // REDUCED for side in sheet.pixels.shape)
    around[max(0, top - STROKE) : top + down + STROKE, max(0, left - STROKE) : left + across + STROKE] = False
    return bool(np.count_nonzero(ink & around) > WRITTEN * np.count_nonzero(around))
