"""Parts that letters share: a firm's head, an address, the closing with its signature, tables."""

from __future__ import annotations

import numpy as np

from model.render import devices, words
from model.render.canvas import Canvas


def letterhead(canvas: Canvas) -> float:
    """Print a firm's head with a device, an address and rules; returns the y below it."""
    rng = canvas.rng
    if canvas.chance(0.25):
        return canvas.height * rng.uniform(0.05, 0.12)
    role = str(rng.choice(["serif", "sans", "script"], p=[0.5, 0.3, 0.2]))
    big = canvas.assets.font(rng, role, rng.uniform(30, 64) * canvas.unit)
    small = canvas.assets.font(rng, str(rng.choice(["serif", "sans"])), rng.uniform(13, 18) * canvas.unit)
    name = words.company(rng)
    if role != "script" and canvas.chance(0.5):
        name = name.upper()
    anchor, x = ("ma", canvas.width / 2) if canvas.chance(0.6) else ("la", canvas.left)
    y = canvas.height * rng.uniform(0.025, 0.06)
    if canvas.chance(0.6):
        device = devices.logo(canvas, rng.uniform(60, 170))
        at = x - device.shape[1] / 2 if anchor == "ma" else x
        canvas.stretched_print(device, at, y)
        if anchor == "ma" or canvas.chance(0.5):
            y += device.shape[0] + canvas.px(8)
        else:
            x += device.shape[1] + canvas.px(16)
    canvas.text(x, y, name, big, anchor=anchor)
    y += big.size * 1.2
    for _ in range(int(rng.integers(1, 4))):
        street, town = words.pick(rng, "companies"), words.pick(rng, "companies")
        line = f"{rng.integers(1, 9999)} {street} Street, {town} {rng.integers(10000, 99999)}"
        canvas.text(
            x,
            y,
            line
            if canvas.chance(0.7)
            else f"Telephone ({rng.integers(100, 999)}) {rng.integers(100, 999)}-{rng.integers(1000, 9999)}",
            small,
            anchor=anchor,
        )
        y += small.size * 1.25
    if canvas.chance(0.3):
        canvas.line(canvas.left, y + 6, canvas.right, y + 6, rng.uniform(1, 5))
        y += canvas.px(14)
    return y


def address(canvas: Canvas, y: float) -> float:
    """Print whom the letter is for; returns the y below."""
    rng = canvas.rng
    rows = [
        words.person(rng),
        words.pick(rng, "titles"),
        words.company(rng),
        f"{rng.integers(1, 999)} {words.pick(rng, 'family')} Avenue",
    ]
    for row in rows[: int(rng.integers(2, 5))]:
        canvas.text(canvas.left, y, row)
        y += canvas.leading
    return y


def closing(canvas: Canvas, y: float, *, signed: bool) -> float:
    """Print 'Sincerely,' and a typed name, and sign between and over them; returns the y below."""
    rng = canvas.rng
    x = (
        canvas.left
        if canvas.chance(0.45)
        else canvas.left + (canvas.right - canvas.left) * rng.uniform(0.4, 0.62)
    )
    closes = canvas.chance(0.92)
    if closes:
        text = (
            words.pick(rng, "closings")
            if canvas.script is None or canvas.chance(0.5)
            else " ".join(canvas.sentence(2))
        )
        canvas.text(x, y, text)
        y += canvas.leading
        if canvas.chance(0.2):
            canvas.text(x, y, words.company(rng).upper())
            y += canvas.leading
    gap = canvas.leading * rng.uniform(1.6, 3.6)
    columns = 2 if canvas.chance(0.08) else 1
    for column in range(columns):
        at = x if columns == 1 else canvas.left + column * (canvas.right - canvas.left) * 0.52
        if signed:
            width = canvas.width * float(np.clip(rng.lognormal(np.log(0.29), 0.25), 0.12, 0.46))
            height = rng.uniform(0.045, 0.11) * canvas.height
            canvas.sign(
                at + rng.normal(0, 0.03) * canvas.width, y + gap * rng.uniform(0.75, 1.3), width, height
            )
        elif canvas.chance(0.1):
            canvas.text(at, y + gap - canvas.leading, f"/s/ {words.person(rng)}")
        below = y + gap
        if canvas.chance(0.12):
            canvas.line(at, below, at + 0.3 * canvas.width, below)
        if canvas.chance(0.88):
            canvas.text(at, below + 2, words.person(rng))
            if canvas.chance(0.75):
                canvas.text(at, below + canvas.leading, words.pick(rng, "titles"))
    return y + gap + 2.4 * canvas.leading


def after_closing(canvas: Canvas, y: float) -> None:
    """Print the typist's initials, the enclosures and who gets copies."""
    rng = canvas.rng
    if canvas.chance(0.5):
        canvas.text(
            canvas.left,
            y,
            "".join(words.pick(rng, "given")[0] for _ in range(3))
            + f"/{words.pick(rng, 'given')[:2].lower()}",
        )
        y += canvas.leading
    if canvas.chance(0.4):
        canvas.text(canvas.left, y, str(rng.choice(["Enclosure", "Attachments", "Encl.", "Enclosures (2)"])))
        y += canvas.leading
    if canvas.chance(0.5):
        for index in range(int(rng.integers(1, 5))):
            canvas.text(canvas.left, y, ("cc:  " if index == 0 else "     ") + words.person(rng))
            y += canvas.leading


def table(canvas: Canvas, y: float, height: float) -> float:
    """A ruled or open table of words and numbers; returns the y below."""
    rng = canvas.rng
    columns = int(rng.integers(2, 7))
    rows = max(2, int(height / (canvas.leading * 1.1)))
    edges = [
        canvas.left + (canvas.right - canvas.left) * share
        for share in [0, *sorted(rng.uniform(0.2, 0.95, columns - 1)), 1]
    ]
    ruled = canvas.chance(0.5)
    for row in range(rows):
        for column in range(columns):
            room = edges[column + 1] - edges[column] - canvas.px(12)
            cell = words.number(rng) if column and row else canvas.sentence(1)[0]
            if canvas.face.getlength(cell) < room:
                canvas.text(edges[column] + canvas.px(6), y + canvas.px(2), cell)
        if ruled:
            canvas.line(edges[0], y, edges[-1], y, 1)
        y += canvas.leading * 1.1
    if ruled:
        canvas.line(edges[0], y, edges[-1], y, 1)
        for edge in edges:
            canvas.line(edge, y - rows * canvas.leading * 1.1, edge, y, 1)
    return y + canvas.leading * 0.5
