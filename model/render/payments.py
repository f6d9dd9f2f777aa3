"""Layouts of cheques, till receipts and invoices."""

from __future__ import annotations

from model.render import devices, marks, words
from model.render.canvas import Canvas, Face
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
    width, height = canvas.width, canvas.height
    if canvas.chance(0.5):
        guilloche(canvas, 0, 0, width, height, int(rng.integers(190, 240)))
    big = canvas.assets.font(rng, str(rng.choice(["serif", "sans", "script"])), 0.08 * height)
    canvas.text(canvas.left, 0.07 * height, words.company(rng), big)
    canvas.text(canvas.right, 0.07 * height, f"No. {rng.integers(100, 999999)}", anchor="ra")
    canvas.face = canvas.assets.font(rng, canvas.body, 0.045 * height)
    canvas.size = canvas.face.size
    _cheque_blanks(canvas)
    for index in range(2 if canvas.chance(0.2) else 1):
        base = (0.8 - 0.16 * index) * height
        canvas.line(0.55 * width, base, 0.95 * width, base, 2)
        if signed:
            start, wide = rng.uniform(0.52, 0.65) * width, rng.uniform(0.2, 0.38) * width
            canvas.sign(start, base + 0.04 * height, wide, rng.uniform(0.12, 0.26) * height)
    label = canvas.assets.font(rng, "sans", 0.03 * height)
    canvas.text(0.62 * width, 0.81 * height, "AUTHORIZED SIGNATURE", label)
    machine = canvas.assets.font(rng, "receipt", 0.06 * height)
    digits = "".join(str(rng.integers(10)) for _ in range(22))
    canvas.text(0.08 * width, 0.9 * height, f"|:{digits[:9]}|: {digits[9:18]}|| {digits[18:]}", machine)
    if canvas.chance(0.2):
        marks.stamp(canvas)


def _cheque_blanks(canvas: Canvas) -> None:
    """Date, payee, amount and memo on their rules, by hand or in print."""
    rng, face = canvas.rng, canvas.face
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


def receipt(canvas: Canvas, *, signed: bool) -> None:
    """A till receipt: narrow, dense, all in one face; now and then signed or scribbled on."""
    rng = canvas.rng
    canvas.left = canvas.width * rng.uniform(0.03, 0.12)
    canvas.right = canvas.width - canvas.left
    canvas.size = (canvas.width - 2 * canvas.left) / rng.uniform(20, 40) * 1.65
    canvas.face = canvas.assets.font(rng, "receipt" if canvas.chance(0.75) else "sans", canvas.size)
    canvas.leading = canvas.size * rng.uniform(1.05, 1.4)
    y = canvas.height * rng.uniform(0.01, 0.06)
    if canvas.chance(0.4):
        device = devices.logo(canvas, rng.uniform(60, 200))
        canvas.stretched_print(device, (canvas.width - device.shape[1]) / 2, y)
        y += device.shape[0] + canvas.size * 0.4
    big = canvas.assets.font(rng, "sans", canvas.size * rng.uniform(1, 1.6))
    y = _totals(canvas, _items(canvas, _shop(canvas, y, big)), big)
    if signed:
        y += canvas.size * 3
        canvas.line(canvas.left, y, canvas.right, y, 2)
        canvas.text(canvas.left, y + 3, "X" if canvas.chance(0.3) else "CUSTOMER SIGNATURE")
        start, wide = canvas.left + rng.uniform(0, 0.2) * canvas.width, canvas.width * rng.uniform(0.4, 0.85)
        canvas.sign(start, y, wide, canvas.size * rng.uniform(3, 6))
        y += 2 * canvas.leading
    for _ in range(int(rng.integers(1, 4))):
        canvas.text(canvas.width / 2, y + canvas.size, _fitting(canvas, words.sentence(rng, 5)), anchor="ma")
        y += canvas.leading
    if canvas.chance(0.4) and y < 0.9 * canvas.height:
        devices.barcode(canvas, canvas.width * 0.2, y + 2 * canvas.size, canvas.width * 0.6, 3 * canvas.size)
    for mark, probability in _RECEIPT_MARKS:
        if canvas.chance(probability):
            mark(canvas)


_RECEIPT_MARKS = (
    (marks.margin_note, 0.15),
    (marks.ringed_word, 0.1),
    (marks.pen_stroke, 0.25),
    (marks.stamp, 0.15),
)


def _shop(canvas: Canvas, y: float, big: Face) -> float:
    """The shop's name and address; returns the y below."""
    middle, name = canvas.width / 2, words.company(canvas.rng).upper()
    if big.getlength(name) >= 0.94 * canvas.width:
        name = name[: int(0.92 * canvas.width / big.getlength("M"))]
    canvas.text(middle, y, name, big, anchor="ma")
    y += big.size * 1.3
    for _ in range(int(canvas.rng.integers(2, 6))):
        canvas.text(middle, y, _fitting(canvas, words.sentence(canvas.rng, 4)), anchor="ma")
        y += canvas.leading
    return y


def _items(canvas: Canvas, y: float) -> float:
    """What was bought and for how much; returns the y below."""
    rng = canvas.rng
    room = canvas.right - canvas.left
    stop = canvas.height * rng.uniform(0.55, 0.8)
    while y < stop:
        if canvas.chance(0.1):
            dashes = int(room / max(2.0, canvas.face.getlength("-")))
            canvas.text(canvas.left, y, str(rng.choice(["-", "=", "*", "."])) * dashes)
        else:
            item = " ".join(words.pick(rng, "items") for _ in range(int(rng.integers(1, 4))))
            letters = int(0.7 * room / max(1.0, canvas.face.getlength("n")))
            canvas.text(canvas.left, y, (item.upper() if canvas.chance(0.7) else item.title())[:letters])
            if canvas.chance(0.7):
                canvas.text(canvas.right, y, _price(canvas, 400), anchor="ra")
        y += canvas.leading
    return y


def _totals(canvas: Canvas, y: float, big: Face) -> float:
    """Subtotal to change, some of them; returns the y below."""
    for label in ("SUBTOTAL", "TAX", "TOTAL", "CASH", "CHANGE")[: int(canvas.rng.integers(1, 6))]:
        face = big if label == "TOTAL" else canvas.face
        canvas.text(canvas.left, y, label, face)
        canvas.text(canvas.right, y, _price(canvas, 999), face, anchor="ra")
        y += 1.1 * max(canvas.leading, face.size)
    return y


def _price(canvas: Canvas, below: int) -> str:
    return f"{canvas.rng.integers(0, below)}.{canvas.rng.integers(0, 100):02d}"


def _fitting(canvas: Canvas, row: list[str]) -> str:
    """As many words in capitals as a receipt is wide."""
    while len(row) > 1 and canvas.face.getlength(" ".join(row).upper()) > 0.94 * canvas.width:
        row = row[:-1]
    return " ".join(row).upper()
