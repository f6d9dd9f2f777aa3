"""Places to sign printed onto a real page where it is empty: rules, names, dates, some filled by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import handwriting, ink, words
from model.render.assets import Assets

Page = NDArray[np.uint8]
Rectangle = tuple[float, ...]
"""x0, y0, x1, y1 in pixels."""

LEAST_FREE = 0.997
"""Share of paper in a spot that counts as empty: copiers leave specks everywhere."""

SIGNED = 0.7
"""Chance that a place is signed."""

DATED = 0.55
"""Chance that a place has a line for a date beside."""


DATE_LABELS = ("Date", "Date:", "DATE", "Dated", "(date)", "Date signed")


@dataclass
class Written:
    """What was written: boxes of signatures and of other handwriting."""

    signatures: list[Rectangle] = field(default_factory=list)
    handwriting: list[Rectangle] = field(default_factory=list)


def countersign(image: Page, assets: Assets, rng: np.random.Generator, unit: float) -> Written:
    """Prints one to four places to sign into an empty spot and fills some of them.

    Args:
        image: Grey uint8 (height, width), drawn on.
        assets: What it is written and printed with.
        rng: Source of chance.
        unit: Page pixels per 1664 of its long side.

    Returns:
        What was written, nothing where the page has no room.
    """
    rows = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.35, 0.15, 0.1]))
    step = rng.uniform(45, 120) * unit
    width, height = rng.uniform(0.3, 0.85) * image.shape[1], (rows + 0.6) * step
    spot = _empty_spot(image, width, height, rng)
    written = Written()
    if spot is None:
        return written
    left, top = spot
    pen = _Printer(image, assets, rng, unit)
    dated = rng.random() < DATED
    stop = left + width * (rng.uniform(0.5, 0.7) if dated else 1)
    for row in range(rows):
        base = top + (row + 1) * step
        signed = rng.random() < SIGNED
        name = words.person(rng) if rng.random() < 0.5 else words.pick(rng, "signing_places")
        pen.rule(left, stop, base, name)
        if signed:
            wide = max((stop - left) * rng.uniform(0.4, 1), 90 * unit)
            mask, darkness = handwriting.signature(rng, assets, wide, rng.uniform(0.5, 1.4) * step, unit)
            x, y = left + rng.uniform(-0.03, 0.2) * width, base - mask.shape[0] * rng.uniform(0.6, 1)
            _lay(image, mask, x, y, darkness, written.signatures)
        if dated:
            start = stop + 0.05 * width
            pen.rule(start, left + width, base, str(rng.choice(DATE_LABELS)))
            if rng.random() < (0.9 if signed else 0.2):
                hand = handwriting.Hand(rng, assets, rng.uniform(12, 38) * unit, unit, exact=True)
                mask, darkness = hand.line(rng, words.jotted_date(rng))
                x = start + rng.uniform(0, 0.5) * max(8 * unit, left + width - start - mask.shape[1])
                y = base - rng.uniform(0.75, 1.1) * mask.shape[0]
                _lay(image, mask, x, y, darkness, written.handwriting)
    return written


class _Printer:
    """Rules and labels of one ink and one face."""

    def __init__(self, image: Page, assets: Assets, rng: np.random.Generator, unit: float) -> None:
        self.image, self.unit = image, unit
        self.dark = int(rng.integers(0, 80))
        face = str(rng.choice(["serif", "sans", "typewriter"]))
        self.face = assets.font(rng, face, rng.uniform(16, 26) * unit)
        self.labelled = rng.random() < 0.85
        self.aside = float(rng.choice([0, 0.5, rng.uniform(0, 1)]))
        """Share of a rule's spare length that its label stands in by."""

    def rule(self, left: float, right: float, base: float, label: str) -> None:
        """Prints a rule and its label below."""
        ends = (round(left), round(base)), (round(right), round(base))
        cv2.line(self.image, *ends, (self.dark,), max(1, round(2 * self.unit)))
        if self.labelled:
            mask = handwriting.drawn_text(label, self.face)
            left += self.aside * max(0.0, right - left - mask.shape[1])
            ink.paste(self.image, mask, round(left), round(base + 3 * self.unit), 0.9)


def _empty_spot(
    image: Page, width: float, height: float, rng: np.random.Generator
) -> tuple[float, float] | None:
    room_x, room_y = 0.95 * image.shape[1] - width, 0.97 * image.shape[0] - height
    if room_x < 0.03 * image.shape[1] or room_y < 0.3 * image.shape[0]:
        return None
    paper = float(np.percentile(image[::4, ::4], 70))
    for _ in range(25):
        x, y = rng.uniform(0.03 * image.shape[1], room_x), rng.uniform(0.25 * image.shape[0], room_y)
        spot = image[round(y) : round(y + height), round(x) : round(x + width)]
        if (spot > paper - 60).mean() >= LEAST_FREE:
            return float(x), float(y)
    return None


def _lay(image: Page, mask: ink.Mask, x: float, y: float, darkness: float, boxes: list[Rectangle]) -> None:
    put = ink.paste(image, mask, round(x), round(y), darkness)
    if put is not None:
        left, top, part = put
        boxes.append((left, top, left + part.shape[1], top + part.shape[0]))
