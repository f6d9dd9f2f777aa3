"""Layouts with places to sign: forms and contracts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from model.render import marks, words
from model.render.canvas import Canvas
from model.render.stationery import letterhead


def signing_place(canvas: Canvas, x: float, y: float, width: float, *, signed: bool) -> None:
    """A ruled line with its label, a typed name below and a date beside at times; signed or left empty."""
    rng = canvas.rng
    label = words.pick(rng, "signing_places")
    before = label.endswith(":") or label == "X"
    start = x + (canvas.face.getlength(label) + canvas.px(8) if before else 0)
    dated = canvas.chance(0.45)
    stop = x + width * (0.62 if dated else 1)
    if canvas.chance(0.9):
        canvas.line(start, y, stop, y, rng.uniform(1, 3))
    canvas.text(x, y - canvas.size if before else y + canvas.px(4), label)
    if canvas.chance(0.5):
        canvas.text(start, y + canvas.px(4) + (0 if before else canvas.leading), words.person(rng))
    if dated:
        canvas.line(x + width * 0.7, y, x + width, y, 2)
        canvas.text(x + width * 0.7, y + canvas.px(4), "Date")
        if canvas.chance(0.9 if signed else 0.3):
            marks.written_date(canvas, x + width * 0.71, y, width * 0.28)
    if label == "By:":
        _particulars(canvas, x, y, start, stop, signed=signed)
    if signed:
        room = stop - start
        height = rng.uniform(40, 140) * canvas.unit
        wide = max(room * rng.uniform(0.55, 1.2), 0.14 * canvas.width)
        at = start + rng.uniform(-0.05, 0.25) * room
        canvas.sign(at, y + rng.uniform(-0.1, 0.35) * height, wide, height)


def _particulars(canvas: Canvas, x: float, y: float, start: float, stop: float, *, signed: bool) -> None:
    """Who signs for a party, in lines below: title, name, date, filled by hand where it is signed."""
    rng = canvas.rng
    for row in range(int(rng.integers(0, 4))):
        level = y + (row + 2.2) * canvas.leading
        name = str(rng.choice(["Title:", "Name:", "Date:", "Tax ID:", "Address:"]))
        canvas.text(x, level - canvas.size, name)
        canvas.line(start + 2 * canvas.size, level, stop, level, 1.5)
        if not signed or not canvas.chance(0.8):
            continue
        if name == "Title:":
            value = words.pick(rng, "titles")
        else:
            value = str(rng.choice([words.date(rng), words.number(rng), words.person(rng)]))
        hand = canvas.hand(rng.uniform(9, 15))
        canvas.write(hand, start + 2.4 * canvas.size, level, value, width=0.7 * (stop - start))


def signing_block(canvas: Canvas, y: float, *, signed: bool) -> float:
    """One to four places to sign, of which not all need be signed; returns the y below."""
    rng = canvas.rng
    places = int(rng.choice([1, 2, 3, 4, 6], p=[0.35, 0.38, 0.1, 0.12, 0.05]))
    columns = 1 if places == 1 else 2
    room = (canvas.right - canvas.left) / columns
    taken = rng.random(places) < 0.75 if signed else np.zeros(places, bool)
    if signed and not taken.any():
        taken[int(rng.integers(places))] = True
    step = canvas.leading * (rng.uniform(3.2, 5) if canvas.chance(0.7) else rng.uniform(1.9, 3.2))
    for index in range(places):
        row, column = divmod(index, columns)
        x = canvas.left + column * room
        signing_place(
            canvas,
            x,
            y + (row + 1) * step,
            room * 0.85 if columns > 1 else room * rng.uniform(0.4, 0.8),
            signed=bool(taken[index]),
        )
    return y + (places + columns - 1) // columns * step + 2 * canvas.leading


def countersigning(canvas: Canvas, y: float, *, signed: bool) -> float:
    """Who else agrees, below a letter's own signature; returns the y below."""
    agreed = ["ACCEPTED AND AGREED:", "Agreed and accepted by:", "APPROVED:", "Acknowledged:", "Concur:"]
    canvas.text(canvas.left, y, str(canvas.rng.choice(agreed)))
    return signing_block(canvas, y + 0.5 * canvas.leading, signed=signed)


def contract(canvas: Canvas, *, signed: bool) -> None:
    """The last page of an agreement: dense clauses, then the parties' signatures."""
    rng = canvas.rng
    canvas.size *= rng.uniform(0.75, 1)
    canvas.face = canvas.assets.font(rng, canvas.script.name if canvas.script else canvas.body, canvas.size)
    canvas.leading = canvas.size * rng.uniform(1.1, 1.35)
    y = canvas.height * rng.uniform(0.05, 0.1)
    stop = canvas.height * rng.uniform(0.25, 0.72)
    clause = int(rng.integers(1, 20))
    while y < stop:
        canvas.text(canvas.left, y, f"{clause}.")
        y = (
            canvas.paragraph(
                canvas.left + 2.5 * canvas.size, y, canvas.right, int(rng.integers(2, 7)), ragged=False
            )
            + 0.5 * canvas.leading
        )
        clause += 1
    y = canvas.paragraph(canvas.left, y + canvas.leading, canvas.right, 2)
    if canvas.chance(0.5):
        canvas.text(
            canvas.left,
            y,
            str(rng.choice(["ACCEPTED AND AGREED:", "IN WITNESS WHEREOF", "AGREED TO AND ACCEPTED BY:"])),
        )
        y += canvas.leading
    y = signing_block(canvas, y, signed=signed)
    if canvas.chance(0.25):
        marks.stamp(
            canvas, rng.uniform(0.1, 0.7) * canvas.width, min(y - 4 * canvas.leading, 0.85 * canvas.height)
        )
    marks.scatter(canvas, 0.6)


def form(canvas: Canvas, *, signed: bool) -> None:
    """A form of boxes and blanks, typed or filled by hand, with a place to sign."""
    rng = canvas.rng
    y = letterhead(canvas) + canvas.leading
    canvas.size *= 0.8
    canvas.face = canvas.assets.font(rng, canvas.script.name if canvas.script else canvas.body, canvas.size)
    filler = canvas.hand(rng.uniform(10, 17)) if canvas.chance(0.6) else None
    filled = canvas.chance(0.85)
    stop = canvas.height * rng.uniform(0.5, 0.75)
    boxed = canvas.chance(0.6)
    while y < stop:
        cells = int(rng.integers(1, 5))
        height = canvas.leading * rng.uniform(1.5, 2.6)
        edges = np.linspace(canvas.left, canvas.right, cells + 1)
        for x0, x1 in pairwise(edges):
            if boxed:
                canvas.box(x0, y, x1, y + height, 1.5)
            else:
                canvas.line(x0, y + height, x1 - canvas.px(12), y + height, 1.5)
            canvas.text(
                x0 + canvas.px(5), y + canvas.px(2), " ".join(canvas.sentence(int(rng.integers(1, 3))))
            )
            if filled and canvas.chance(0.7):
                value = str(
                    rng.choice(
                        [words.person(rng), words.date(rng), words.number(rng), words.pick(rng, "notes")]
                    )
                )
                if filler:
                    canvas.write(filler, x0 + canvas.px(14), y + height - 2, value, width=(x1 - x0) * 0.8)
                elif canvas.face.getlength(value) < x1 - x0 - 14:
                    canvas.text(x0 + canvas.px(12), y + height - canvas.size * 1.15, value)
        y += height
        if canvas.chance(0.2):
            for index in range(int(rng.integers(1, 5))):
                x = canvas.left + index * (canvas.right - canvas.left) / 5
                canvas.box(x, y + 6, x + canvas.size, y + 6 + canvas.size)
                canvas.text(x + 1.4 * canvas.size, y + 6, canvas.sentence(1)[0])
            y += canvas.leading * 1.8
    y = signing_block(canvas, y + canvas.leading * 0.3, signed=signed)
    marks.scatter(canvas, 0.6)
