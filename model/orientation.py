"""Which way up a page was scanned.

The other networks know pages the right way up only. Some are scanned sideways or upside down, so a small one
looks at the busiest tiles of a page's canvas: writing tells how it is turned, by its lines, its ascenders and
its accents. A page counts as turned only where the tiles together are sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.engine import Network
from model.values import Rectangle

TILE: Final = 96
"""Canvas pixels a side: a few words of a few lines."""

TILES: Final = 8
"""Tiles looked at, at most."""

FIRST: Final = 2
"""Tiles looked at first."""

CLEAR: Final = 4.0
"""Log odds for the page's being upright, as most are, from which the first tiles will do."""

LEAST_BUSY: Final = 4
"""Mean difference between neighbouring pixels below which a tile is as good as empty."""

LEAST: Final = 0.02
"""Probability that no tile goes below: one tile alone turns no page."""

SURE: Final = 6.0
"""Log odds against the page's being upright from which it is turned: nearly all pages are upright."""


class Orientation:
    """Tells how pages are turned."""

    def __init__(self, network: Network) -> None:
        """Takes the network in whatever engine runs it.

        Args:
            network: From tiles (n, TILE, TILE, 1) uint8 to the probabilities of 0, 1, 2, 3 quarter turns
                counterclockwise, (n, 4).
        """
        self._network = network

    def turns(self, canvases: Sequence[NDArray[np.uint8]]) -> list[int]:
        """How pages are turned.

        Args:
            canvases: Ink of each page, uint8 (height, width), see `model.proposer.Canvas`.

        Returns:
            Quarter turns counterclockwise, 0 to 3, that each page is away from upright; 0 where it is
            unsure.
        """
        seen = [tiles(ink) for ink in canvases]
        odds = self._odds([some[:FIRST] for some in seen])
        doubtful = np.flatnonzero(odds[:, 0] - odds[:, 1:].max(axis=1, initial=-np.inf) < CLEAR)
        odds[doubtful] += self._odds([seen[page][FIRST:] for page in doubtful])
        turns = odds.argmax(axis=1)
        sure = odds.max(axis=1) - odds[:, 0] >= SURE
        return [int(made) for made in np.where(sure, turns, 0)]

    def _odds(self, seen: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """Logarithms of the probabilities of the turns, summed over the tiles of each page, (pages, 4)."""
        odds = np.zeros((len(seen), 4))
        of = np.repeat(np.arange(len(seen)), [len(some) for some in seen])
        if len(of):
            np.add.at(odds, of, np.log(np.maximum(self._network(np.concatenate(seen)), LEAST)))
        return odds


def tiles(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The parts of a canvas with the most strokes.

    Args:
        ink: uint8 (height, width).

    Returns:
        uint8 (n, TILE, TILE, 1), n at most TILES, the busiest first.
    """
    import cv2

    high, wide = ink.shape[0] // TILE, ink.shape[1] // TILE
    seen = ink[: high * TILE, : wide * TILE]
    # Every other pixel will do; what is busy does not depend on how the page is turned.
    edges = cv2.morphologyEx(seen[::2, ::2], cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    busy = cv2.resize(edges, (wide, high), interpolation=cv2.INTER_AREA).ravel()
    order = np.argsort(-busy.astype(np.int64), kind="stable")[:TILES]
    parts = seen.reshape(high, TILE, wide, TILE).transpose(0, 2, 1, 3).reshape(-1, TILE, TILE, 1)
    return np.ascontiguousarray(parts[order[busy[order] >= LEAST_BUSY]])


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
