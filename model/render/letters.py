"""Layouts of correspondence: letters, memos, fax covers, typescripts, handwritten letters."""

from __future__ import annotations

from model.render import marks, words
from model.render.canvas import Canvas
from model.render.forms import countersigning
from model.render.handwriting import Hand
from model.render.stationery import address, after_closing, closing, letterhead, table


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
        y = address(canvas, y + canvas.leading * rng.uniform(1.5, 3)) + canvas.leading
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
    if y < 0.78 * canvas.height and canvas.chance(0.2):
        y = countersigning(canvas, y, signed=signed and canvas.chance(0.7))
    if y < 0.9 * canvas.height:
        after_closing(canvas, y + canvas.leading)
    marks.scatter(canvas)


def memo(canvas: Canvas, *, signed: bool) -> None:
    """A memorandum with its head; signed at the foot or beside the sender's name."""
    rng = canvas.rng
    y = letterhead(canvas) + canvas.leading
    bold = canvas.assets.font(rng, "sans", rng.uniform(24, 44) * canvas.unit)
    x = canvas.left if canvas.chance(0.5) else canvas.right - 0.3 * canvas.width
    canvas.text(x, y, str(rng.choice(["Memorandum", "MEMORANDUM", "INTER-OFFICE MEMO", "MEMO"])), bold)
    beside = signed and canvas.chance(0.25)
    y = _memo_head(canvas, y + bold.size * 1.6, signed=beside)
    canvas.line(canvas.left, y, canvas.right, y, rng.uniform(1, 5))
    y += canvas.leading
    if canvas.chance(0.25):
        y = table(canvas, y, canvas.height * rng.uniform(0.1, 0.3))
    while y < canvas.height * rng.uniform(0.4, 0.75):
        y = canvas.paragraph(canvas.left, y, canvas.right, int(rng.integers(2, 7))) + canvas.leading * 0.6
    if signed and not beside:
        start = canvas.left + rng.uniform(0.3, 0.6) * canvas.width
        canvas.sign(start, y + canvas.leading * 2.4, canvas.width * rng.uniform(0.1, 0.3))
        y += canvas.leading * 3
        if canvas.chance(0.5):
            canvas.text(canvas.left + 0.45 * canvas.width, y, words.person(rng))
    after_closing(canvas, y + canvas.leading)
    marks.scatter(canvas)


def _memo_head(canvas: Canvas, y: float, *, signed: bool) -> float:
    """To, from, date and subject, signed beside the sender's name at times; returns the y below."""
    rng = canvas.rng
    at = canvas.left + canvas.size * 6
    for label in ("TO:", "FROM:", "DATE:", "SUBJECT:"):
        canvas.text(canvas.left, y, label)
        if label == "DATE:":
            canvas.text(at, y, words.date(rng))
        elif label == "SUBJECT:":
            canvas.text(at, y, " ".join(canvas.sentence(5)))
        else:
            start = at + canvas.text(at, y, words.person(rng)) + canvas.px(20)
            if label == "FROM:" and signed:
                wide = canvas.width * rng.uniform(0.08, 0.22)
                canvas.sign(start, y + canvas.size, wide, canvas.leading * 2)
        y += canvas.leading * 1.4
    return y


def fax_cover(canvas: Canvas, *, signed: bool) -> None:
    """A fax cover sheet with a sender's line, blanks filled by hand, and a message."""
    rng = canvas.rng
    tiny = canvas.assets.font(rng, "receipt", 15 * canvas.unit)
    sent = f"{words.date(rng)}  {rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}"
    canvas.text(canvas.left, 6, f"{sent}   {words.company(rng).upper()}   P.{rng.integers(1, 9):02d}", tiny)
    y = letterhead(canvas) + canvas.leading
    bold = canvas.assets.font(rng, str(rng.choice(["sans", "serif"])), rng.uniform(40, 110) * canvas.unit)
    canvas.text(canvas.left, y, str(rng.choice(["FAX", "Fax Transmission", "FACSIMILE", "TELECOPY"])), bold)
    by_hand = canvas.chance(0.6)
    writer = canvas.hand(rng.uniform(13, 22))
    y = _fax_head(canvas, y + bold.size * 1.5, writer if by_hand else None) + canvas.leading
    if canvas.chance(0.4):
        for _ in range(int(rng.integers(2, 7))):
            canvas.write(writer, canvas.left, y, " ".join(canvas.sentence(6)), width=0.75 * canvas.width)
            y += writer.x_height * 3.2
    else:
        y = canvas.paragraph(canvas.left, y, canvas.right, int(rng.integers(2, 8)))
    if signed:
        start = canvas.left + rng.uniform(0, 0.5) * canvas.width
        canvas.sign(start, y + canvas.leading * 3, canvas.width * rng.uniform(0.12, 0.33))
    if canvas.chance(0.5):
        canvas.size *= 0.7
        canvas.face, canvas.leading = canvas.assets.font(rng, "serif", canvas.size), canvas.size * 1.2
        canvas.paragraph(canvas.left, canvas.height * 0.88, canvas.right, 4, ragged=False)
    marks.scatter(canvas)


def _fax_head(canvas: Canvas, y: float, writer: Hand | None) -> float:
    """Whom it is for and from, written on rules or printed; returns the y below."""
    rng = canvas.rng
    at = canvas.left + canvas.size * 5
    for label in ("To:", "From:", "Fax No.:", "Date:", "Pages:", "Re:"):
        canvas.text(canvas.left, y, label)
        value = {
            "Date:": words.date(rng),
            "Pages:": str(rng.integers(1, 20)),
            "Re:": words.pick(rng, "notes"),
        }.get(label, words.person(rng))
        if writer:
            canvas.line(at, y + canvas.size, canvas.right, y + canvas.size, 1)
            canvas.write(writer, at + canvas.px(8), y + canvas.size, value, width=0.5 * canvas.width)
        else:
            canvas.text(at, y, value)
        y += canvas.leading * rng.uniform(1.3, 2)
    return y


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
