"""Layouts with places to sign: forms, contracts, invoices, cheques, receipts, certificates, plain print."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from model.render import ink, marks, words
from model.render.canvas import Canvas
from model.render.letters import letterhead, table

_SIGN_HERE = ("Signature", "Signature:", "Signed", "Signed by", "By:", "X", "Authorized signature", "Signature of applicant",
              "Approved by:", "Witness", "Unterschrift", "Firma", "Signature du titulaire", "Tenant", "Buyer", "Seller")  # fmt: skip


def signing_place(canvas: Canvas, x: float, y: float, width: float, *, signed: bool) -> None:
    """A ruled line with its label, a typed name below and a date beside at times; signed or left empty."""
    rng = canvas.rng
    label = str(rng.choice(_SIGN_HERE))
    before = label.endswith(":") or label == "X"
    start = x + (canvas.face.getlength(label) + canvas.px(8) if before else 0)
    stop = x + width
    dated = canvas.chance(0.3)
    if dated:
        stop = x + width * 0.62
    if canvas.chance(0.9):
        canvas.line(start, y, stop, y, rng.uniform(1, 3))
    canvas.text(x, y - canvas.size if before else y + canvas.px(4), label)
    if canvas.chance(0.5):
        canvas.text(start, y + canvas.px(4) + (0 if before else canvas.leading), words.person(rng))
    if dated:
        canvas.line(x + width * 0.7, y, x + width, y, 2)
        canvas.text(x + width * 0.7, y + canvas.px(4), "Date")
        if signed or canvas.chance(0.4):
            marks.written_date(canvas, x + width * 0.71, y, width * 0.28)
    if label == "By:":
        for row in range(int(rng.integers(0, 4))):
            level = y + (row + 2.2) * canvas.leading
            name = str(rng.choice(["Title:", "Name:", "Date:", "Tax ID:", "Address:"]))
            canvas.text(x, level - canvas.size, name)
            canvas.line(start + 2 * canvas.size, level, stop, level, 1.5)
            if signed and canvas.chance(0.8):
                value = (
                    words.pick(rng, "titles")
                    if name == "Title:"
                    else str(rng.choice([words.date(rng), words.number(rng), words.person(rng)]))
                )
                canvas.write(
                    canvas.hand(rng.uniform(9, 15)),
                    start + 2.4 * canvas.size,
                    level,
                    value,
                    width=0.7 * (stop - start),
                )
    if signed:
        room = stop - start
        height = rng.uniform(50, 140) * canvas.unit
        wide = max(room * rng.uniform(0.55, 1.2), 0.14 * canvas.width)
        canvas.sign(
            start + rng.uniform(-0.05, 0.25) * room, y + rng.uniform(-0.1, 0.35) * height, wide, height
        )


def signing_block(canvas: Canvas, y: float, *, signed: bool) -> float:
    """One to four places to sign, of which not all need be signed; returns the y below."""
    rng = canvas.rng
    places = int(rng.choice([1, 2, 3, 4, 6], p=[0.35, 0.38, 0.1, 0.12, 0.05]))
    columns = 1 if places == 1 else 2
    room = (canvas.right - canvas.left) / columns
    taken = rng.random(places) < 0.75 if signed else np.zeros(places, bool)
    if signed and not taken.any():
        taken[int(rng.integers(places))] = True
    step = canvas.leading * rng.uniform(3.2, 5)
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


def invoice(canvas: Canvas, *, signed: bool) -> None:
    """An invoice or statement: a head, a table, totals, now and then approved with a signature."""
    rng = canvas.rng
    y = letterhead(canvas) + canvas.leading
    canvas.text(canvas.right, y, f"INVOICE No. {rng.integers(1000, 999999)}", anchor="ra")
    canvas.text(canvas.left, y, words.date(rng))
    y = table(canvas, y + 2.5 * canvas.leading, canvas.height * rng.uniform(0.2, 0.5))
    for label in ("Subtotal", "Tax", "TOTAL"):
        canvas.text(canvas.right - 0.25 * canvas.width, y, label)
        canvas.text(canvas.right, y, f"{rng.integers(1, 9999)}.{rng.integers(0, 100):02d}", anchor="ra")
        y += canvas.leading
    if canvas.chance(0.6) or signed:
        y = signing_block(canvas, y, signed=signed)
    if canvas.chance(0.3):
        marks.barcode(canvas, canvas.left, min(y, canvas.height * 0.9), 0.25 * canvas.width, 50 * canvas.unit)
    marks.scatter(canvas, 0.8)


def cheque(canvas: Canvas, *, signed: bool) -> None:
    """A cheque: payee and amount by hand or in print, machine digits, signed at the lower right."""
    rng = canvas.rng
    if canvas.chance(0.5):
        guilloche(canvas, 0, 0, canvas.width, canvas.height, int(rng.integers(190, 240)))
    big = canvas.assets.font(rng, str(rng.choice(["serif", "sans", "script"])), 0.08 * canvas.height)
    canvas.text(canvas.left, 0.07 * canvas.height, words.company(rng), big)
    canvas.text(canvas.right, 0.07 * canvas.height, f"No. {rng.integers(100, 999999)}", anchor="ra")
    face = canvas.assets.font(rng, canvas.body, 0.045 * canvas.height)
    canvas.face, canvas.size = face, face.size
    hand = canvas.hand(0.05 * canvas.height / canvas.unit) if canvas.chance(0.65) else None
    rows = (
        ("Date", 0.62, 0.24, 0.3),
        ("Pay to the order of", 0.06, 0.42, 0.66),
        ("Dollars", 0.06, 0.57, 0.85),
        ("Memo", 0.06, 0.8, 0.32),
    )
    for label, x, y, width in rows:
        at = x * canvas.width + face.getlength(label) + canvas.px(10)
        base = y * canvas.height
        canvas.text(x * canvas.width, base - face.size, label)
        canvas.line(at, base, (x + width) * canvas.width, base, 2)
        value = {
            "Date": words.date(rng),
            "Memo": words.pick(rng, "notes"),
            "Dollars": "One thousand two hundred and 00/100",
        }.get(label, words.person(rng))
        if hand:
            canvas.write(hand, at + canvas.px(8), base, value, width=width * 0.7 * canvas.width)
        else:
            canvas.text(at + canvas.px(8), base - face.size * 1.1, value)
    canvas.box(0.78 * canvas.width, 0.33 * canvas.height, 0.95 * canvas.width, 0.43 * canvas.height)
    amount = f"{rng.integers(1, 99999)}.{rng.integers(0, 100):02d}"
    if hand:
        canvas.write(hand, 0.79 * canvas.width, 0.425 * canvas.height, amount, width=0.15 * canvas.width)
    else:
        canvas.text(0.8 * canvas.width, 0.35 * canvas.height, amount)
    for index in range(2 if canvas.chance(0.2) else 1):
        base = (0.8 - 0.16 * index) * canvas.height
        canvas.line(0.55 * canvas.width, base, 0.95 * canvas.width, base, 2)
        if signed:
            canvas.sign(
                rng.uniform(0.52, 0.65) * canvas.width,
                base + 0.04 * canvas.height,
                rng.uniform(0.2, 0.38) * canvas.width,
                rng.uniform(0.12, 0.26) * canvas.height,
            )
    canvas.text(
        0.62 * canvas.width,
        0.81 * canvas.height,
        "AUTHORIZED SIGNATURE",
        canvas.assets.font(rng, "sans", 0.03 * canvas.height),
    )
    machine = canvas.assets.font(rng, "receipt", 0.06 * canvas.height)
    digits = "".join(str(rng.integers(10)) for _ in range(22))
    canvas.text(
        0.08 * canvas.width, 0.9 * canvas.height, f"|:{digits[:9]}|: {digits[9:18]}|| {digits[18:]}", machine
    )
    if canvas.chance(0.2):
        marks.stamp(canvas)


def receipt(canvas: Canvas, *, signed: bool) -> None:
    """A till receipt: narrow, dense, all in one face; now and then signed or scribbled on."""
    rng = canvas.rng
    margin = canvas.width * rng.uniform(0.03, 0.12)
    size = (canvas.width - 2 * margin) / rng.uniform(20, 40) * 1.65
    face = canvas.assets.font(rng, "receipt" if canvas.chance(0.75) else "sans", size)
    canvas.face, canvas.size, canvas.leading = face, size, size * rng.uniform(1.05, 1.4)
    y = canvas.height * rng.uniform(0.01, 0.06)
    if canvas.chance(0.4):
        device = marks.logo(canvas, rng.uniform(60, 200))
        canvas.stretched_print(device, (canvas.width - device.shape[1]) / 2, y)
        y += device.shape[0] + size * 0.4
    big = canvas.assets.font(rng, "sans", size * rng.uniform(1, 1.6))
    name = words.company(rng).upper()
    fits = int(0.92 * canvas.width / big.getlength("M"))
    canvas.text(
        canvas.width / 2,
        y,
        name if big.getlength(name) < 0.94 * canvas.width else name[:fits],
        big,
        anchor="ma",
    )
    y += big.size * 1.3
    for _ in range(int(rng.integers(2, 6))):
        canvas.text(canvas.width / 2, y, _fitting(canvas, words.sentence(rng, 4)), anchor="ma")
        y += canvas.leading
    right = canvas.width - margin
    stop = canvas.height * rng.uniform(0.55, 0.8)
    while y < stop:
        if canvas.chance(0.1):
            canvas.text(
                margin,
                y,
                str(rng.choice(["-", "=", "*", "."])) * int((right - margin) / max(2.0, face.getlength("-"))),
            )
        else:
            item = " ".join(words.pick(rng, "items") for _ in range(int(rng.integers(1, 4))))
            room = int(0.7 * (right - margin) / max(1.0, face.getlength("n")))
            canvas.text(margin, y, (item.upper() if canvas.chance(0.7) else item.title())[:room])
            if canvas.chance(0.7):
                canvas.text(right, y, f"{rng.integers(0, 400)}.{rng.integers(0, 100):02d}", anchor="ra")
        y += canvas.leading
    for label in ("SUBTOTAL", "TAX", "TOTAL", "CASH", "CHANGE")[: int(rng.integers(1, 6))]:
        canvas.text(margin, y, label, big if label == "TOTAL" else None)
        canvas.text(
            right,
            y,
            f"{rng.integers(0, 999)}.{rng.integers(0, 100):02d}",
            big if label == "TOTAL" else None,
            anchor="ra",
        )
        y += canvas.leading * 1.1
    if signed:
        y += size * 3
        canvas.line(margin, y, right, y, 2)
        canvas.text(margin, y + 3, "X" if canvas.chance(0.3) else "CUSTOMER SIGNATURE")
        canvas.sign(
            margin + rng.uniform(0, 0.2) * canvas.width,
            y,
            canvas.width * rng.uniform(0.4, 0.85),
            size * rng.uniform(3, 6),
        )
        y += 2 * canvas.leading
    for _ in range(int(rng.integers(1, 4))):
        canvas.text(canvas.width / 2, y + size, _fitting(canvas, words.sentence(rng, 5)), anchor="ma")
        y += canvas.leading
    if canvas.chance(0.4) and y < 0.9 * canvas.height:
        marks.barcode(canvas, canvas.width * 0.2, y + 2 * size, canvas.width * 0.6, 3 * size)
    for mark, probability in (
        (marks.margin_note, 0.15),
        (marks.ringed_word, 0.1),
        (marks.pen_stroke, 0.25),
        (marks.stamp, 0.15),
    ):
        if canvas.chance(probability):
            mark(canvas)


def _fitting(canvas: Canvas, row: list[str]) -> str:
    """As many words in capitals as a receipt is wide."""
    while len(row) > 1 and canvas.face.getlength(" ".join(row).upper()) > 0.94 * canvas.width:
        row = row[:-1]
    return " ".join(row).upper()


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
        device = marks.logo(canvas, rng.uniform(20, 46))
        side = max(device.shape)
        for x in np.arange(x0, x1 - side, side * 1.1):
            ink.paste(page, device, int(x), y0, 0.8)
            ink.paste(page, device, int(x), y1 - side, 0.8)
        for y in np.arange(y0, y1 - side, side * 1.1):
            ink.paste(page, device, x0, int(y), 0.8)
            ink.paste(page, device, x1 - side, int(y), 0.8)
        canvas.stretched_print(255 - page, 0, 0)


def certificate(canvas: Canvas, *, signed: bool) -> None:
    """A certificate or diploma: border, crest, large centred lines, seal, one to four signatures over their names."""
    rng = canvas.rng
    if canvas.chance(0.35):
        guilloche(canvas, 0, 0, canvas.width, canvas.height, int(rng.integers(200, 245)))
    if canvas.chance(0.8):
        ornate_border(canvas)
    y = canvas.height * rng.uniform(0.06, 0.12)
    middle = canvas.width / 2
    if canvas.chance(0.65):
        crest = marks.logo(canvas, rng.uniform(90, 220))
        canvas.stretched_print(crest, middle - crest.shape[1] / 2, y)
        y += crest.shape[0] + canvas.px(12)
    role = str(rng.choice(["serif", "script", "sans"], p=[0.5, 0.4, 0.1]))
    sizes = [
        rng.uniform(50, 90),
        rng.uniform(22, 34),
        rng.uniform(40, 72),
        rng.uniform(22, 32),
        rng.uniform(20, 30),
        rng.uniform(20, 28),
    ]
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
        canvas.text(middle, y, line, face, anchor="ma")
        y += face.size * rng.uniform(1.5, 2.2)
    seal_x = canvas.width * rng.choice([0.12, 0.42, 0.72])
    if canvas.chance(0.6):
        seal = marks.round_seal(canvas, rng.uniform(130, 240))
        canvas.stretched_print(
            seal, seal_x, canvas.height * rng.uniform(0.68, 0.82), float(rng.uniform(0.4, 1))
        )
    places = int(rng.choice([1, 2, 3, 4], p=[0.3, 0.45, 0.17, 0.08]))
    base = canvas.height * rng.uniform(0.78, 0.88)
    room = canvas.width * 0.8 / places
    small = canvas.assets.font(rng, "serif", rng.uniform(16, 24) * canvas.unit)
    for index in range(places):
        x = canvas.width * 0.1 + index * room
        if places == 1:
            x = canvas.width * rng.uniform(0.1, 0.6)
        wide = min(room * 0.75, canvas.width * 0.34)
        if canvas.chance(0.75):
            canvas.line(x, base, x + wide, base, 2)
        canvas.text(x + wide / 2, base + canvas.px(5), words.person(rng), small, anchor="ma")
        canvas.text(
            x + wide / 2,
            base + canvas.px(5) + small.size * 1.2,
            words.pick(rng, "titles"),
            small,
            anchor="ma",
        )
        if signed and (canvas.chance(0.85) or index == 0):
            high = rng.uniform(50, 150) * canvas.unit
            canvas.sign(
                x + rng.uniform(-0.05, 0.3) * wide,
                base + rng.uniform(0, 0.3) * high,
                wide * rng.uniform(0.6, 1.2),
                high,
            )
    if canvas.chance(0.2):
        marks.stamp(canvas, rng.uniform(0.1, 0.7) * canvas.width, base - 120 * canvas.unit)


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
                marks.halftone(canvas, x, y, right - x, max(20.0, height))
                y += height + canvas.leading
            elif chance < 0.13 and columns == 1:
                y = table(canvas, y, canvas.height * 0.12)
            else:
                lines = min(int(rng.integers(3, 14)), int((canvas.height * 0.94 - y) / canvas.leading) + 1)
                y = canvas.paragraph(
                    x, y, right, lines, indent=canvas.size * 1.5, ragged=False
                ) + canvas.leading * rng.choice([0, 0.6])
    marks.scatter(canvas, 0.7)
