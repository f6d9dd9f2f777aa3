"""Values that cross the model's face, light enough to import anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PAGE_LONG_SIDE: Final = 1664
"""Pixels of a page's long side beyond which the detector sees no more: twice what the proposer looks at."""

Rectangle = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on an upright page, origin top left, in shares of its width (x) and height (y)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Signature:
    """A region judged to be a signature; the score is calibrated: of those at 0.9, nine in ten are one."""

    box: Box
    score: float
