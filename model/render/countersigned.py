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

DATED = 0.65
"""Chance that a place has a line for a date beside."""

ABREAST = 0.25
"""Chance that places stand side by side, as where several people checked one sheet."""

BESIDE = 0.35
"""Chance that labels stand before their rules, which may then be left out, instead of below."""

TITLED = 0.2
"""Chance that who signs writes a title or a name in a line below."""

SMALL = 0.3
"""Chance that places are signed in small: initials, or a name squeezed in."""

ILLEGIBLE = 0.5
"""Chance that a date cannot be read as one, so that its label must tell."""

SHOUTED = 0.35
"""Chance that all labels of a page are in capitals."""

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
    columns = int(rng.choice([2, 3])) if rng.random() < ABREAST else 1
    step = rng.uniform(45, 120) * unit
    width, height = rng.uniform(0.3 if columns == 1 else 0.5, 0.85) * image.shape[1], (rows + 0.6) * step
    spot = _empty_spot(image, width, height, rng)
    written = Written()
    if spot is None:
        return written
    left, top = spot
    people = _People(image, assets, rng, unit)
    room = width / columns
    for row in range(rows):
        for column in range(columns):
            start, base = left + column * room, top + (row + 1) * step
            people.place(start, start + room * (0.9 if columns > 1 else 1), base, step, written)
    return written


class _People:
    """Those who sign in one spot: in places printed alike, and all of them large or small."""

    def __init__(self, image: Page, assets: Assets, rng: np.random.Generator, unit: float) -> None:
        self.image, self.assets, self.rng, self.unit = image, assets, rng, unit
        self.printer = _Printer(image, assets, rng, unit)
        self.dated = rng.random() < DATED
        self.small = rng.random() < SMALL
        self.titled = rng.random() < TITLED
        self.share = rng.uniform(0.5, 0.7) if self.dated else 1.0
        """Of a place, where its rule for the signature ends."""

    def place(self, left: float, right: float, base: float, step: float, written: Written) -> None:
        """Prints a place to sign between two sides above a base, and fills it at times."""
        rng = self.rng
        signed = rng.random() < SIGNED
        name = words.person(rng) if rng.random() < 0.5 else words.pick(rng, "signing_places")
        stop = left + (right - left) * self.share
        begin = self.printer.rule(left, stop, base, name)
        if signed:
            self._sign(begin, stop, base, step, written.signatures)
        if self.dated:
            start = stop + 0.05 * (right - left)
            begin = self.printer.rule(start, right, base, str(rng.choice(DATE_LABELS)))
            if rng.random() < (0.9 if signed else 0.2):
                self._date(begin, right, base, written.handwriting)
        if self.titled and step > 75 * self.unit:
            level = base + 0.5 * step
            begin = self.printer.rule(
                left, stop, level, str(rng.choice(["Title:", "Name:", "Title", "Name"]))
            )
            if signed:
                text = words.pick(rng, "titles") if rng.random() < 0.7 else words.person(rng)
                self._write(text, begin, stop, level, written.handwriting, large=0.6)

    def _sign(self, left: float, stop: float, base: float, step: float, boxes: list[Rectangle]) -> None:
        rng, unit = self.rng, self.unit
        if self.small:
            wide, tall = rng.uniform(28, 90) * unit, min(rng.uniform(20, 50) * unit, step)
        else:
            wide, tall = max((stop - left) * rng.uniform(0.4, 1), 90 * unit), rng.uniform(0.5, 1.4) * step
        mask, darkness = handwriting.signature(rng, self.assets, wide, tall, unit)
        spare = max(0.0, stop - left - mask.shape[1])
        x, y = left + rng.uniform(-0.05, 0.6) * spare, base - mask.shape[0] * rng.uniform(0.6, 1)
        _lay(self.image, mask, x, y, darkness, boxes)

    def _date(self, left: float, right: float, base: float, boxes: list[Rectangle]) -> None:
        rng, unit = self.rng, self.unit
        if not self.printer.labels or rng.random() >= ILLEGIBLE:
            self._write(words.jotted_date(rng), left, right, base, boxes)
            return
        mask, darkness = handwriting.signature(
            rng, self.assets, rng.uniform(60, 220) * unit, rng.uniform(20, 60) * unit, unit
        )
        x = left + rng.uniform(0, 0.6) * max(8 * unit, right - left - mask.shape[1])
        _lay(self.image, mask, x, base - rng.uniform(0.75, 1.1) * mask.shape[0], darkness, boxes)

    def _write(
        self,
        text: str,
        start: float,
        right: float,
        base: float,
        boxes: list[Rectangle],
        *,
        large: float = 1.0,
    ) -> None:
        rng, unit = self.rng, self.unit
        hand = handwriting.Hand(rng, self.assets, large * rng.uniform(12, 38) * unit, unit, exact=True)
        mask, darkness = hand.line(rng, text)
        x = start + rng.uniform(0, 0.5) * max(8 * unit, right - start - mask.shape[1])
        y = base - rng.uniform(0.75, 1.1) * mask.shape[0]
        _lay(self.image, mask, x, y, darkness, boxes)


class _Printer:
    """Rules and labels of one ink and one face."""

    def __init__(self, image: Page, assets: Assets, rng: np.random.Generator, unit: float) -> None:
        self.image, self.unit = image, unit
        self.dark = int(rng.integers(0, 80))
        face = str(rng.choice(["serif", "sans", "typewriter"]))
        self.face = assets.font(rng, face, rng.uniform(14, 28) * unit)
        self.shouts = rng.random() < SHOUTED
        self.below = rng.uniform(1, 10) * unit
        self.labelled = rng.random() < 0.85
        self.aside = float(rng.choice([0, 0.5, rng.uniform(0, 1)]))
        """Share of a rule's spare length that its label below stands in by."""
        self.beside = rng.random() < BESIDE
        self.ruled = not self.beside or rng.random() < 0.6

    @property
    def labels(self) -> bool:
        """Whether it prints labels at all, before its rules or below."""
        return self.beside or self.labelled

    def rule(self, left: float, right: float, base: float, label: str) -> float:
        """Prints a rule and its label, before it or below; returns where it begins."""
        mask = handwriting.drawn_text(label.upper() if self.shouts else label, self.face)
        if self.beside:
            ink.paste(self.image, mask, round(left), round(base - mask.shape[0]), 0.9)
            left += mask.shape[1] + 8 * self.unit
        elif self.labelled:
            at = left + self.aside * max(0.0, right - left - mask.shape[1])
            ink.paste(self.image, mask, round(at), round(base + self.below), 0.9)
        if self.ruled and left < right:
            ends = (round(left), round(base)), (round(right), round(base))
            cv2.line(self.image, *ends, (self.dark,), max(1, round(2 * self.unit)))
        return left


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
