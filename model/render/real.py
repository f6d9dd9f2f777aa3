"""Pages made of real ones: restaged, and brought to the size of rendered pages."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import ink
from model.render.assets import Assets
from model.render.restaged import restage

_LETTERS_WEIGHT = 1.6
"""Letters are what most documents are: they are drawn that much more often than other real pages."""


def real_page(
    rng: np.random.Generator, assets: Assets, long_side: int
) -> tuple[NDArray[np.uint8], list[ink.Hand]]:
    """A real page at ``long_side`` pixels.

    What is known of its hands is boxes, not ink: their masks fill the box and their darkness is 0.
    """
    chances = np.array([_LETTERS_WEIGHT if page.source == "letters_small" else 1.0 for page in assets.pages])
    page = assets.pages[int(rng.choice(len(assets.pages), p=chances / chances.sum()))]
    image, signatures, notes = restage(page, assets, rng)
    scale = long_side / max(image.shape)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    hands = [_boxed(box * scale, "signature") for box in signatures]
    hands += [_boxed(box * scale, "handwriting") for box in notes]
    return np.asarray(image, np.uint8), hands


def _boxed(box: NDArray[np.float32], label: str) -> ink.Hand:
    x0, y0, x1, y1 = (round(float(value)) for value in box)
    return ink.Hand(np.full((max(1, y1 - y0), max(1, x1 - x0)), 255, np.uint8), x0, y0, 0.0, label)
