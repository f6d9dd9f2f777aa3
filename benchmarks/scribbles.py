"""Signatures of one movement over and over, drawn evenly, as no hand does and as made-up pages have them."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Boxes, Pixels

PEN: Final = (1.5, 3.5)
"""Least and greatest width of the pen, in parts of a page's width of 850."""

INK: Final = 70
"""Grey level of the palest ink."""

SWINGS: Final = (4, 11)
"""Fewest swings of a signature, and one more than the most."""

KNOTTED: Final = (3, 7)
"""The same of a knot, across and down together."""

ORNATE: Final = 40
"""Swings of a printed line."""

ORNAMENT: Final = (0.4, 0.008)
"""Width and height of a printed line of waves or loops, as shares of the page's width."""

Points = NDArray[np.float64]


def scribbled(page: Pixels, signatures: Boxes) -> Iterator[tuple[Pixels, Boxes]]:
    """Draws loops, waves, and a knot for every signature of a page.

    Args:
        page: Grey uint8 (height, width).
        signatures: Boxes, (n, 4), in its pixels. Where there are none, a printed line of loops, and of waves,
            is drawn in the lower half of the page.

    Yields:
        The page, and the boxes of what is drawn for signatures.
    """
    random = np.random.default_rng(5)
    for figure in (_loops, _waves, _knot) if len(signatures) else (_loops, _waves):
        made, drawn = page.copy(), []
        for box in signatures:
            _wipe(made, box)
            drawn.append(_draw(made, box, figure(random), page.shape[1] / 850, random))
        if not len(signatures):
            _ornament(made, figure(random, ORNATE), random)
        yield made, np.array(drawn, float).reshape(-1, 4)


def scribbled_crop(crop: Pixels, random: np.random.Generator) -> Pixels:
    """Draws loops, waves or a knot instead of a signature.

    Args:
        crop: Grey uint8 (height, width) of a signature alone.
        random: What is drawn follows from it.

    Returns:
        A crop of the same size.
    """
    made = crop.copy()
    height, width = crop.shape
    _wipe(made, np.array([0.0, 0.0, width, height]))
    figure = (_loops, _waves, _knot)[int(random.integers(3))]
    _draw(made, np.array([0.1 * width, 0, 0.9 * width, height]), figure(random), height / 60, random)
    return made


def _wipe(page: Pixels, box: Points) -> None:
    """Makes a box as light as its paper, in place."""
    x0, y0, x1, y1 = np.rint(box).astype(int)
    inside = page[max(0, y0) : y1, max(0, x0) : x1]
    if inside.size:
        inside[:] = np.percentile(inside, 90)


def _draw(page: Pixels, box: Points, figure: Points, scale: float, random: np.random.Generator) -> Points:
    """Draws a figure in a box, in place, on a page of a scale; returns the box of what was drawn."""
    x0, y0, x1, y1 = box
    wide, high = random.uniform(0.7, 1) * (x1 - x0), min(y1 - y0, 0.5 * (x1 - x0)) * random.uniform(0.6, 0.9)
    at = np.array([x0, (y0 + y1 - high) / 2]) + figure * (wide, high)
    pen = max(1, round(scale * random.uniform(*PEN)))
    cv2.polylines(page, [np.rint(at).astype(np.int32)], False, (int(random.integers(INK)),), pen, cv2.LINE_AA)
    return np.concatenate([at.min(axis=0) - pen / 2, at.max(axis=0) + pen / 2])


def _ornament(page: Pixels, figure: Points, random: np.random.Generator) -> None:
    height, width = page.shape
    wide, high = ORNAMENT
    corner = (1 - wide) / 2 * width, random.uniform(0.5, 0.95) * height
    at = corner + figure * (wide * width, high * width)
    cv2.polylines(page, [np.rint(at).astype(np.int32)], False, (40,), max(1, width // 850), cv2.LINE_AA)


def _loops(random: np.random.Generator, swings: int | None = None) -> Points:
    """A trochoid, in a square from 0 to 1."""
    angle = _angles(swings or int(random.integers(*SWINGS)))
    return _in_square(angle - random.uniform(1, 4) * np.sin(angle), np.cos(angle))


def _waves(random: np.random.Generator, swings: int | None = None) -> Points:
    angle = _angles(swings or int(random.integers(*SWINGS)))
    return _in_square(angle, np.cos(angle + random.uniform(0, 2 * np.pi)))


def _knot(random: np.random.Generator, swings: int | None = None) -> Points:
    """A figure of Lissajous."""
    swings = swings or int(random.integers(*KNOTTED))
    across = int(random.integers(1, swings))
    angle = _angles(swings) / swings
    return _in_square(np.sin(across * angle + random.uniform(0, 2)), np.sin((swings - across) * angle))


def _angles(swings: int) -> Points:
    return np.linspace(0, 2 * np.pi * swings, 64 * swings)


def _in_square(x: Points, y: Points) -> Points:
    at = np.stack([x, y], axis=1)
    return np.asarray((at - at.min(axis=0)) / np.maximum(np.ptp(at, axis=0), 1e-9))
