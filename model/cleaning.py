"""Pages with specks, with lines all across them, or with their back showing through, without these.

Each is looked for on the page's canvas, which is cheap, and taken away from the page itself, which is not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.levels import counted, level
from model.proposer import paper_level

INKED: Final = 50
"""Ink of the canvas, of 255, from which a pixel counts."""

INK: Final = 0.75
"""Share of the paper's grey level below which a pixel of the page is ink."""

MOST_SPECKS: Final = 600
"""Pixels of specks on a canvas up to which it is clean: dots of letters are some hundred."""

SPECKLED: Final = 0.02
"""Share of a speckled canvas's ink that specks are at least."""

SPECK: Final = 330
"""Of a page's long side, one part in so many is the most that a speck is wide and high: 5 pixels."""

SECTIONS: Final = 16
"""Parts of a page, from edge to edge, each of which a line crosses as a whole or not."""

CROSSED: Final = 0.4
"""Share of the sections that may have no lines."""

EDGE: Final = 0.12
"""Share of a page on each side where lines are its edges'."""

LINES: Final = 2
"""Lines in a section from which a page is lined: one is a fold, or a rule beside the text."""

RUN: Final = 16
"""Of the height of a page, lines are taken away where they run straight for one part in so many."""

DARKEST: Final = 0.1
"""Share of a page's ink that is as dark as its pen or its print."""

FAINT: Final = 0.15
"""Share of that darkness, and of the paper's grey level, from which ink counts at all."""

FADES: Final = (0.35, 0.65)
"""Shares of that darkness up to which ink belongs to the back, and from which it is the page's own."""

SHOWN: Final = 0.06
"""Share of the ink that is faint and not the edge of darker one where writing shows through."""


def cleaned(page: NDArray[np.uint8], ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page with nothing but its own writing on it.

    Args:
        page: Grey uint8 (height, width), ink dark on light.
        ink: Of its canvas, uint8 (height, width), see `model.proposer.Canvas`.

    Returns:
        The page without specks, lines that cross all of it, and what shows through from its back; the very
        same array where there is none of that.
    """
    if _speckled(ink):
        page = _without_specks(page)
    elif _shows_through(ink):
        page = _own_ink(page)
    if _lined(ink):
        page = _without_lines(page)
    return page


def _speckled(ink: NDArray[np.uint8]) -> bool:
    import cv2

    inked = np.asarray(ink > INKED).view(np.uint8)
    near, around = (cv2.boxFilter(inked, cv2.CV_8U, (side, side), normalize=False) for side in (5, 7))
    alone = cv2.countNonZero(cv2.bitwise_and(cv2.compare(near, around, cv2.CMP_EQ), inked))
    return alone > max(MOST_SPECKS, SPECKLED * cv2.countNonZero(inked))


def _lined(ink: NDArray[np.uint8]) -> bool:
    """Whether lines go down a canvas all the way."""
    import cv2

    thick = cv2.dilate(ink, np.ones((1, 3), np.uint8))  # lines that slant a little stay whole in a section
    high = len(thick) // SECTIONS
    whole = thick[: high * SECTIONS].reshape(SECTIONS, high, -1).min(axis=1) > INKED
    edge = round(EDGE * whole.shape[1])
    inner = whole[:, edge:-edge]
    lines = np.count_nonzero(inner[:, 1:] & ~inner[:, :-1], axis=1)
    return bool(np.quantile(lines, CROSSED) >= LINES)


def _shows_through(ink: NDArray[np.uint8]) -> bool:
    import cv2

    seen = counted(ink, 4)
    seen[: INKED // 2] = 0
    darkest = level(seen, 1 - DARKEST)
    # Not the edges of strokes, which are faint, too.
    near = cv2.dilate(np.asarray(ink > np.mean(FADES) * darkest).view(np.uint8), np.ones((5, 5), np.uint8))
    inked = np.asarray(ink > FAINT * darkest).view(np.uint8)
    return cv2.countNonZero(cv2.bitwise_and(inked, 1 - near)) > SHOWN * cv2.countNonZero(inked)


def _own_ink(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page without its faint ink."""
    import cv2

    seen = counted(page, 2)
    ink = np.clip(1 - np.arange(256) / paper_level(seen), 0, None)
    darkest = ink[level(np.where(ink > FAINT, seen, 0), DARKEST)]
    share = np.minimum(ink / max(float(darkest), FAINT), 1)
    kept = share * np.interp(share, FADES, (0, 1))
    return np.asarray(cv2.LUT(page, np.rint(255 - 255 * kept).astype(np.uint8)), np.uint8)


def _without_lines(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page without long straight lines, down and across; what crosses them stays."""
    for _ in range(2):
        page = np.ascontiguousarray(_without_lines_down(page).T)
    return page


def _without_lines_down(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    inked = np.asarray(page < INK * paper_level(counted(page, 4))).view(np.uint8)
    thick = cv2.dilate(inked, np.ones((1, 3), np.uint8))
    lines = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1 + len(page) // RUN, 1), np.uint8))
    broad = 2 * _speck(page) + 1  # more than any line
    beside = cv2.morphologyEx(page, cv2.MORPH_CLOSE, np.ones((1, broad), np.uint8))
    return np.where(lines, beside, page)


def _without_specks(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    paper = paper_level(counted(page, 4))
    inked = np.asarray(page < INK * paper).view(np.uint8)
    # Grana's blocks are measured in half the time of OpenCV's choice.
    _, labels, parts, _ = cv2.connectedComponentsWithStatsWithAlgorithm(inked, 8, cv2.CV_32S, cv2.CCL_GRANA)
    small = parts[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) <= _speck(page)
    specks = np.take(small, labels).view(np.uint8)
    # Their blurred edges, too, but not where these are another stroke.
    around = cv2.dilate(specks, np.ones((3, 3), np.uint8))
    taken = cv2.bitwise_and(around, cv2.bitwise_or(specks, 1 - inked))
    return np.asarray(cv2.copyTo(np.full_like(page, paper), taken, page.copy()), np.uint8)


def _speck(page: NDArray[np.uint8]) -> int:
    """Pixels of a page that its specks are broad and high at most."""
    return max(1, int(max(page.shape)) // SPECK)
