"""Crops for the classifier: one thing each, framed as a proposer frames it, on papers that tell nothing.

Every label goes the same way: ink on a scene of its size, neighbours' ink about it, one of the papers, one
of the degradations, a frame that is tight, loose or off centre. Only the ink in the middle differs.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import degrade, devices, handwriting, ink, marks, names, prose, words
from model.render.assets import Assets
from model.render.canvas import Canvas
from model.render.pages import seen_boxes

Label = Literal["signature", "text", "handwriting"]

_FACES = {"serif": 0.28, "sans": 0.22, "typewriter": 0.25, "receipt": 0.1, "script": 0.15}
"""Roles of Latin faces, with their shares."""

DATED, PROSE = 0.25, 0.45
"""Shares of other handwriting that are a date or an amount, as stands beside signatures, or running text."""

NAMED = 0.4
"""Share of signatures that are a name which can be read."""

ALONE = 0.4
"""Share of crops without anything beside or across the ink, as single crops mostly are."""


def render_crop(rng: np.random.Generator, assets: Assets, label: Label) -> NDArray[np.uint8]:
    """Draw one crop.

    Args:
        rng: the crop follows from its state alone.
        assets: fonts, real ink and papers.
        label: ``signature``; ``text``, print of any script and whatever else is printed or stamped; or
            ``handwriting`` that is not a signature.

    Returns:
        grey uint8 (height, width) of 16 to about 500 pixels a side, ink dark on light.
    """
    while True:
        crop = _tried(rng, assets, label)
        if crop is not None:
            return crop


def _tried(rng: np.random.Generator, assets: Assets, label: Label) -> NDArray[np.uint8] | None:
    unit = float(rng.uniform(0.45, 1.1))
    mask, darkness = _subject(rng, assets, label, unit)
    height, width = mask.shape
    if min(height, width) < 6 or max(height, width) > 900:
        return None
    margin_x, margin_y = round(0.5 * width) + 30, round(0.9 * height) + 40
    canvas = Canvas(rng, assets, width + 2 * margin_x, height + 2 * margin_y, unit)
    canvas.ink = int(rng.integers(0, 90))
    canvas.lay(mask, margin_x, margin_y, darkness, label)
    if rng.random() > ALONE:
        _neighbours(canvas, margin_x, margin_y, width, height, label)
    page, hands = canvas.finished()
    if assets.papers and rng.random() < 0.3:
        paper = assets.papers[int(rng.integers(len(assets.papers)))]
        page = np.asarray(cv2.multiply(page, cv2.resize(paper, page.shape[::-1]), scale=1 / 255), np.uint8)
    page, matrix = degrade.degraded(page, rng, assets.noise)
    boxes = seen_boxes([hand for hand in hands if hand.label == label][:1], matrix, page)
    return _framed(page, boxes[0], rng) if len(boxes) else None


def _framed(
    page: NDArray[np.uint8], box: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint8] | None:
    size = np.array([box[2] - box[0], box[3] - box[1]])
    kind = rng.random()
    spread = 0.03 if kind < 0.45 else 0.12 if kind < 0.75 else 0.35
    grow = np.abs(rng.normal(0, spread, 4)) * np.tile(size, 2) + rng.uniform(0, 3)
    if kind > 0.9:  # off centre: part of the ink is cut away
        side = int(rng.integers(4))
        grow[side] = -rng.uniform(0, 0.18) * size[side % 2]
    x0, y0 = np.maximum(0, np.floor(box[:2] - grow[:2])).astype(int)
    x1, y1 = np.ceil(box[2:] + grow[2:]).astype(int)
    crop = page[y0:y1, x0:x1]
    return np.ascontiguousarray(crop) if min(crop.shape) >= 8 else None


def _subject(rng: np.random.Generator, assets: Assets, label: Label, unit: float) -> handwriting.Ink:
    if label == "signature":
        width = float(np.clip(rng.lognormal(np.log(320), 0.35), 110, 620)) * unit
        draw = names.plain_name if rng.random() < NAMED else handwriting.signature
        return draw(rng, assets, width, rng.uniform(60, 220) * unit, unit)
    if label == "handwriting":
        return _handwritten(rng, assets, unit)
    return handwriting.Ink(_printed(rng, assets, unit), float(rng.uniform(0.6, 1)))


def _handwritten(rng: np.random.Generator, assets: Assets, unit: float) -> handwriting.Ink:
    kind = rng.random()
    hand = handwriting.Hand(rng, assets, rng.uniform(11, 30) * unit, unit, exact=kind < DATED)
    if kind > 1 - PROSE:
        return prose.cut_words(rng, hand)
    if kind < DATED:
        text = words.jotted_date(rng) if rng.random() < 0.8 else words.number(rng)
    elif rng.random() < 0.5:
        text = words.pick(rng, "notes")
    else:
        text = " ".join(words.sentence(rng, int(rng.integers(1, 5))))
    mask, darkness = hand.line(rng, text)
    for _ in range(int(rng.integers(1, 3)) if rng.random() < 0.2 else 0):
        below, _ = hand.line(rng, words.pick(rng, "notes"))
        wide = max(mask.shape[1], below.shape[1])
        rows = [np.pad(part, ((0, 6), (0, wide - part.shape[1]))) for part in (mask, below)]
        mask = ink.trim(np.vstack(rows))
    if rng.random() < 0.08:
        mask = handwriting.circled(rng, mask, hand.pen.width)
    if rng.random() < 0.3:
        mask = ink.warped(mask, rng, turn=float(rng.normal(0, 0.1)))
    return handwriting.Ink(mask, darkness)


def _printed(rng: np.random.Generator, assets: Assets, unit: float) -> ink.Mask:
    kind = rng.random()
    if kind < 0.12 and assets.prints:
        mask = assets.prints[int(rng.integers(len(assets.prints)))]
        share = min(1.0, rng.uniform(20, 60) * unit / mask.shape[0] * 2)
        return ink.resized(mask, round(mask.shape[1] * share), round(mask.shape[0] * share))
    canvas = Canvas(rng, assets, 1200, 900, unit)
    if kind < 0.22:
        return _device(canvas)
    mask = _lines(canvas)
    if rng.random() < 0.06:  # white on black
        mask = np.asarray(cv2.bitwise_not(np.pad(mask, 6)), np.uint8)
    if rng.random() < 0.1:  # underlined
        mask = np.pad(mask, ((0, 6), (0, 0)))
        mask[-3:] = 255
    return mask


def _lines(canvas: Canvas) -> ink.Mask:
    """One to four lines of print in one face, in Latin or another script."""
    rng, assets = canvas.rng, canvas.assets
    canvas.ink = 0
    big = rng.random() < 0.25
    if canvas.script is None and assets.scripts and rng.random() < 0.4:
        canvas.script = assets.scripts[int(rng.integers(len(assets.scripts)))]
    role = canvas.script.name if canvas.script else str(rng.choice(list(_FACES), p=list(_FACES.values())))
    canvas.face = assets.font(rng, role, rng.uniform(18, 75 if big else 34) * canvas.unit)
    canvas.leading = float(canvas.face.size) * rng.uniform(1.1, 1.5)
    y = 20.0
    for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.6, 0.2, 0.12, 0.08]))):
        text = " ".join(canvas.sentence(int(rng.integers(1, 5 if big else 8))))
        if canvas.script is None and rng.random() < 0.3:
            lists = words.pick(rng, "titles"), words.pick(rng, "closings")
            text = str(rng.choice([words.person(rng), words.company(rng), words.date(rng), *lists]))
        canvas.text(20, y, text)
        y += canvas.leading
    return ink.trim(255 - np.array(canvas.image))


def _device(canvas: Canvas) -> ink.Mask:
    """Something printed or stamped that is not a line of text."""
    rng = canvas.rng
    kind = rng.integers(0, 6)
    if kind == 0:
        return devices.logo(canvas, rng.uniform(60, 260))
    if kind == 1:
        return devices.round_seal(canvas, rng.uniform(110, 260))
    if kind == 2:
        marks.stamp(canvas, 40, 40)
        return canvas.hands[-1].mask
    if kind == 3:
        return devices.ornament(canvas)
    canvas.ink = 0
    if kind == 4:
        devices.barcode(
            canvas, 20, 20, rng.uniform(120, 320) * canvas.unit, rng.uniform(30, 90) * canvas.unit
        )
    else:
        for _ in range(int(rng.integers(1, 4))):
            x, y = rng.uniform(20, 300, 2) * canvas.unit
            canvas.box(x, y, x + rng.uniform(40, 300) * canvas.unit, y + rng.uniform(20, 80) * canvas.unit)
    return ink.trim(255 - np.array(canvas.image))


def _neighbours(canvas: Canvas, x: float, y: float, width: float, height: float, label: Label) -> None:
    """Print above, below and, where hands wrote, across; rules, stamps and strokes from elsewhere."""
    rng = canvas.rng
    text = " ".join(canvas.sentence(6))
    gap = rng.uniform(-0.05, 0.3) * height if label == "text" else rng.uniform(-0.35, 0.3) * height
    if rng.random() < 0.4:
        canvas.text(x - rng.uniform(0, 0.4) * width, y - gap, text, anchor="ld")
    if rng.random() < 0.45:
        canvas.text(
            x - rng.uniform(0, 0.4) * width,
            y + height + gap,
            words.person(rng) if canvas.chance(0.5) else text,
        )
    if rng.random() < 0.35:
        level = y + height * (rng.uniform(0.5, 1.15) if label != "text" else rng.uniform(0.95, 1.3))
        canvas.line(0, level, canvas.width, level, rng.uniform(1, 4))
    if rng.random() < 0.12:
        canvas.line(
            x - rng.uniform(0.02, 0.2) * width, 0, x - rng.uniform(0.02, 0.2) * width, canvas.height, 2
        )
    if rng.random() < 0.12:
        mask, darkness = handwriting.Hand(
            rng, canvas.assets, rng.uniform(10, 22) * canvas.unit, canvas.unit
        ).line(rng, words.pick(rng, "notes"))
        side = rng.choice([-1, 1])
        at = y - mask.shape[0] * 0.8 if side < 0 else y + height * 0.95
        canvas.lay(mask, x + rng.uniform(-0.3, 0.6) * width, at, darkness, "neighbour")
    if label != "text" and rng.random() < 0.08:
        marks.stamp(canvas, x + rng.uniform(-0.5, 0.7) * width, y + rng.uniform(-0.5, 0.7) * height)
