"""What lies along the ends of a crop and is no ink of its word or signature, as a frame or a scan's edge."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RULE: Final = 64
"""Pixels of a straight run across or down that is a rule or a frame: it joins the words of a whole form."""

ALONG: Final = 0.8
"""Share of the width or height of all ink that a rule along an end takes at least: strokes of a hand that run
along an end are shorter or not straight."""

BAND: Final = 0.06
"""Share of a crop's height or width over which such a rule may slant."""

DEEPEST: Final = 0.3
"""Share of a crop's height or width, at either end, that is looked through for rules."""

NESTED: Final = 3
"""Rules at most, one inside of the other, along an end."""

BLURRED: Final = 2
"""Pixels beside a rule that are its blurred edge."""

SPECK: Final = 2
"""Pixels of ink in a row or column that are nothing."""

Mask = NDArray[np.uint8]


def rules(ink: Mask) -> tuple[Mask, Mask]:
    """Straight runs of ink.

    Args:
        ink: 0 or 1, (height, width).

    Returns:
        Those across, and those down; 0 or 1 each, (height, width).
    """
    import cv2

    across, down = (
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(run, np.uint8)) for run in ((1, RULE), (RULE, 1))
    )
    return np.asarray(across, np.uint8), np.asarray(down, np.uint8)


def within(ink: Mask) -> tuple[slice, slice]:
    """What of a crop lies between the rules along its ends.

    Args:
        ink: 0 or 1, (height, width), the long side of `model.crop_ink.WORKING_SIDE` or less.

    Returns:
        Rows and columns inside of the outermost rules that have no other ink outside of them.
    """
    across, down = rules(ink)
    return _between(across, without(down, ink)), _between(down.T, without(across, ink).T)


def without(ruled: Mask, ink: Mask) -> Mask:
    """Ink without rules.

    Args:
        ruled: Of `rules`, (height, width).
        ink: 0 or 1, (height, width).

    Returns:
        0 or 1, (height, width): the ink but for the rules and what touches them.
    """
    import cv2

    return np.asarray(cv2.subtract(ink, cv2.dilate(ruled, np.ones((3, 3), np.uint8))), np.uint8)


def _between(along: Mask, ink: Mask) -> slice:
    """Rows between rules along the upper and the lower end; ``ink`` is without rules that lie across."""
    inked = np.flatnonzero(ink.sum(axis=0) > SPECK)
    least = ALONG * (inked[-1] - inked[0] + 1) if len(inked) else np.inf
    first, last = (_behind_rules(*end, least) for end in ((along, ink), (along[::-1], ink[::-1])))
    return slice(first, max(first, len(ink) - last))


def _behind_rules(along: Mask, ink: Mask, least: float) -> int:
    """How many of the first rows rules take, each at least so many pixels long."""
    band = max(3, round(BAND * len(ink)))
    inked = ink.sum(axis=1) > SPECK
    behind = 0
    for _ in range(NESTED):
        top = behind + int(np.argmax(inked[behind:])) if behind < len(ink) else behind
        rule = along[top : top + band]
        if top > DEEPEST * len(ink) or np.count_nonzero(rule.any(axis=0)) < least:
            break
        behind = min(len(ink), top + int(np.flatnonzero(rule.any(axis=1))[-1]) + 1 + BLURRED)
    return behind
