"""Handwritten ink at a wanted size: signatures, and handwriting that is not a signature."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model.render import ductus, figures, ink, scrawls, words
from model.render.assets import Assets, covers
from model.render.ink import Mask
from model.render.kinematics import Pen, Plan, written

Face = ImageFont.FreeTypeFont | ImageFont.ImageFont

HURRIED: Final = 0.6
"""Share of hands that jot dates in a hurry."""


FIGURES = 0.25
"""Share of scrawls that are a figure more than writing."""

NARROW: Final = (0.55, 1.05)
"""Width of figures against the stroke model's: in dates they stand close."""


class Ink(NamedTuple):
    """Coverage and the darkness it was laid with, 0 to 1."""

    mask: Mask
    darkness: float


def _fitted(
    plan: Plan, rng: np.random.Generator, pen: Pen, width: float, height: float, overlap: float
) -> Mask:
    extent = plan.extent()
    unit = min(width / float(extent[0]), height / float(extent[1]))
    return written(plan, rng, pen, x_height=max(3.0, unit), overlap=overlap)


def signature(rng: np.random.Generator, assets: Assets, width: float, height: float, scale: float) -> Ink:
    """Ink of one signature that fills ``width`` or ``height`` (pixels), whichever is met first.

    Real ink where there is some, else written with the stroke model: names, also plainly written ones,
    initials, scrawls, paraphs, and the hands of other scripts. ``scale`` is page pixels per 1664 and sizes
    the pen.
    """
    pen = Pen.drawn(rng, scale)
    kinds = ["real", "name", "plain", "scrawl", "initials", "font", "arabic", "han"]
    chances = np.array([0.36 if assets.signatures else 0.0, 0.25, 0.08, 0.13, 0.05, 0.08, 0.025, 0.025])
    kind = str(rng.choice(kinds, p=chances / chances.sum()))
    if kind == "real":
        mask = _real_signature(rng, assets, width, height, scale)
    elif kind == "font":
        mask = _font_signature(rng, assets, width, height)
    else:
        mask = _stroke_signature(rng, kind, pen, width, height)
    if pen.dryness:
        mask = ink.worn(mask, rng, assets.noise, pen.dryness)
    return Ink(mask, pen.darkness)


def _real_signature(
    rng: np.random.Generator, assets: Assets, width: float, height: float, scale: float
) -> Mask:
    mask = stretched(assets.signature(rng), rng.uniform(0.8, 1.3), width, height)
    mask = ink.warped(
        mask,
        rng,
        slant=rng.normal(0, 0.14),
        turn=rng.normal(0, 0.05),
        wave=rng.choice([0, rng.uniform(1, 4)]),
    )
    return ink.trim(ink.thickened(mask, rng.uniform(-0.6, 0.9) * scale))


def stretched(mask: Mask, stretch: float, width: float, height: float) -> Mask:
    """Widened by ``stretch`` and scaled to fill ``width`` or ``height``, whichever is met first."""
    unit = min(width / (mask.shape[1] * stretch), height / mask.shape[0])
    return ink.resized(mask, round(mask.shape[1] * unit * stretch), round(mask.shape[0] * unit))


def _stroke_signature(rng: np.random.Generator, kind: str, pen: Pen, width: float, height: float) -> Mask:
    overlap = rng.uniform(0.45, 0.75)
    if kind in {"name", "plain"}:
        plain = kind == "plain"
        writer = ductus.Writer(rng, legible=rng.uniform(0.75, 1) if plain else None, upright=plain)
        plan = writer.plan(signed_name(rng), rng)
        overlap = writer.overlap
    elif kind == "initials":
        writer = ductus.Writer(rng)
        letters = "".join(chr(65 + int(rng.integers(26))) for _ in range(int(rng.integers(1, 4))))
        plan = writer.plan(letters, rng)
        width *= 0.6
    elif kind == "arabic":
        plan = scrawls.arabic_hand(rng)
    elif kind == "han":
        plan, overlap = scrawls.han_hand(rng), rng.uniform(0.2, 0.5)
    else:
        plan = figures.figure(rng) if rng.random() < FIGURES else scrawls.scrawl(rng)
    if kind != "plain" and rng.random() < 0.3:
        plan = scrawls.joined(plan, scrawls.paraph(rng, float(plan.extent()[0])))
    mask = _fitted(plan, rng, pen, width, height, overlap)
    return ink.warped(mask, rng, turn=rng.normal(0.03, 0.06)) if rng.random() < 0.6 else mask


def signed_name(rng: np.random.Generator) -> str:
    """How people sign: in full, with initials, by first name or by last name."""
    given, family = words.pick(rng, "given"), words.pick(rng, "family")
    kind = rng.random()
    if kind < 0.35:
        return f"{given} {chr(65 + int(rng.integers(24)))}. {family}"
    if kind < 0.55:
        return f"{given[0]}. {chr(65 + int(rng.integers(24)))}. {family}"
    if kind < 0.72:
        return f"{given} {family}"
    if kind < 0.82:
        return f"{given[0]} {family}"
    return given if kind < 0.93 else family


def _font_signature(rng: np.random.Generator, assets: Assets, width: float, height: float) -> Mask:
    face = assets.font(rng, str(rng.choice(["han_hand", "hand", "signed_hand"], p=[0.15, 0.3, 0.55])), 90)
    name = signed_name(rng)
    if assets.fonts and covers(str(face.path), "\u4e00"):
        han = next(script for script in words.SCRIPTS if script.name == "han")
        letters = [letter for letter in words.word(rng, han) if covers(str(face.path), letter)]
        name = "".join(letters[: int(rng.integers(2, 4))]) or name
    mask = stretched(drawn_text(name, face), rng.uniform(0.8, 1.5), width, height)
    mask = ink.warped(
        mask,
        rng,
        slant=rng.normal(0.1, 0.2),
        turn=rng.normal(0.03, 0.06),
        wave=rng.uniform(2, 5) * height / 100,
    )
    return ink.trim(ink.thickened(mask, rng.uniform(-0.4, 0.8)))


def drawn_text(text: str, face: Face) -> Mask:
    """Text as trimmed coverage."""
    left, top, right, bottom = (int(value) for value in face.getbbox(text))
    image = Image.new("L", (max(1, right - left + 8), max(1, bottom - top + 8)))
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, 255, face)
    return ink.trim(np.array(image))


class Hand:
    """A person writing on a page: the same pen, letters and size from word to word."""

    def __init__(
        self, rng: np.random.Generator, assets: Assets, x_height: float, scale: float, *, exact: bool = False
    ) -> None:
        """Draws a hand.

        Args:
            rng: source of chance.
            assets: fonts and real ink.
            x_height: pixels.
            scale: page pixels per 1664; sizes the pen.
            exact: writes what it is told and never other words that somebody really wrote: for dates.
        """
        self.assets, self.x_height = assets, x_height
        self.pen = Pen.drawn(rng, scale * min(1.0, 0.55 + x_height / 40))
        hurried = exact and bool(rng.random() < HURRIED)
        self.width = float(rng.uniform(*NARROW)) if exact else 1.0
        self.writer = ductus.Writer(rng, legible=float(rng.uniform(0.75, 1)), upright=True, hurried=hurried)
        self.slant, self.wave = float(rng.normal(0.03, 0.15)), float(rng.uniform(0.5, 2))
        sources = [source for source, masks in assets.handwriting.items() if masks]
        chance = rng.random()
        self.source = str(rng.choice(sources)) if sources and chance < 0.4 and not exact else None
        self.face = assets.font(rng, "hand", x_height * 2.6) if 0.4 <= chance < 0.65 and not hurried else None

    def line(self, rng: np.random.Generator, text: str) -> Ink:
        """One line of this hand's writing; hands made of real words write words of their own."""
        if self.source is not None:
            mask = self._real_line(rng, max(1, len(text.split())))
        elif self.face is not None:
            mask = ink.warped(drawn_text(text, self.face), rng, slant=self.slant, wave=self.wave)
        else:
            plan = self.writer.plan(text, rng)
            mask = written(plan, rng, self.pen, x_height=self.x_height, overlap=self.writer.overlap)
        if self.width != 1:
            mask = ink.resized(mask, max(1, round(self.width * mask.shape[1])), mask.shape[0])
        if self.pen.dryness:
            mask = ink.worn(mask, rng, self.assets.noise, self.pen.dryness)
        return Ink(mask, self.pen.darkness)

    def _real_line(self, rng: np.random.Generator, count: int) -> Mask:
        stock = self.assets.handwriting[str(self.source)]
        parts = []
        for _ in range(min(count, 12)):
            mask = stock[int(rng.integers(len(stock)))]
            unit = self.x_height * 2.6 / 64
            mask = ink.resized(mask, round(mask.shape[1] * unit), round(mask.shape[0] * unit))
            parts.append(mask)
        tall = max(mask.shape[0] for mask in parts)
        gap = round(self.x_height * 0.7)
        row = [np.pad(mask, ((tall - mask.shape[0], 0), (0, gap))) for mask in parts]
        return ink.trim(np.hstack(row))


def circled(rng: np.random.Generator, mask: Mask, pen_width: float) -> Mask:
    """The same ink with a hand-drawn ring about it."""
    height, width = mask.shape
    margin = round(0.35 * min(height, width) + 8)
    out = np.pad(mask, margin + 6)
    cv2.polylines(out, [ring(rng, width + margin, height + margin, (out.shape[1] / 2, out.shape[0] / 2))],
                  False, 255, max(1, round(pen_width)), cv2.LINE_AA)  # fmt: skip
    return ink.trim(out)


def ring(
    rng: np.random.Generator, width: float, height: float, centre: tuple[float, float]
) -> NDArray[np.int32]:
    """Points of a closed or overshooting hand-drawn oval, int32 (n, 2)."""
    start = rng.uniform(0, 2 * np.pi)
    angle = np.linspace(start, start + rng.uniform(1.9, 2.3) * np.pi, 60)
    radius = 1 + 0.06 * np.sin(angle * 0.9 + rng.uniform(0, 6)) + 0.04 * np.sin(2.3 * angle)
    x = centre[0] + width / 2 * radius * np.cos(angle)
    y = centre[1] + height / 2 * radius * np.sin(angle)
    return np.stack([x, y], axis=1).astype(np.int32)
