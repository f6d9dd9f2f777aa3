"""Labelled pages as if they had been scanned otherwise, with the boxes where they lie then."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.arrays import Boxes, Pixels
from benchmarks.scribbles import scribbled
from benchmarks.stamps import stamped
from model.labels import LabelledPage
from model.orientation import as_turned

SHIFTS: Final = ((0.97, 5, 3), (0.985, 11, 7), (1.0, 17, 2), (0.955, 3, 14), (0.94, 9, 9))
"""Sizes, and pixels to the right and down, of scans that differ from a page by nothing that should matter."""

LID: Final = 0.2
"""Share of a page's size that a black lid shows on each side."""

SMALL: Final = 700
"""Pixels on the long side of a coarse scan."""

PALE: Final = 0.12
"""Contrast left on a pale scan."""

SHADOW: Final = 0.55
"""Share of the light that a shadow over the right part of a page takes."""

UNDEREXPOSED: Final = 0.3
"""Share of the light that a picture taken too dark gets."""

DEEP_SHADOW: Final = 0.75
"""Share of the light that a shadow over the lower half of a page takes: paper is no longer light in it."""

SPECK: Final = 550
"""Of a page's long side, a speck of a bad photocopy is one part in so many: 3 pixels of a letter."""

SPECKS: Final = 0.005
"""Share of the page that specks cover."""

STREAKS: Final = 5
"""Lines that dirt on a scanner's glass draws down a page."""

SQUARES: Final = 20
"""Squares from side to side of squared paper."""

LINE: Final = 60
"""Grey level of streaks and squares."""

WIDE: Final = 800
"""Of a page's long side, they are one part in so many wide: 2 pixels of a letter."""

THROUGH: Final = 0.3
"""Share of the darkness of its writing with which a page's back shows through."""

ASKEW: Final = (-25, -12, 8, 18)
"""Degrees counterclockwise by which pages lie askew on a scanner's glass."""

FAR_ASKEW: Final = (40, 130)
"""The same of pages that lie anyhow."""

PHOTOS: Final = ((-16, 60), (10, 150))
"""Degrees counterclockwise by which a photographed page is turned, and grey level of the desk it lies on."""

FAR_PHOTOS: Final = ((40, 60), (130, 60))
"""The same of photographs of pages that lie anyhow."""

NEARER: Final = (0.97, 1.03, 1.05, 0.95)
"""How much larger its four corners are, clockwise from top left: the camera looks from one side."""

DESK: Final = 1.05
"""Size of a photograph over that of the page in it: some desk shows on all sides."""

PHOTO: Final = 1600
"""Pixels on its long side."""

PARTS: Final = ((0.6, 0.2), (0.4, 0.3), (0.3, 0.2))
"""Shares of a page's width and height that a part cut out of it has, such as the block that is signed."""

MARGIN: Final = 1.2
"""A part is at least so many times as wide and high as the signature in it."""

Scan = tuple[str, Pixels, Callable[[Boxes], Boxes]]
"""Name of a kind of scan, the page in it, and where boxes, (n, 4), lie in it."""


def scanned_otherwise(pages: Sequence[LabelledPage], folder: Path) -> dict[str, Sequence[LabelledPage]]:
    """Scans pages otherwise, on glass or by camera, well or badly; stamps them, and scribbles on them.

    Args:
        pages: As they are.
        folder: Where the scans are written to.

    Returns:
        `shifted` (five of each page), `turned` (three), `on_black`, `small`, `pale`, `shadow`,
        `deep_shadow`, `underexposed`, `speckled`, `streaked`, `squared`, `shown_through`, `askew` (four),
        `far_askew`, `photo` and `far_photo` (two of each page), `part` (three: around a signature,
        or anywhere on an unsigned page), `stamped` (two: over every signature, or anywhere), `scribbled`
        (three: loops, waves and a knot for every signature; two: a printed line of loops, of waves).
    """
    scans: defaultdict[str, list[LabelledPage]] = defaultdict(list)
    for page in pages:
        grey = np.asarray(cv2.imread(str(page.path), cv2.IMREAD_GRAYSCALE), np.uint8)
        made = [*_shifted(grey), *_turned(grey), *_poor(grey), *_dirty(grey), *_askew(grey), *_photos(grey)]
        made += _parts(grey, page.signatures)
        made += [("stamped", pixels, _moved) for pixels in stamped(grey, page.signatures)]
        scans_of = [(page, scan) for scan in made]
        for pixels, drawn in scribbled(grey, page.signatures):
            scans_of.append((replace(page, signatures=drawn), ("scribbled", pixels, _moved)))
        for number, (signed, (kind, pixels, moved)) in enumerate(scans_of):
            path = folder / f"{page.source}-{page.path.stem}-{number}.png"
            cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            size = pixels.shape[1], pixels.shape[0]
            signatures, ignored = (moved(boxes).reshape(-1, 4) for boxes in (signed.signatures, page.ignored))
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
    yield "pale", np.asarray(255 - (255 - page.astype(np.float32)) * PALE, np.uint8), _moved
    edge = (np.arange(page.shape[1]) - 0.6 * page.shape[1]) / 15
    yield "shadow", np.asarray(page * (1 - SHADOW / (1 + np.exp(-edge))), np.uint8), _moved
    edge = (np.arange(page.shape[0]) - 0.5 * page.shape[0])[:, np.newaxis] / 15
    yield "deep_shadow", np.asarray(page * (1 - DEEP_SHADOW / (1 + np.exp(-edge))), np.uint8), _moved
    yield "underexposed", np.asarray(page * UNDEREXPOSED, np.uint8), _moved


def _dirty(page: Pixels) -> Iterator[Scan]:
    for dirtied in (speckled, streaked, squared, shown_through):
        yield dirtied.__name__, dirtied(page), _moved


def speckled(page: Pixels) -> Pixels:
    """A page, grey uint8 (height, width), with black specks all over it, as of many photocopies."""
    side = max(1, round(max(page.shape) / SPECK))
    chance = SPECKS / side**2
    specks = np.random.default_rng(0).random(page.shape) < chance
    black = cv2.dilate(np.asarray(specks, np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(np.where(black, 0, page), np.uint8)


def streaked(page: Pixels) -> Pixels:
    """A page, grey uint8 (height, width), with lines down all of it."""
    return _lined(page, np.random.default_rng(1).integers(0, page.shape[1], STREAKS).tolist())


def squared(page: Pixels) -> Pixels:
    """A page, grey uint8 (height, width), on squared paper."""
    side = page.shape[1] // SQUARES
    down = _lined(page, range(side, page.shape[1], side))
    return np.ascontiguousarray(_lined(down.T, range(side, page.shape[0], side)).T)


def _lined(page: Pixels, places: Sequence[int]) -> Pixels:
    lined, wide = page.copy(), max(1, round(max(page.shape) / WIDE))
    for place in places:
        lined[:, place : place + wide] = np.minimum(lined[:, place : place + wide], LINE)
    return lined


def shown_through(page: Pixels) -> Pixels:
    """A page, grey uint8 (height, width), on thin paper with as much writing on its back."""
    paper = _paper(page)
    back = cv2.GaussianBlur(page[:, ::-1], (0, 0), 2.5).astype(np.float32)
    return np.asarray(np.clip(page - THROUGH * np.clip(paper - back, 0, None), 0, 255), np.uint8)


def _askew(page: Pixels) -> Iterator[Scan]:
    paper = _paper(page)
    for degrees in ASKEW + FAR_ASKEW:
        by, size = _laid(page, degrees)
        pixels = cv2.warpPerspective(page, by, size, flags=cv2.INTER_AREA, borderValue=(paper,))
        kind = "askew" if degrees in ASKEW else "far_askew"
        yield kind, np.asarray(pixels, np.uint8), partial(_warped, by=by)


def _photos(page: Pixels) -> Iterator[Scan]:
    for degrees, desk in PHOTOS + FAR_PHOTOS:
        by, size = _laid(page, degrees, NEARER, DESK, PHOTO)
        covered = cv2.warpPerspective(np.ones_like(page, np.float32), by, size)
        seen = cv2.warpPerspective(page.astype(np.float32), by, size, flags=cv2.INTER_AREA)
        light = np.linspace(1.0, 0.8, size[0]) * (covered * seen + (1 - covered) * desk)
        grain = np.random.default_rng(0).normal(0, 4, light.shape)
        kind = "photo" if (degrees, desk) in PHOTOS else "far_photo"
        yield kind, np.clip(light + grain, 0, 255).astype(np.uint8), partial(_warped, by=by)


def _parts(page: Pixels, signatures: Boxes) -> Iterator[Scan]:
    """Parts cut out around the first signature; where there is none, anywhere."""
    random = np.random.default_rng(2)
    size = np.array(page.shape[::-1])
    for share in PARTS:
        wanted, middle = np.array(share) * size, random.random(2) * size
        if len(signatures):
            wanted = np.maximum(wanted, MARGIN * (signatures[0, 2:] - signatures[0, :2]))
            middle = (signatures[0, :2] + signatures[0, 2:]) / 2
        wide, high = np.minimum(wanted, size).astype(int).tolist()
        corner = np.clip(middle - np.array([wide, high]) / 2, 0, size - [wide, high])
        left, top = corner.astype(int).tolist()
        cut = partial(_cut, left=left, top=top, wide=wide, high=high)
        yield "part", page[top : top + high, left : left + wide], cut


def _laid(
    page: Pixels,
    degrees: float,
    nearer: Sequence[float] = (1, 1, 1, 1),
    around: float = 1.0,
    long_side: int | None = None,
) -> tuple[Boxes, tuple[int, int]]:
    """How a page lies in a picture: what takes its pixels there, (3, 3), and the picture's width and height.

    Args:
        page: Grey uint8 (height, width).
        degrees: By which it lies counterclockwise.
        nearer: How much larger its corners are, clockwise from top left.
        around: Size of the picture over that of the page.
        long_side: Of the picture in pixels; None keeps the page's pixels.
    """
    height, width = page.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    turn = np.asarray(cv2.getRotationMatrix2D((0, 0), degrees, 1.0))[:, :2]
    there = (corners - corners.mean(axis=0)) @ turn.T * np.array(nearer)[:, np.newaxis]
    spread = 2 * around * np.abs(there).max(axis=0)
    scale = long_side / spread.max() if long_side else 1.0
    size = np.ceil(scale * spread)
    by = cv2.getPerspectiveTransform(
        corners.astype(np.float32), (scale * there + size / 2).astype(np.float32)
    )
    return np.asarray(by), (int(size[0]), int(size[1]))


def _warped(boxes: Boxes, by: Boxes) -> Boxes:
    """The upright rectangles around boxes, (n, 4), after a perspective transformation, (3, 3)."""
    if not len(boxes):
        return boxes
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 1, 2)
    moved = np.asarray(cv2.perspectiveTransform(corners, by)).reshape(-1, 4, 2)
    return np.column_stack([moved.min(axis=1), moved.max(axis=1)])


def _paper(page: Pixels) -> float:
    return float(np.quantile(page[::8, ::8], 0.8))


def _scaled(page: Pixels, scale: float) -> Pixels:
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _moved(boxes: Boxes, scale: float = 1.0, right: int = 0, down: int = 0) -> Boxes:
    return np.asarray(boxes * scale + np.array([right, down] * 2))


def _cut(boxes: Boxes, left: int, top: int, wide: int, high: int) -> Boxes:
    """Boxes, (n, 4), in a part of a page; without those of which less than half lies in it."""
    moved = _moved(boxes, right=-left, down=-top).reshape(-1, 4)
    inside = np.clip(moved, 0, [wide, high] * 2)
    shares = np.prod(inside[:, 2:] - inside[:, :2], axis=1) / np.prod(moved[:, 2:] - moved[:, :2], axis=1)
    return np.asarray(inside[shares >= 0.5])


def _rotated(boxes: Boxes, turns: int, shape: tuple[int, ...]) -> Boxes:
    sides = boxes.tolist()
    return np.array([as_turned((x0, y0, x1, y1), turns, shape) for x0, y0, x1, y1 in sides])
