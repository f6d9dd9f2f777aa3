"""Crops whose line of writing is turned, as on a page that lay sideways: print seems a signature there."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.crops import inked
from model.skew import straightened

INKED: Final = 0.3
"""Ink from which a pixel tells the direction of a line; paler is a shadow or what shows through."""

LONG: Final = 1.5
"""Length of a line of writing over its height, both as standard deviations, from which it has a direction."""

STEEP: Final = 25.0
"""Degrees from which a line is turned back: signatures climb, mostly by less."""

SIDEWAYS: Final = 60.0
"""Degrees from which nothing tells in which of the two directions to turn a line back."""


def levelled(crop: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """A crop with its steep line of writing level.

    Args:
        crop: Grey uint8 (height, width), ink dark on light.

    Returns:
        Nothing where its line is level or nearly so, or has no direction; the crop turned back otherwise,
        both ways where it stands upright. The
        direction of several short lines below one another is a wrong one.
    """
    degrees = turn(crop)
    if abs(degrees) < STEEP:
        return []
    level = straightened(crop, degrees)
    return [level] if abs(degrees) < SIDEWAYS else [level, np.ascontiguousarray(level[::-1, ::-1])]


def turn(crop: NDArray[np.uint8]) -> float:
    """By how much a crop's line of writing is off the level: the principal axis of its ink.

    Args:
        crop: Grey uint8 (height, width), ink dark on light.

    Returns:
        Degrees counterclockwise, from -90 to 90; 0 where its ink is hardly longer than high.
    """
    places = np.stack(np.nonzero(inked(crop) > INKED)).astype(np.float64)
    if places.shape[1] < 2:
        return 0.0
    variances, axes = np.linalg.eigh(np.cov(places))
    if variances[1] < LONG**2 * variances[0]:
        return 0.0
    down, across = axes[:, 1].tolist()
    return math.degrees(math.atan(-down / across)) if across else 90.0
