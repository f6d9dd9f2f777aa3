"""Layouts of certificates, with their borders and security print, and of plain print that nobody signs."""

from __future__ import annotations

import cv2
import numpy as np

from model.render import devices, ink, marks, words
from model.render.canvas import Canvas
from model.render.stationery import table


def guilloche(canvas: Canvas, x0: float, y0: float, x1: float, y1: float, tone: int) -> None:
    """Interlaced waves as security print has them, in grey ``tone``."""
    rng = canvas.rng
    page = np.array(canvas.image)
    xs = np.arange(x0, x1, 3)
    waves, deep = rng.uniform(0.5, 4, 2), rng.uniform(8, 40) * canvas.unit
    for level in np.arange(y0, y1, max(6.0, rng.uniform(8, 22) * canvas.unit)):
        ys = level + deep * np.sin(waves[0] * 2 * np.pi * xs / canvas.width + level / 60) * np.cos(
            waves[1] * xs / 200
        )
        cv2.polylines(page, [np.stack([xs, ys], axis=1).astype(np.int32)], False, tone, 1, cv2.LINE_AA)
    canvas.stretched_print(255 - page, 0, 0)


def ornate_border(canvas: Canvas) -> None:
    """A certificate's border: nested frames, rosettes in a row, or braided waves."""
    rng = canvas.rng
    margin = canvas.px(rng.uniform(15, 50))
    x0, y0, x1, y1 = margin, margin, canvas.width - margin, canvas.height - margin
    for step in range(int(rng.integers(1, 5))):
        inset = step * rng.uniform(6, 16) * canvas.unit
        canvas.box(x0 + inset, y0 + inset, x1 - inset, y1 - inset, rng.choice([1, 2, 5, 9]))
    if canvas.chance(0.6):
        page = np.array(canvas.image)
        device = devices.logo(canvas, rng.uniform(20, 46))
        side = max(device.shape)
        for x in np.arange(x0, x1 - side, side * 1.1):
            ink.paste(page, device, int(x), y0, 0.8)
            ink.paste(page, device, int(x), y1 - side, 0.8)
        for y in np.arange(y0, y1 - side, side * 1.1):
            ink.paste(page, device, x0, int(y), 0.8)
            ink.paste(page, device, x1 - side, int(y), 0.8)
        canvas.stretched_print(255 - page, 0, 0)


def certificate(canvas: Canvas, *, signed: bool) -> None:
    """A certificate: border, crest, large centred lines, seal, one to four signatures over their names."""
    rng = canvas.rng
    if canvas.chance(0.35):
        guilloche(canvas, 0, 0, canvas.width, canvas.height, int(rng.integers(200, 245)))
    if canvas.chance(0.8):
        ornate_border(canvas)
    y = canvas.height * rng.uniform(0.06, 0.12)
    if canvas.chance(0.65):
        crest = devices.logo(canvas, rng.uniform(90, 220))
        canvas.stretched_print(crest, canvas.width / 2 - crest.shape[1] / 2, y)
        y += crest.shape[0] + canvas.px(12)
    _citation(canvas, y)
    seal_x = canvas.width * rng.choice([0.12, 0.42, 0.72])
    if canvas.chance(0.6):
        seal = devices.round_seal(canvas, rng.uniform(130, 240))
        seal_y = canvas.height * rng.uniform(0.68, 0.82)
        canvas.stretched_print(seal, seal_x, seal_y, float(rng.uniform(0.4, 1)))
    base = _officers(canvas, signed=signed)
    if canvas.chance(0.2):
        marks.stamp(canvas, rng.uniform(0.1, 0.7) * canvas.width, base - 120 * canvas.unit)


def _citation(canvas: Canvas, y: float) -> None:
    """Who certifies what of whom, in centred lines of their own sizes, from ``y`` down."""
    rng = canvas.rng
    role = str(rng.choice(["serif", "script", "sans"], p=[0.5, 0.4, 0.1]))
    ranges = ((50, 90), (22, 34), (40, 72), (22, 32), (20, 30), (20, 28))
    sizes = [rng.uniform(*bounds) for bounds in ranges]
    lines = [
        words.company(rng),
        " ".join(canvas.sentence(4)),
        words.person(rng),
        " ".join(canvas.sentence(7)),
        " ".join(canvas.sentence(6)),
        words.date(rng),
    ]
    for size, line in zip(sizes, lines, strict=True):
        face = canvas.assets.font(rng, role if canvas.chance(0.6) else "serif", size * canvas.unit)
        share = min(1.0, 0.82 * canvas.width / max(1.0, face.getlength(line)))
        if share < 1:
            face = face.font_variant(size=max(6, int(face.size * share)))
        canvas.text(canvas.width / 2, y, line, face, anchor="ma")
        y += face.size * rng.uniform(1.5, 2.2)


def _officers(canvas: Canvas, *, signed: bool) -> float:
    """One to four names with their titles, signed above; returns the y of their line."""
    rng = canvas.rng
    places = int(rng.choice([1, 2, 3, 4], p=[0.3, 0.45, 0.17, 0.08]))
    base = float(canvas.height * rng.uniform(0.78, 0.88))
    room = canvas.width * 0.8 / places
    small = canvas.assets.font(rng, "serif", rng.uniform(16, 24) * canvas.unit)
    for index in range(places):
        x = canvas.width * 0.1 + index * room
        if places == 1:
            x = canvas.width * rng.uniform(0.1, 0.6)
        wide = min(room * 0.75, canvas.width * 0.34)
        if canvas.chance(0.75):
            canvas.line(x, base, x + wide, base, 2)
        below = base + canvas.px(5)
        canvas.text(x + wide / 2, below, words.person(rng), small, anchor="ma")
        canvas.text(x + wide / 2, below + small.size * 1.2, words.pick(rng, "titles"), small, anchor="ma")
        if signed and (canvas.chance(0.85) or index == 0):
            high = rng.uniform(50, 150) * canvas.unit
            start, level = x + rng.uniform(-0.05, 0.3) * wide, base + rng.uniform(0, 0.3) * high
            canvas.sign(start, level, wide * rng.uniform(0.6, 1.2), high)
    return base


def plain_print(canvas: Canvas, *, signed: bool) -> None:
    """A page of a book, journal or report: columns, headings, figures, tables; nobody signs it."""
    rng = canvas.rng
    columns = int(rng.choice([1, 2, 3], p=[0.5, 0.4, 0.1]))
    canvas.size *= rng.uniform(0.65, 1.1)
    role = canvas.script.name if canvas.script else canvas.body
    canvas.face, canvas.leading = (
        canvas.assets.font(rng, role, canvas.size),
        canvas.size * rng.uniform(1.1, 1.4),
    )
    top = canvas.height * rng.uniform(0.04, 0.1)
    if canvas.chance(0.6):
        face = canvas.assets.font(rng, role, canvas.size * rng.uniform(1.4, 2.6))
        canvas.text(canvas.left, top, " ".join(canvas.sentence(5)), face)
        top += face.size * 1.8
    room = (canvas.right - canvas.left) / columns
    for column in range(columns):
        x, y = canvas.left + column * room, top
        right = x + room - (canvas.px(26) if columns > 1 else 0)
        while y < canvas.height * 0.9:
            chance = rng.random()
            if chance < 0.08:
                height = min(rng.uniform(120, 380) * canvas.unit, canvas.height * 0.92 - y)
                devices.halftone(canvas, x, y, right - x, max(20.0, height))
                y += height + canvas.leading
            elif chance < 0.13 and columns == 1:
                y = table(canvas, y, canvas.height * 0.12)
            else:
                lines = min(int(rng.integers(3, 14)), int((canvas.height * 0.94 - y) / canvas.leading) + 1)
                y = canvas.paragraph(
                    x, y, right, lines, indent=canvas.size * 1.5, ragged=False
                ) + canvas.leading * rng.choice([0, 0.6])
    marks.scatter(canvas, 0.7)
