"""Signatures that can be read: names written out, much as any word is, by people of many tongues.

What tells such a signature from other handwriting is what it says, large capitals and standing alone.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from model.render import ductus, ink, scrawls, words
from model.render.assets import Assets
from model.render.handwriting import Ink, drawn_text, stretched
from model.render.ink import Mask
from model.render.kinematics import Pen, written

IN_TYPE: Final = 0.4
"""Share written in a handwriting font; the rest is written by the stroke model."""

LOWER: Final = 0.06
"""Share of people who sign without capitals."""

TWO_LINES: Final = 0.06
CLIMBING: Final = 0.08
"""Shares signed on two lines, and steeply upwards."""

UNDERLINED, DOTTED = 0.15, 0.35
"""Share of names in a font that a stroke underlines, and of these that have dots below it."""


def plain_name(rng: np.random.Generator, assets: Assets, width: float, height: float, scale: float) -> Ink:
    """A name in ink that fills ``width`` or ``height`` (pixels), underlines aside; ``scale`` is the pen's."""
    pen = Pen.drawn(rng, scale)
    name = full_name(rng)
    if rng.random() < LOWER:
        name = name.lower()
    lines = name.rsplit(" ", 1) if rng.random() < TWO_LINES else [name]
    if rng.random() < IN_TYPE:
        mask = stretched(_in_type(rng, assets, lines), rng.uniform(0.8, 1.3), width, height)
        mask = ink.thickened(mask, rng.uniform(-0.4, 0.8) * scale)
        if rng.random() < UNDERLINED:
            mask = _underlined(mask, rng, pen.width)
    else:
        mask = _penned(rng, lines, pen, width, height)
    turn = rng.uniform(0.25, 0.75) if rng.random() < CLIMBING else rng.normal(0.05, 0.07)
    mask = ink.trim(ink.warped(mask, rng, turn=float(turn), wave=float(rng.uniform(0, 3) * scale)))
    if pen.dryness:
        mask = ink.worn(mask, rng, assets.noise, pen.dryness)
    return Ink(mask, pen.darkness)


def full_name(rng: np.random.Generator) -> str:
    """A name as it is signed by people who sign plainly: mostly in full."""
    given, family = (_part(rng, name) for name in ("given", "family"))
    initial = chr(65 + int(rng.integers(26)))
    forms = (
        f"{given} {family}",
        f"{given} {initial}. {family}",
        f"{given} {initial} {family}",
        f"{given[0]}. {family}",
        f"{given} {_part(rng, 'given')} {family}",
        given,
        family,
    )
    return str(rng.choice(forms, p=[0.46, 0.14, 0.1, 0.08, 0.06, 0.08, 0.08]))


def _part(rng: np.random.Generator, name: str) -> str:
    return words.pick(rng, f"{name}_abroad" if rng.random() < 0.55 else name)


def _in_type(rng: np.random.Generator, assets: Assets, lines: list[str]) -> Mask:
    role = "signed_hand" if rng.random() < 0.7 else "hand"
    face = assets.font(rng, role, 90)
    mask = _stacked([drawn_text(line, face) for line in lines], rng)
    return ink.warped(mask, rng, slant=float(rng.normal(0.05, 0.2)))


def _underlined(mask: Mask, rng: np.random.Generator, pen_width: float) -> Mask:
    """The same ink above a stroke, or two, that may climb and may have dots below."""
    height, width = mask.shape
    thick = max(1, round(pen_width))
    out = np.pad(mask, ((0, height // 2 + 4 * thick), (0, width // 6)))
    y = height * rng.uniform(0.9, 1.15)
    for _ in range(2 if rng.random() < 0.15 else 1):
        start, stop = rng.uniform(-0.02, 0.35) * width, rng.uniform(0.65, 1.15) * width
        bend, climb = rng.normal(0, 0.06) * height, rng.normal(0.05, 0.12) * height
        along = np.linspace(0, 1, 24)
        points = np.column_stack(
            [start + along * (stop - start), y + bend * np.sin(np.pi * along) - climb * along]
        )
        cv2.polylines(out, [np.rint(points).astype(np.int32)], False, (255,), thick, cv2.LINE_AA)
        y += rng.uniform(0.08, 0.16) * height
    if rng.random() < DOTTED:
        at, apart = rng.uniform(0.4, 0.9) * width, rng.uniform(0.04, 0.1) * width
        for number in range(int(rng.integers(1, 4))):
            centre = (round(at + number * apart), round(y + rng.normal(0, 0.02) * height))
            cv2.circle(out, centre, max(1, round(0.8 * thick)), (255,), -1, cv2.LINE_AA)
    return ink.trim(out)


def _penned(rng: np.random.Generator, lines: list[str], pen: Pen, width: float, height: float) -> Mask:
    writer = ductus.Writer(rng, legible=float(rng.uniform(0.55, 1)), upright=bool(rng.random() < 0.5))
    plans = [writer.plan(line, rng) for line in lines]
    if rng.random() < 0.15:
        wide = max(float(run[:, 0].max()) for run in plans[-1].runs)
        plans[-1] = scrawls.joined(plans[-1], scrawls.paraph(rng, wide))
    unit = min(width / max(plan.extent()[0] for plan in plans), height / sum(p.extent()[1] for p in plans))
    x_height = max(3.0, unit)
    return _stacked([written(p, rng, pen, x_height=x_height, overlap=writer.overlap) for p in plans], rng)


def _stacked(masks: list[Mask], rng: np.random.Generator) -> Mask:
    """One below the other, indented at random."""
    indents = [int(rng.uniform(0, 0.3) * mask.shape[1]) if len(masks) > 1 else 0 for mask in masks]
    wide = max(mask.shape[1] + indent for mask, indent in zip(masks, indents, strict=True))
    rows = [
        np.pad(mask, ((0, 2), (indent, wide - mask.shape[1] - indent)))
        for mask, indent in zip(masks, indents, strict=True)
    ]
    return ink.trim(np.vstack(rows))
