"""Ink: what a pen, a stamp or a logo leaves behind, as a mask that can be warped and pasted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
"""Ink coverage, uint8 (height, width): 0 bare paper, 255 full ink."""

INK_SEEN = 64
"""Coverage above which a pixel counts as ink when a box is drawn around it."""


def trim(mask: Mask, level: int = INK_SEEN) -> Mask:
    """Cut a mask to the bounding box of its ink; a mask without ink becomes one empty pixel."""
    x, y, width, height = cv2.boundingRect((mask > level).astype(np.uint8))
    if not width:
        return np.zeros((1, 1), np.uint8)
    return np.ascontiguousarray(mask[y : y + height, x : x + width])


def outline(mask: Mask) -> NDArray[np.float32]:
    """Convex hull of the ink, float32 (n, 2) of x, y: boxes about it stay tight under any projection."""
    points = cv2.findNonZero((mask > INK_SEEN).astype(np.uint8))
    if points is None:
        return np.zeros((0, 2), np.float32)
    hull = cv2.convexHull(points).reshape(-1, 2)
    return np.concatenate([hull, hull + 1], dtype=np.float32)


def resized(mask: Mask, width: int, height: int) -> Mask:
    """Scale to a size in pixels; upscaled strokes are made crisp again."""
    width, height = max(2, width), max(2, height)
    grown = width > 1.3 * mask.shape[1]
    scaled = cv2.resize(mask, (width, height), interpolation=cv2.INTER_CUBIC if grown else cv2.INTER_AREA)
    return crisp(scaled) if grown else np.asarray(scaled, np.uint8)


def crisp(mask: Mask, gain: float = 2.2) -> Mask:
    """Steepen the edges of blurred ink."""
    return np.asarray(np.clip((mask.astype(np.float32) - 128) * gain + 128, 0, 255), np.uint8)


def warped(
    mask: Mask, rng: np.random.Generator, *, slant: float = 0.0, turn: float = 0.0, wave: float = 0.0
) -> Mask:
    """Slant, turn (radians, anticlockwise) and gently bend (pixels) a mask; its ink is kept whole."""
    height, width = mask.shape
    shear = np.array([[1, -np.tan(slant)], [0, 1]])
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, sin], [-sin, cos]]) @ shear
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ matrix.T
    low, high = corners.min(axis=0) - 2 - wave, corners.max(axis=0) + 2 + wave
    size = np.ceil(high - low).astype(int)
    affine = np.hstack([matrix, -low[:, None]])
    if not wave:
        return trim(cv2.warpAffine(mask, affine, tuple(size.tolist()), flags=cv2.INTER_LINEAR))
    inverse = cv2.invertAffineTransform(affine)
    xs, ys = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    phase = rng.uniform(0, 2 * np.pi, 4)
    waves = rng.uniform(0.5, 2.5, 4) * 2 * np.pi / max(size[0], 40)
    dx = wave * (np.sin(xs * waves[0] + phase[0]) + np.sin(ys * waves[1] * 2 + phase[1])) / 2
    dy = wave * (np.sin(xs * waves[2] + phase[2]) + np.sin(xs * waves[3] * 2 + phase[3])) / 2
    xs, ys = xs + dx, ys + dy
    map_x = (inverse[0, 0] * xs + inverse[0, 1] * ys + inverse[0, 2]).astype(np.float32)
    map_y = (inverse[1, 0] * xs + inverse[1, 1] * ys + inverse[1, 2]).astype(np.float32)
    return trim(cv2.remap(mask, map_x, map_y, cv2.INTER_LINEAR))


def thickened(mask: Mask, pixels: float) -> Mask:
    """Grow (positive) or shrink (negative) the strokes by about that many pixels, fractions by blending."""
    if abs(pixels) < 0.2:
        return mask
    whole = int(np.ceil(abs(pixels)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * whole + 1, 2 * whole + 1))
    if pixels > 0:
        mask = np.pad(mask, whole)
        changed = cv2.dilate(mask, kernel)
    else:
        changed = cv2.erode(mask, kernel)
    share = abs(pixels) / whole
    return np.asarray(cv2.addWeighted(changed, share, mask, 1 - share, 0), np.uint8)


def extracted(crop: NDArray[np.uint8], *, drop_intruders: bool = True) -> Mask | None:
    """Lift the ink off a photographed or scanned crop.

    Args:
        crop: grey uint8 (height, width), ink dark on light.
        drop_intruders: leave out pieces of neighbours: connected ink that touches the edge and is minor.

    Returns:
        The trimmed coverage, or None where no ink stands out from the paper.
    """
    side = max(15, min(crop.shape) // 2 | 1)
    grey = cv2.GaussianBlur(crop, (0, 0), 0.6) if min(crop.shape) > 60 else crop
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((5, 5), np.uint8)), min(side, 99) | 1)
    darker = cv2.subtract(paper, grey)
    strength = float(np.percentile(darker, 98))
    if strength < 22:
        return None
    cut, _ = cv2.threshold(darker, 0, 255, cv2.THRESH_OTSU)
    floor, full = 0.45 * cut, max(cut * 1.5, 0.75 * strength)
    mask = np.clip((darker.astype(np.float32) - floor) / max(full - floor, 1) * 255, 0, 255).astype(np.uint8)
    if drop_intruders:
        mask = _without_intruders(mask)
    mask = trim(mask)
    return mask if min(mask.shape) >= 6 else None


def _without_intruders(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (mask > INK_SEEN).astype(np.uint8), connectivity=8
    )
    if count <= 2:
        return mask
    height, width = mask.shape
    areas = stats[:, cv2.CC_STAT_AREA]
    touching = (
        (stats[:, 0] <= 1)
        | (stats[:, 1] <= 1)
        | (stats[:, 0] + stats[:, 2] >= width - 1)
        | (stats[:, 1] + stats[:, 3] >= height - 1)
    )
    drop = (touching & (areas < 0.3 * areas[1:].sum())) | (areas < 4)
    drop[0] = False
    keep = np.where(drop, 0, 255).astype(np.uint8)[labels]
    return np.asarray(cv2.bitwise_and(mask, keep), np.uint8)


def without_print(mask: Mask) -> Mask:
    """Leave out small pieces near the top and the foot: letters of the print that a signature crosses."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats(
        (mask > INK_SEEN).astype(np.uint8), connectivity=8
    )
    height = mask.shape[0]
    off_middle = np.abs(centres[:, 1] / height - 0.5) > 0.18
    drop = (stats[:, cv2.CC_STAT_HEIGHT] < 0.27 * height) & off_middle
    drop[0] = False
    if drop[1:].all():
        return mask
    return trim(np.asarray(cv2.bitwise_and(mask, np.where(drop, 0, 255).astype(np.uint8)[labels]), np.uint8))


def worn(mask: Mask, rng: np.random.Generator, noise: NDArray[Any], strength: float) -> Mask:
    """Break strokes up as a dry pen or a worn stamp does; ``strength`` 0 to 1, ``noise`` a float32 field."""
    height, width = mask.shape
    if height > noise.shape[0] or width > noise.shape[1]:
        return mask
    top = int(rng.integers(0, noise.shape[0] - height + 1))
    left = int(rng.integers(0, noise.shape[1] - width + 1))
    field = noise[top : top + height, left : left + width]
    gain = np.clip(1.25 - strength * (0.6 + 0.8 * field), 0, 1)
    return (mask * gain).astype(np.uint8)


@dataclass(frozen=True)
class Hand:
    """Ink on a page: coverage, its top left corner in pixels, darkness 0 to 1, and what it is."""

    mask: Mask
    x: int
    y: int
    darkness: float
    label: str


def paste(
    page: NDArray[np.uint8], mask: Mask, x: int, y: int, darkness: float
) -> tuple[int, int, Mask] | None:
    """Darken ``page`` in place; returns the part of ``mask`` that fell on it with its corner, or None."""
    height, width = mask.shape
    left, top = max(0, x), max(0, y)
    right, bottom = min(page.shape[1], x + width), min(page.shape[0], y + height)
    if right <= left or bottom <= top:
        return None
    part = mask[top - y : bottom - y, left - x : right - x]
    under = page[top:bottom, left:right]
    cover = cv2.convertScaleAbs(part, alpha=darkness)
    under[:] = cv2.multiply(under, cv2.bitwise_not(cover), scale=1 / 255)
    return left, top, part
