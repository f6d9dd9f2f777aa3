"""Labelled pages as if they had been scanned otherwise, with the boxes where they lie then."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.labels import LabelledPage
from model.orientation import as_scanned

SHIFTS: Final = ((0.97, 5, 3), (0.985, 11, 7), (1.0, 17, 2), (0.955, 3, 14), (0.94, 9, 9))
"""Sizes, and pixels to the right and down, of scans that differ from a page by nothing that should matter."""

LID: Final = 0.2
"""Share of a page's size that a black lid shows on each side."""

SMALL: Final = 700
"""Pixels on the long side of a coarse scan."""

Pixels = NDArray[np.uint8]
Boxes = NDArray[np.float64]
Scan = tuple[str, Pixels, Callable[[Boxes], Boxes]]
"""Name of a kind of scan, the page in it, and where boxes, (n, 4), lie in it."""


def scanned_otherwise(pages: Sequence[LabelledPage], folder: Path) -> dict[str, Sequence[LabelledPage]]:
    """Scans pages: a little smaller and shifted, turned, with a black lid around them, and coarsely.

    Args:
        pages: As they are.
        folder: Where the scans are written to.

    Returns:
        `shifted` (five of each page), `turned` (three), `on_black` and `small`.
    """
    scans: defaultdict[str, list[LabelledPage]] = defaultdict(list)
    for page in pages:
        grey = np.asarray(cv2.imread(str(page.path), cv2.IMREAD_GRAYSCALE), np.uint8)
        for number, (kind, pixels, moved) in enumerate([*_shifted(grey), *_turned(grey), *_poor(grey)]):
            path = folder / f"{page.source}-{page.path.stem}-{number}.png"
            cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            size = pixels.shape[1], pixels.shape[0]
            signatures, ignored = (moved(boxes).reshape(-1, 4) for boxes in (page.signatures, page.ignored))
            scan = replace(page, path=path, signatures=signatures, ignored=ignored, size=size)
            scans[kind].append(scan)
    return dict(scans)


def _shifted(page: Pixels) -> Iterator[Scan]:
    for scale, right, down in SHIFTS:
        pixels = np.pad(_scaled(page, scale), ((down, 0), (right, 0)), mode="edge")
        yield "shifted", pixels, partial(_moved, scale=scale, right=right, down=down)


def _turned(page: Pixels) -> Iterator[Scan]:
    for turns in (1, 2, 3):
        yield "turned", np.rot90(page, turns), partial(_rotated, turns=turns, shape=page.shape)


def _poor(page: Pixels) -> Iterator[Scan]:
    down, right = (round(LID * side) for side in page.shape)
    pixels = np.pad(page, ((down, down), (right, right)))
    yield "on_black", pixels, partial(_moved, right=right, down=down)
    scale = min(1.0, SMALL / max(page.shape))
    yield "small", _scaled(page, scale), partial(_moved, scale=scale)


def _scaled(page: Pixels, scale: float) -> Pixels:
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _moved(boxes: Boxes, scale: float = 1.0, right: int = 0, down: int = 0) -> Boxes:
    return np.asarray(boxes * scale + np.array([right, down] * 2))


def _rotated(boxes: Boxes, turns: int, shape: tuple[int, ...]) -> Boxes:
    sides = boxes.tolist()
    return np.array([as_scanned((x0, y0, x1, y1), turns, shape) for x0, y0, x1, y1 in sides])
