"""Layouts of cheques, till receipts and invoices."""

from __future__ import annotations

from model.render import devices, marks, words
from model.render.canvas import Canvas
from model.render.certificates import guilloche
from model.render.forms import signing_block
from model.render.stationery import letterhead, table


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
        devices.barcode(
            canvas, canvas.left, min(y, canvas.height * 0.9), 0.25 * canvas.width, 50 * canvas.unit
        )
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
        device = devices.logo(canvas, rng.uniform(60, 200))
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
        y += 1.1 * max(canvas.leading, big.size if label == "TOTAL" else 0)
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
        devices.barcode(canvas, canvas.width * 0.2, y + 2 * size, canvas.width * 0.6, 3 * size)
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
