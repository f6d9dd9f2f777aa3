"""Real pages restaged: their signatures kept, taken away or written anew, and notes added.

Letterheads, closings, typed names, seals and the dirt of real copiers cannot be rendered better than they
are; with other signatures in them a few dozen real pages go a long way, and without any they teach that a
closing alone is no signature.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import handwriting, ink, words
from model.render.assets import Assets, RealPage
from model.render.canvas import Canvas
from model.render.countersigned import countersign
from model.render.marks import STAMPED, beside, rubber_stamp

Boxes = NDArray[np.float32]

KEEP, ERASE = 0.25, 0.35
"""Chance that a signature is kept, and that it is taken away; else it is replaced."""

DATED = 0.4
"""Chance that a signature is dated: the note most like one, and in the same place."""

ANNOTATED = 0.25
"""Chance that something else is written hard by a signature: OK, initials, a date."""

COUNTERSIGNED = 0.5
"""Chance that places to sign are added."""

NOTES = (0.45, 0.25, 0.15, 0.1, 0.05)
"""Chance of 0, 1, 2, ... added lines of handwriting."""


def restage(
    page: RealPage, assets: Assets, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Boxes, Boxes]:
    """Stages a real page anew.

    Args:
        page: The page.
        assets: What it is written on with.
        rng: Source of chance.

    Returns:
        The page, its signature boxes and the boxes of the handwriting that was added, in its pixels.
    """
    image = page.image.copy()
    unit = max(image.shape) / 1664
    signatures: list[tuple[float, ...]] = []
    bare = rng.random() < 0.3
    erased: list[tuple[float, ...]] = []
    for box in page.signatures:
        chance = rng.random()
        if chance < KEEP and not bare:
            signatures.append(tuple(box))
            continue
        _erase(image, box, rng)
        if chance >= KEEP + ERASE and not bare:
            signatures.append(_sign(image, box, assets, rng, unit))
        else:
            erased.append(tuple(box))
    if rng.random() < (0.02 if bare else 0.18):
        signatures.append(_sign(image, _anywhere(image, rng), assets, rng, unit))
    notes = [_note(image, signatures, assets, rng, unit) for _ in range(int(rng.choice(len(NOTES), p=NOTES)))]
    for share, write in ((DATED, _date), (ANNOTATED, _annotation)):
        notes += [
            write(image, box, signatures, assets, rng, unit) for box in signatures if rng.random() < share
        ]
    if rng.random() < COUNTERSIGNED and not bare:
        added = countersign(image, assets, rng, unit)
        signatures += added.signatures
        notes += added.handwriting
    _stamp(image, [box for box in signatures + erased if rng.random() < STAMPED], assets, rng)
    return image, _array(signatures), _array([note for note in notes if note])


def _array(boxes: list[tuple[float, ...]]) -> Boxes:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _erase(image: NDArray[np.uint8], box: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Covers a box with the paper around it, grain and all."""
    grow = 3
    height, width = image.shape
    x0, y0 = max(0, int(box[0]) - grow), max(0, int(box[1]) - grow)
    x1, y1 = min(width, int(box[2]) + grow), min(height, int(box[3]) + grow)
    around = image[max(0, y0 - 20) : y1 + 20, max(0, x0 - 20) : x1 + 20]
    level = float(np.percentile(around, 75))
    paper = around[around > level - 40].astype(np.float32)
    patch = rng.choice(paper, size=(y1 - y0, x1 - x0))
    if paper.std() > 1.5:
        patch = cv2.GaussianBlur(patch, (0, 0), 0.8)
    image[y0:y1, x0:x1] = np.clip(patch, 0, 255).astype(np.uint8)


def _sign(
    image: NDArray[np.uint8], box: NDArray[np.float32], assets: Assets, rng: np.random.Generator, unit: float
) -> tuple[float, ...]:
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    wide, tall = max(width, 90 * unit) * rng.uniform(0.7, 1.3), max(height, 45 * unit) * rng.uniform(0.8, 1.5)
    mask, darkness = handwriting.signature(rng, assets, wide, tall, unit)
    x = (box[0] + box[2]) / 2 + rng.normal(0, 0.08) * width - mask.shape[1] / 2
    y = (box[1] + box[3]) / 2 + rng.normal(0, 0.12) * height - mask.shape[0] / 2
    return _pasted(image, mask, x, y, darkness)


def _pasted(
    image: NDArray[np.uint8], mask: ink.Mask, x: float, y: float, darkness: float
) -> tuple[float, ...]:
    x = float(np.clip(x, 2, max(3, image.shape[1] - mask.shape[1] - 2)))
    y = float(np.clip(y, 2, max(3, image.shape[0] - mask.shape[0] - 2)))
    put = ink.paste(image, mask, round(x), round(y), darkness)
    if put is None:
        return (0, 0, 0, 0)
    left, top, part = put
    return (left, top, left + part.shape[1], top + part.shape[0])


def _pasted_clear(
    image: NDArray[np.uint8],
    mask: ink.Mask,
    x: float,
    y: float,
    darkness: float,
    signatures: list[tuple[float, ...]],
) -> tuple[float, ...]:
    """Pastes where it meets no signature and lies on the page whole; empty elsewhere."""
    whole = min(x, y) >= 0 and x + mask.shape[1] <= image.shape[1] and y + mask.shape[0] <= image.shape[0]
    return _pasted(image, mask, x, y, darkness) if whole and _clear(mask, x, y, signatures) else ()


def _clear(mask: ink.Mask, x: float, y: float, signatures: list[tuple[float, ...]]) -> bool:
    """Whether what is put there meets no signature."""
    x1, y1 = x + mask.shape[1], y + mask.shape[0]
    return all(x > s[2] or x1 < s[0] or y > s[3] or y1 < s[1] for s in signatures)


def _anywhere(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = image.shape
    wide, tall = rng.uniform(0.12, 0.3) * width, rng.uniform(0.03, 0.07) * height
    x, y = rng.uniform(0.05, 0.95) * (width - wide), rng.uniform(0.3, 0.95) * (height - tall)
    return np.array([x, y, x + wide, y + tall], np.float32)


def _note(
    image: NDArray[np.uint8],
    signatures: list[tuple[float, ...]],
    assets: Assets,
    rng: np.random.Generator,
    unit: float,
) -> tuple[float, ...]:
    """Writes a line that is no signature clear of those; empty where there is no room."""
    hand = handwriting.Hand(rng, assets, rng.uniform(10, 26) * unit, unit)
    text = " ".join(words.sentence(rng, int(rng.integers(1, 6)), None))
    mask, darkness = hand.line(rng, text)
    if rng.random() < 0.4:
        mask = ink.warped(mask, rng, turn=rng.normal(0, 0.2))
    for _ in range(12):
        x = rng.uniform(0, max(1, image.shape[1] - mask.shape[1]))
        y = rng.uniform(0, max(1, image.shape[0] - mask.shape[0]))
        if _clear(mask, x, y, signatures):
            return _pasted(image, mask, x, y, darkness)
    return ()


def _stamp(
    image: NDArray[np.uint8], boxes: list[tuple[float, ...]], assets: Assets, rng: np.random.Generator
) -> None:
    """Stamps on what is in boxes, or where something was."""
    if not boxes:
        return
    height, width = image.shape
    canvas = Canvas(rng, assets, width, height)
    for x0, y0, x1, y1 in boxes:
        mask, darkness = rubber_stamp(canvas)
        x, y = beside(rng, mask, (x0, y0, x1, y1))
        ink.paste(image, mask, round(x), round(y), darkness)


def _date(
    image: NDArray[np.uint8],
    signature: tuple[float, ...],
    signatures: list[tuple[float, ...]],
    assets: Assets,
    rng: np.random.Generator,
    unit: float,
) -> tuple[float, ...]:
    """Writes a date beside or below a signature; empty where it would meet one."""
    hand = handwriting.Hand(rng, assets, rng.uniform(12, 38) * unit, unit, exact=True)
    mask, darkness = hand.line(rng, words.jotted_date(rng))
    gap = rng.uniform(0.02, 0.3) * image.shape[1]
    x = signature[2] + gap if rng.random() < 0.75 else signature[0] - gap - mask.shape[1]
    y = (signature[1] + signature[3] - mask.shape[0]) / 2 + rng.normal(0, 12) * unit
    if rng.random() < 0.2:
        x, y = signature[0] + rng.normal(0, 20) * unit, signature[3] + rng.uniform(2, 30) * unit
    return _pasted_clear(image, mask, x, y, darkness, signatures)


def _annotation(
    image: NDArray[np.uint8],
    signature: tuple[float, ...],
    signatures: list[tuple[float, ...]],
    assets: Assets,
    rng: np.random.Generator,
    unit: float,
) -> tuple[float, ...]:
    """Writes a word, initials or a date hard by a signature; empty where it would meet one."""
    chance, height = rng.random(), signature[3] - signature[1]
    initials = "".join(rng.choice(list("ABCDEFGHJKLMNPRSTW"), int(rng.integers(2, 4))))
    text = words.pick(rng, "annotations") if chance < 0.6 else initials
    text = words.jotted_date(rng) if chance > 0.8 else text
    hand = handwriting.Hand(rng, assets, rng.uniform(0.2, 0.55) * max(height, 30 * unit), unit, exact=True)
    mask, darkness = hand.line(rng, text)
    gap, along = rng.uniform(0.0, 0.35) * height, rng.normal(0, 0.2) * height
    places = [
        (signature[0] - gap - mask.shape[1], (signature[1] + signature[3] - mask.shape[0]) / 2 + along),
        (signature[2] + gap, (signature[1] + signature[3] - mask.shape[0]) / 2 + along),
        (signature[0] + 2 * along, signature[1] - gap - mask.shape[0]),
        (signature[0] + 2 * along, signature[3] + gap),
    ]
    x, y = places[int(rng.choice(len(places), p=(0.35, 0.3, 0.2, 0.15)))]
    return _pasted_clear(image, mask, x, y, darkness, signatures)
