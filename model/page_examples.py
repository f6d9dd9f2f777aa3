"""Pages the proposer learns from: read, drawn by chance, and varied on the fly.

A page comes with the boxes of its signatures and of its other handwriting. Each time it is drawn it is
zoomed, turned, shifted and degraded anew; never mirrored, since writing has a direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page_targets import Boxes, targets
from model.proposer import LANDSCAPE, PORTRAIT, on_white
from model.render.assets import Assets, RealPage
from model.render.restaged import restage

WIDE_EVERY: Final = 5
"""One batch in so many is on the landscape canvas."""

TURNED: Final = 0.05
"""Share of pages shown on the canvas of the other orientation."""

LEAST_SEEN: Final = 0.6
"""A signature of which less than this is left on the canvas is neither wanted nor punished."""


@dataclass(frozen=True, slots=True)
class Example:
    """A page with its boxes.

    Attributes:
        image: Grey uint8 (height, width), or its JPEG, uint8 (bytes,).
        signatures: Boxes to find.
        handwriting: Boxes of other handwriting.
        source: Where it is from; the share of each source in training goes by it.
        known: False where handwriting on the page is not marked, so that nothing is learnt about it.
    """

    image: NDArray[np.uint8]
    signatures: Boxes
    handwriting: Boxes
    source: str
    known: bool

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Grey uint8 (height, width)."""
        if self.image.ndim == 2:
            return self.image
        return np.asarray(cv2.imdecode(self.image, cv2.IMREAD_GRAYSCALE), np.uint8)

    @property
    def wide(self) -> bool:
        """Whether it is wider than high."""
        return self.image.ndim == 2 and self.image.shape[1] > self.image.shape[0]


def real_examples(assets: Assets) -> list[Example]:
    """The labelled real pages of the training folder."""
    nothing = np.zeros((0, 4), np.float32)
    return [Example(page.image, page.signatures, nothing, page.source, False) for page in assets.pages]


def rendered_examples(folder: Path) -> list[Example]:
    """Pages of every shard in a folder, kept as JPEG.

    Args:
        folder: Where `model.render.dataset.render_dataset` wrote them.
    """
    examples = []
    for path in sorted(folder.glob("**/pages-?????.npz")):
        with np.load(path) as shard:
            arrays = {name: shard[name] for name in shard.files}
        for i, (first, last) in enumerate(pairwise(arrays["offsets"])):
            boxes, notes = arrays["boxes"][arrays["box_page"] == i], arrays["notes"][arrays["note_page"] == i]
            width, height = arrays["sizes"][i]
            source = "rendered_wide" if width > height else "rendered"
            examples.append(
                Example(arrays["jpeg"][first:last], boxes, notes, source, arrays["kinds"][i] != "real")
            )
    return examples


def varied(
    example: Example, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Boxes, Boxes, Boxes]:
    """One look at a page, as no two scans of it are alike.

    Args:
        example: The page.
        shape: Height and width of the canvas.
        rng: Source of chance.

    Returns:
        Ink on a canvas (uint8), and on it the boxes of signatures, of other handwriting
        and of signatures cut by the edge.
    """
    source = example.pixels
    matrix = _placement(source, shape, rng)
    flags = cv2.INTER_AREA if np.linalg.det(matrix[:, :2]) < 0.7 else cv2.INTER_LINEAR
    if np.linalg.det(matrix[:, :2]) < 0.5:
        source = cv2.GaussianBlur(source, (0, 0), 0.6)
    paper = int(np.percentile(source[::8, ::8], 80))
    page = cv2.warpAffine(
        source, matrix, shape[::-1], flags=flags, borderValue=(paper if rng.random() < 0.5 else 255,)
    )
    if example.image.ndim == 2 or rng.random() < 0.35:
        # Rendered pages have been through their scanner already.
        page = degraded(np.asarray(page, np.uint8), rng)
    signatures, cut = _seen(_moved(example.signatures, matrix), shape)
    handwriting, _ = _seen(_moved(example.handwriting, matrix), shape)
    return on_white(page), signatures, handwriting, cut


def _placement(
    image: NDArray[np.uint8], shape: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Affine matrix (2, 3) from page to canvas: zoom, turn, stretch and shift."""
    height, width = image.shape
    fit = min(shape[0] / height, shape[1] / width)
    zoom = float(np.exp(rng.normal(0, 0.10))) if rng.random() < 0.6 else float(rng.uniform(0.55, 1.5))
    stretch = float(np.exp(rng.normal(0, 0.05)))
    sx, sy = fit * zoom * stretch, fit * zoom / stretch
    turn = np.deg2rad(rng.normal(0, 0.6) if rng.random() < 0.8 else rng.uniform(-4, 4))
    cos, sin = np.cos(turn), np.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([sx, sy])
    room = np.array(shape[::-1]) - np.array([width * sx, height * sy])
    # A page smaller than the canvas lies at its corner, as at inference, more often than elsewhere.
    share = rng.random(2) * (rng.random() < 0.5) if (room > 0).all() else rng.random(2)
    centre = np.array([width, height]) / 2
    shift = room * share + np.array([sx, sy]) * centre - linear @ centre
    return np.hstack([linear, shift[:, None]])


def _moved(boxes: Boxes, matrix: NDArray[np.float64]) -> Boxes:
    corners = boxes[:, [[0, 1], [2, 1], [0, 3], [2, 3]]] @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1).astype(np.float32)


def _seen(boxes: Boxes, shape: tuple[int, int]) -> tuple[Boxes, Boxes]:
    """Boxes clipped to the canvas: those mostly on it, and those cut by its edge."""
    inside = np.clip(boxes, 0, np.array([shape[1], shape[0]] * 2, np.float32))
    share = _areas(inside) / np.maximum(_areas(boxes), 1e-6)
    return inside[share >= LEAST_SEEN], inside[(share < LEAST_SEEN) & (share > 0)]


def _areas(boxes: Boxes) -> NDArray[np.float32]:
    return np.asarray(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1), np.float32)


def degraded(page: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """What copiers, faxes, cameras and JPEG do to a page already at canvas size.

    Args:
        page: Grey uint8 (height, width).
        rng: Source of chance.

    Returns:
        The page, same shape.
    """
    kind = rng.random()
    if kind < 0.25:
        return page
    if rng.random() < 0.35:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.3, 1.1))), np.uint8)
    if rng.random() < 0.5:
        gamma, low, high = np.exp(rng.normal(0, 0.25)), rng.uniform(0, 70), rng.uniform(170, 255)
        curve = low + (high - low) * (np.arange(256) / 255.0) ** gamma
        page = np.asarray(cv2.LUT(page, curve.astype(np.uint8)), np.uint8)
    bits = rng.random() < 0.18
    if not bits and rng.random() < 0.22:
        page = _shaded(page, rng)
    if rng.random() < 0.25:
        noise = np.empty(page.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(2**31)))
        cv2.randn(noise, (0,), (float(rng.uniform(2, 14)),))
        page = np.asarray(cv2.add(page, noise, dtype=cv2.CV_8U), np.uint8)
    if bits:
        page = _two_level(page, rng)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
        page = np.asarray(
            cv2.imdecode(cv2.imencode(".jpg", page, quality)[1], cv2.IMREAD_GRAYSCALE), np.uint8
        )
    return page


def _shaded(page: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    light = cv2.resize(
        rng.uniform(0.55, 1.0, (3, 3)).astype(np.float32), page.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(np.clip(page * light, 0, 255), np.uint8)


def _two_level(page: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Thresholded finer than the canvas and reduced again, as a 1-bit scan arrives."""
    fine = cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    level, _ = cv2.threshold(fine, 0, 255, cv2.THRESH_OTSU)
    bits = cv2.threshold(fine, level + rng.uniform(-25, 35), 255, cv2.THRESH_BINARY)[1]
    return np.asarray(cv2.resize(bits, page.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)


class Looks:
    """Draws looks at pages: sources by their shares, each page varied anew, some real ones restaged."""

    def __init__(
        self, assets: Assets, rendered: Sequence[Example], shares: Mapping[str, float], restaged: float
    ) -> None:
        """Groups the pages by source and orientation.

        Args:
            assets: The real pages, and what they are restaged with.
            rendered: Pages of `rendered_examples`.
            shares: Source to its share of the pages drawn.
            restaged: Share of looks at real pages that are restaged.
        """
        self.assets, self.restaged = assets, restaged
        self.groups: dict[tuple[bool, str], list[Example]] = {}
        for example in [*real_examples(assets), *rendered]:
            wide = example.wide or example.source == "rendered_wide"
            self.groups.setdefault((wide, example.source.removesuffix("_wide")), []).append(example)
        self.chances = {
            wide: {source: shares[source] for (lies, source) in self.groups if lies == wide}
            for wide in (False, True)
        }

    def batch(
        self, rng: np.random.Generator, size: int, wide: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Looks at some pages on one canvas.

        Args:
            rng: Source of chance.
            size: How many.
            wide: Whether the canvas is the landscape one.

        Returns:
            Ink (size, height, width, 1), and target maps.
        """
        shape = LANDSCAPE if wide else PORTRAIT
        looks = [self._look(rng, shape, wide != bool(rng.random() < TURNED)) for _ in range(size)]
        return np.stack([ink for ink, _ in looks]), np.stack([maps for _, maps in looks])

    def _look(
        self, rng: np.random.Generator, shape: tuple[int, int], wide: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        wide = wide if self.chances[wide] else not wide
        chances = self.chances[wide]
        weights = np.array(list(chances.values()))
        source = list(chances)[int(rng.choice(len(weights), p=weights / weights.sum()))]
        group = self.groups[(wide, source)]
        example = group[int(rng.integers(len(group)))]
        if source != "rendered" and rng.random() < self.restaged:
            page = RealPage(example.image, example.signatures, source)
            image, signatures, notes = restage(page, self.assets, rng)
            example = Example(image, signatures, notes, source, False)
        ink, signatures, handwriting, cut = varied(example, shape, rng)
        return ink[..., None], targets(shape, signatures, handwriting, cut, example.known)
