"""Layouts of correspondence: letters, memos, fax covers, typescripts, handwritten letters."""

from __future__ import annotations

import numpy as np

from model.render import marks, words
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
        device = marks.logo(canvas, rng.uniform(60, 170))
        at = x - device.shape[1] / 2 if anchor == "ma" else x
        canvas.stretched_print(device, at, y)
        if anchor == "ma" or canvas.chance(0.5):
            y += device.shape[0] + canvas.px(8)
        else:
            x += device.shape[1] + canvas.px(16)
    canvas.text(x, y, name, big, anchor=anchor)
    y += big.size * 1.2
    for _ in range(int(rng.integers(1, 4))):
        line = f"{rng.integers(1, 9999)} {words.pick(rng, 'companies')} Street, {words.pick(rng, 'companies')} {rng.integers(10000, 99999)}"
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


def _address(canvas: Canvas, y: float) -> float:
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


def _after(canvas: Canvas, y: float) -> None:
    rng = canvas.rng
    if canvas.chance(0.5):
        canvas.text(
            canvas.left,
            y,
            f"{words.person(rng)[:1]}{words.person(rng)[:1]}{words.person(rng)[:1]}/{words.pick(rng, 'given')[:2].lower()}",
        )
        y += canvas.leading
    if canvas.chance(0.4):
        canvas.text(canvas.left, y, str(rng.choice(["Enclosure", "Attachments", "Encl.", "Enclosures (2)"])))
        y += canvas.leading
    if canvas.chance(0.5):
        for index in range(int(rng.integers(1, 5))):
            canvas.text(canvas.left, y, ("cc:  " if index == 0 else "     ") + words.person(rng))
            y += canvas.leading


def letter(canvas: Canvas, *, signed: bool) -> None:
    """A business letter, or its last page."""
    rng = canvas.rng
    continued = canvas.chance(0.22)
    if continued:
        y = canvas.height * rng.uniform(0.05, 0.1)
        for row in (words.person(rng), words.date(rng), f"Page {rng.integers(2, 6)}"):
            canvas.text(canvas.left, y, row)
            y += canvas.leading
    else:
        y = letterhead(canvas) + canvas.leading * rng.uniform(0.5, 3)
        canvas.text(
            canvas.left if canvas.chance(0.5) else canvas.right - 0.25 * canvas.width, y, words.date(rng)
        )
        y = _address(canvas, y + canvas.leading * rng.uniform(1.5, 3)) + canvas.leading
        canvas.text(canvas.left, y, f"Dear {words.pick(rng, 'given')}:")
        y += 2 * canvas.leading
    limit = canvas.height * rng.uniform(0.35, 0.8)
    indent = canvas.size * rng.choice([0, 2.5])
    ragged = canvas.chance(0.6)
    while y < limit:
        y = canvas.paragraph(
            canvas.left, y, canvas.right, int(rng.integers(2, 8)), indent=indent, ragged=ragged
        )
        y += canvas.leading * rng.choice([0.1, 0.5, 1])
    y = closing(canvas, y + canvas.leading, signed=signed)
    if y < 0.9 * canvas.height:
        _after(canvas, y + canvas.leading)
    marks.scatter(canvas)


def memo(canvas: Canvas, *, signed: bool) -> None:
    """A memorandum with its head; signed at the foot or beside the sender's name."""
    rng = canvas.rng
    y = letterhead(canvas) + canvas.leading
    bold = canvas.assets.font(rng, "sans", rng.uniform(24, 44) * canvas.unit)
    canvas.text(
        canvas.left if canvas.chance(0.5) else canvas.right - 0.3 * canvas.width,
        y,
        str(rng.choice(["Memorandum", "MEMORANDUM", "INTER-OFFICE MEMO", "MEMO"])),
        bold,
    )
    y += bold.size * 1.6
    beside = signed and canvas.chance(0.25)
    for label in ("TO:", "FROM:", "DATE:", "SUBJECT:"):
        canvas.text(canvas.left, y, label)
        at = canvas.left + canvas.size * 6
        if label == "DATE:":
            canvas.text(at, y, words.date(rng))
        elif label == "SUBJECT:":
            canvas.text(at, y, " ".join(canvas.sentence(5)))
        else:
            width = canvas.text(at, y, words.person(rng))
            if label == "FROM:" and beside:
                canvas.sign(
                    at + width + canvas.px(20),
                    y + canvas.size,
                    canvas.width * rng.uniform(0.08, 0.22),
                    canvas.leading * 2,
                )
        y += canvas.leading * 1.4
    canvas.line(canvas.left, y, canvas.right, y, rng.uniform(1, 5))
    y += canvas.leading
    if canvas.chance(0.25):
        y = table(canvas, y, canvas.height * rng.uniform(0.1, 0.3))
    while y < canvas.height * rng.uniform(0.4, 0.75):
        y = canvas.paragraph(canvas.left, y, canvas.right, int(rng.integers(2, 7))) + canvas.leading * 0.6
    if signed and not beside:
        canvas.sign(
            canvas.left + rng.uniform(0.3, 0.6) * canvas.width,
            y + canvas.leading * 2.4,
            canvas.width * rng.uniform(0.1, 0.3),
        )
        y += canvas.leading * 3
        if canvas.chance(0.5):
            canvas.text(canvas.left + 0.45 * canvas.width, y, words.person(rng))
    _after(canvas, y + canvas.leading)
    marks.scatter(canvas)


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


def fax_cover(canvas: Canvas, *, signed: bool) -> None:
    """A fax cover sheet with a sender's line, blanks filled by hand, and a message."""
    rng = canvas.rng
    tiny = canvas.assets.font(rng, "receipt", 15 * canvas.unit)
    canvas.text(
        canvas.left,
        6,
        f"{words.date(rng)}  {rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}   {words.company(rng).upper()}   P.{rng.integers(1, 9):02d}",
        tiny,
    )
    y = letterhead(canvas) + canvas.leading
    bold = canvas.assets.font(rng, str(rng.choice(["sans", "serif"])), rng.uniform(40, 110) * canvas.unit)
    canvas.text(canvas.left, y, str(rng.choice(["FAX", "Fax Transmission", "FACSIMILE", "TELECOPY"])), bold)
    y += bold.size * 1.5
    by_hand = canvas.chance(0.6)
    writer = canvas.hand(rng.uniform(13, 22))
    for label in ("To:", "From:", "Fax No.:", "Date:", "Pages:", "Re:"):
        canvas.text(canvas.left, y, label)
        at = canvas.left + canvas.size * 5
        value = {
            "Date:": words.date(rng),
            "Pages:": str(rng.integers(1, 20)),
            "Re:": words.pick(rng, "notes"),
        }.get(label, words.person(rng))
        if by_hand:
            canvas.line(at, y + canvas.size, canvas.right, y + canvas.size, 1)
            canvas.write(writer, at + canvas.px(8), y + canvas.size, value, width=0.5 * canvas.width)
        else:
            canvas.text(at, y, value)
        y += canvas.leading * rng.uniform(1.3, 2)
    y += canvas.leading
    if canvas.chance(0.4):
        for _ in range(int(rng.integers(2, 7))):
            canvas.write(writer, canvas.left, y, " ".join(canvas.sentence(6)), width=0.75 * canvas.width)
            y += writer.x_height * 3.2
    else:
        y = canvas.paragraph(canvas.left, y, canvas.right, int(rng.integers(2, 8)))
    if signed:
        canvas.sign(
            canvas.left + rng.uniform(0, 0.5) * canvas.width,
            y + canvas.leading * 3,
            canvas.width * rng.uniform(0.12, 0.33),
        )
    if canvas.chance(0.5):
        canvas.size *= 0.7
        canvas.face, canvas.leading = canvas.assets.font(rng, "serif", canvas.size), canvas.size * 1.2
        canvas.paragraph(canvas.left, canvas.height * 0.88, canvas.right, 4, ragged=False)
    marks.scatter(canvas)


def typescript(canvas: Canvas, *, signed: bool) -> None:
    """Typewritten text down the whole page with corrections in ink between the lines."""
    rng = canvas.rng
    canvas.face = canvas.assets.font(rng, "typewriter", canvas.size)
    canvas.script = None
    canvas.leading = canvas.size * rng.uniform(1.3, 2.4)
    y = canvas.height * rng.uniform(0.05, 0.12)
    if canvas.chance(0.6):
        canvas.text(canvas.width / 2, y, " ".join(canvas.sentence(4)).upper(), anchor="ma")
        y += 2 * canvas.leading
    end = canvas.height * (rng.uniform(0.6, 0.8) if signed else rng.uniform(0.6, 0.95))
    hand = canvas.hand(rng.uniform(9, 15))
    while y < end:
        lines = int(rng.integers(3, 9))
        top = y
        y = canvas.paragraph(canvas.left, y, canvas.right, lines, indent=3 * canvas.size)
        for line in range(lines):
            if rng.random() < 0.08:
                canvas.write(
                    hand,
                    rng.uniform(canvas.left, canvas.right - 0.2 * canvas.width),
                    top + line * canvas.leading + canvas.px(3),
                    " ".join(canvas.sentence(int(rng.integers(1, 4)))),
                )
            if rng.random() < 0.05:
                start = rng.uniform(canvas.left, canvas.right - 0.1 * canvas.width)
                level = top + (line + 0.5) * canvas.leading * 0.8
                canvas.line(start, level, start + rng.uniform(30, 200) * canvas.unit, level, 3)
    if signed:
        closing(canvas, y + canvas.leading, signed=True)
    marks.scatter(canvas, 1.3)


def handwritten_letter(canvas: Canvas, *, signed: bool) -> None:
    """A letter all in one hand; only the name at its end is a signature."""
    rng = canvas.rng
    hand = canvas.hand(rng.uniform(11, 20))
    step = hand.x_height * rng.uniform(2.6, 4)
    y = canvas.height * rng.uniform(0.06, 0.15)
    if canvas.chance(0.35):
        level = y
        while level < canvas.height * 0.95:
            canvas.draw.line(
                (0, round(level), canvas.width, round(level)), int(rng.integers(130, 210)), canvas.px(1.5)
            )
            level += step
    canvas.write(hand, canvas.right - 0.3 * canvas.width, y, words.date(rng))
    y += 2 * step
    canvas.write(hand, canvas.left, y, f"Dear {words.pick(rng, 'given')},")
    y += step
    stop = canvas.height * rng.uniform(0.3, 0.78)
    room = canvas.right - canvas.left
    stock = [hand.line(rng, word) for word in words.sentence(rng, 36)]
    while y < stop:
        x = canvas.left + rng.normal(0, 6) * canvas.unit
        while x < canvas.left + room * rng.uniform(0.9, 1.0):
            mask, darkness = stock[int(rng.integers(len(stock)))]
            canvas.lay(mask, x, y - mask.shape[0] * 0.8 + rng.normal(0, 2), darkness, "handwriting")
            x += mask.shape[1] + hand.x_height * rng.uniform(0.5, 1.0)
        y += step
    canvas.write(hand, canvas.left + 0.4 * canvas.width, y + step * 0.3, words.pick(rng, "closings"))
    if signed:
        canvas.sign(
            canvas.left + rng.uniform(0.3, 0.55) * canvas.width,
            y + step * 2.6,
            canvas.width * rng.uniform(0.15, 0.4),
        )
