"""The maps that the proposer should give for a page whose boxes are known."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.proposer import STRIDE

MAPS: Final = 9
"""What `targets` gives of each cell."""

Boxes = NDArray[np.float32]
"""float32 (n, 4): x0, y0, x1, y1 in pixels."""


def targets(
    shape: tuple[int, int], signatures: Boxes, handwriting: Boxes, cut: Boxes, known: bool
) -> NDArray[np.float32]:
    """Maps the network should give.

    Heat falls off from each box's centre as a Gaussian of its size, and the cells near the centre all learn
    the box, weighted by the same Gaussian (Liu et al. 2020, "Training-Time-Friendly Network").

    Args:
        shape: Canvas height and width.
        signatures: Boxes to find, in canvas pixels.
        handwriting: Boxes of other handwriting.
        cut: Boxes over which nothing is learnt.
        known: False where other handwriting is not marked.

    Returns:
        float32 (height / STRIDE, width / STRIDE, MAPS): heat of signatures and of handwriting, box distances
        left, top, right, bottom in cells, box weight (1 in all for a box), and where the two heats count.
    """
    high, wide = shape[0] // STRIDE, shape[1] // STRIDE
    maps = np.zeros((high, wide, MAPS), np.float32)
    maps[..., 7] = 1
    maps[..., 8] = float(known)
    for box in cut / STRIDE:
        x0, y0, x1, y1 = np.floor(box).astype(int)
        maps[y0 : y1 + 1, x0 : x1 + 1, 7:9] = 0
    for box in handwriting / STRIDE:
        heat, _, _ = _gaussian(box, high, wide)
        maps[..., 1] = np.maximum(maps[..., 1], heat)
        maps[..., 8] = np.where(heat > 0.05, 1, maps[..., 8])
    # Larger boxes first: where two meet, the smaller one keeps the cells.
    for box in sorted(signatures / STRIDE, key=lambda b: -float((b[2] - b[0]) * (b[3] - b[1]))):
        heat, x, y = _gaussian(box, high, wide)
        maps[..., 0] = np.maximum(maps[..., 0], heat)
        near = heat > 0.2
        maps[near, 2:6] = np.stack([x - box[0], y - box[1], box[2] - x, box[3] - y], axis=-1)[near]
        maps[near, 6] = heat[near] / heat[near].sum()
        maps[..., 7] = np.where(heat == 1, 1, maps[..., 7])
    return maps


def _gaussian(
    box: Boxes, high: int, wide: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Heat of one box in cells, and every cell's centre."""
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32) + 0.5
    cx, cy = np.floor((box[0] + box[2]) / 2) + 0.5, np.floor((box[1] + box[3]) / 2) + 0.5
    cx, cy = np.clip(cx, 0.5, wide - 0.5), np.clip(cy, 0.5, high - 0.5)
    sx, sy = max(0.09 * (box[2] - box[0]), 0.35), max(0.09 * (box[3] - box[1]), 0.35)
    heat = np.exp(-((x - cx) ** 2) / (2 * sx**2) - (y - cy) ** 2 / (2 * sy**2))
    return heat.astype(np.float32), x, y
