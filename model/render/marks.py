"""Marks that are no signatures: notes, rings, ticks, stamps, ornaments, Bates numbers, redactions, holes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import devices, handwriting, ink, words
from model.render.canvas import Canvas
from model.render.kinematics import Pen, Plan, written

STAMPED = 0.2
"""Chance that a stamp lies over a signature, or on a real page where one was."""


def margin_note(canvas: Canvas) -> None:
    """A handwritten note of a few words or lines in a margin or over the text, at times tilted or ringed."""
    rng = canvas.rng
    hand = canvas.hand()
    where = rng.integers(0, 4)
    x = rng.uniform(0.02, 0.75) * canvas.width
    y = [rng.uniform(0.02, 0.14), rng.uniform(0.8, 0.96), rng.uniform(0.1, 0.9), rng.uniform(0.3, 0.97)][
        where
    ] * canvas.height
    turn = float(rng.normal(0, 0.06) if rng.random() < 0.75 else rng.normal(0.4, 0.3))
    for _ in range(int(rng.integers(1, 5))):
        mask, darkness = hand.line(rng, _noted(rng))
        if turn:
            mask = ink.warped(mask, rng, turn=turn)
        if rng.random() < 0.1:
            mask = handwriting.circled(rng, mask, hand.pen.width)
        canvas.lay(mask, x + rng.normal(0, 8) * canvas.unit, y, darkness, "handwriting")
        y += hand.x_height * rng.uniform(2.2, 3)


def _noted(rng: np.random.Generator) -> str:
    """What people jot down; never a bare name, which would be a signature to any reader."""
    kind = rng.random()
    if kind < 0.6:
        return words.pick(rng, "notes")
    if kind < 0.75:
        return f"{words.pick(rng, 'given')[:1]}. {words.pick(rng, 'family')} {words.pick(rng, 'notes')}"
    return words.date(rng) if kind < 0.85 else " ".join(words.sentence(rng, int(rng.integers(2, 6))))


def ringed_word(canvas: Canvas) -> None:
    """A ring drawn about something printed."""
    rng = canvas.rng
    width, height = rng.uniform(60, 420) * canvas.unit, rng.uniform(35, 110) * canvas.unit
    pen = Pen.drawn(rng, canvas.unit)
    mask = np.zeros((round(height * 1.4) + 8, round(width * 1.4) + 8), np.uint8)
    points = handwriting.ring(rng, width, height, (mask.shape[1] / 2, mask.shape[0] / 2))
    cv2.polylines(mask, [points], False, 255, max(1, round(pen.width)), cv2.LINE_AA)
    canvas.lay(
        mask,
        rng.uniform(0, 0.8) * canvas.width,
        rng.uniform(0.05, 0.9) * canvas.height,
        pen.darkness,
        "handwriting",
    )


def pen_stroke(canvas: Canvas) -> None:
    """A tick, cross, arrow, underline, brace, slash or long stroke of the pen."""
    rng = canvas.rng
    kinds = {
        0: [[0, 0], [0.5, 0.8], [1.6, -1.6]],
        1: [[0, 0], [6, rng.normal(0, 0.3)]],
        2: [[0, 0], [4, -2], [3.2, -2.1], [4, -2], [3.6, -1.2]],
        3: [[0, 0], [-0.5, 2], [-1, 2.4], [-0.5, 2.8], [0, 5]],
        4: [[0, 0], [rng.uniform(2, 8), -rng.uniform(2, 9)]],
        5: [[0, 0], [0.9, 1], [0.05, 1.05], [1, -0.05]],
        6: [[0, 0], [6, 0.1], [0.2, 0.5], [6.1, 0.6]],
    }
    points = np.array(kinds[int(rng.integers(0, 7))], np.float32)
    points *= rng.uniform(0.8, 2.5)
    plan = Plan([points], [rng.normal(0, 0.25, len(points) - 1).astype(np.float32)])
    pen = Pen.drawn(rng, canvas.unit)
    mask = written(plan, rng, pen, x_height=20 * canvas.unit, overlap=0.3)
    canvas.lay(
        mask,
        rng.uniform(0.01, 0.85) * canvas.width,
        rng.uniform(0.03, 0.9) * canvas.height,
        pen.darkness,
        "handwriting",
    )


def written_date(canvas: Canvas, x: float, base: float, width: float) -> None:
    """A handwritten date or amount that stands on ``base``."""
    text = words.jotted_date(canvas.rng) if canvas.chance(0.85) else words.number(canvas.rng)
    canvas.write(canvas.hand(canvas.rng.uniform(12, 36), exact=True), x, base, text, width=width)


def initials(canvas: Canvas) -> None:
    """A routing mark in the header: one or two letters, a ring about them at times."""
    rng = canvas.rng
    hand = canvas.hand(rng.uniform(12, 22))
    mask, darkness = hand.line(
        rng, "".join(chr(65 + int(rng.integers(26))) for _ in range(int(rng.integers(1, 4))))
    )
    if rng.random() < 0.4:
        mask = handwriting.circled(rng, mask, hand.pen.width)
    canvas.lay(
        mask,
        rng.uniform(0.5, 0.92) * canvas.width,
        rng.uniform(0.01, 0.12) * canvas.height,
        darkness,
        "handwriting",
    )


def stamp(canvas: Canvas, x: float | None = None, y: float | None = None) -> None:
    """A rubber stamp somewhere on the page, or with its corner at x, y."""
    rng = canvas.rng
    mask, darkness = rubber_stamp(canvas)
    x = rng.uniform(0.05, 0.75) * canvas.width if x is None else x
    y = rng.uniform(0.02, 0.88) * canvas.height if y is None else y
    canvas.lay(mask, x, y, darkness, "mark")


def ornament(canvas: Canvas) -> None:
    """A printed line of waves or loops, mostly in the middle."""
    rng = canvas.rng
    mask = devices.ornament(canvas)
    free = canvas.width - mask.shape[1]
    x = free / 2 if canvas.chance(0.6) else rng.uniform(0.05, 0.95) * free
    canvas.lay(mask, x, rng.uniform(0.03, 0.95) * canvas.height, rng.uniform(0.6, 1), "mark")


def rubber_stamp(canvas: Canvas) -> tuple[ink.Mask, float]:
    """A framed word with a date, or a ring of text, tilted and worn, for a canvas; with its darkness."""
    rng = canvas.rng
    mask = devices.round_seal(canvas, rng.uniform(110, 240)) if rng.random() < 0.35 else _framed_stamp(canvas)
    mask = ink.warped(mask, rng, turn=float(rng.normal(0, 0.15)))
    mask = ink.worn(mask, rng, canvas.assets.noise, float(rng.uniform(0.2, 0.9)))
    return mask, float(rng.uniform(0.35, 0.9))


def beside(rng: np.random.Generator, mask: ink.Mask, box: tuple[float, ...]) -> tuple[float, float]:
    """Where a stamp's corner is that lies on what is in a box, or half beside it."""
    height, width = mask.shape
    x0, y0, x1, y1 = box
    x = x0 + rng.uniform(-0.2, 1.1) * (x1 - x0) - width / 2
    y = y0 + rng.uniform(0.1, 0.9) * (y1 - y0) - height / 2
    return float(x), float(y)


def stamp_signatures(canvas: Canvas) -> None:
    """Stamps over some of the signatures of a page."""
    for hand in [hand for hand in canvas.hands if hand.label == "signature"]:
        if canvas.chance(STAMPED):
            mask, darkness = rubber_stamp(canvas)
            height, width = hand.mask.shape
            box = hand.x, hand.y, hand.x + width, hand.y + height
            canvas.lay(mask, *beside(canvas.rng, mask, box), darkness, "mark")


def _framed_stamp(canvas: Canvas) -> ink.Mask:
    rng = canvas.rng
    face = canvas.assets.font(
        rng, str(rng.choice(["sans", "serif", "typewriter"])), rng.uniform(22, 52) * canvas.unit
    )
    small = canvas.assets.font(rng, "sans", rng.uniform(14, 24) * canvas.unit)
    rows = [handwriting.drawn_text(words.pick(rng, "stamps"), face)]
    if rng.random() < 0.6:
        rows.append(handwriting.drawn_text(words.date(rng).upper(), small))
    if rng.random() < 0.4:
        rows.insert(0, handwriting.drawn_text(words.company(rng).upper(), small))
    width = max(row.shape[1] for row in rows)
    gap = canvas.px(10)
    centred = [
        np.pad(
            row, ((gap, 0), ((width - row.shape[1]) // 2, width - row.shape[1] - (width - row.shape[1]) // 2))
        )
        for row in rows
    ]
    mask = np.pad(np.vstack(centred), canvas.px(14))
    if rng.random() < 0.6:
        cv2.rectangle(mask, (2, 2), (mask.shape[1] - 3, mask.shape[0] - 3), 255, canvas.px(4))
    return mask


def bates_number(canvas: Canvas) -> None:
    """A control number along the right edge, upright or turned, or at the foot."""
    rng = canvas.rng
    face = canvas.assets.font(
        rng, str(rng.choice(["sans", "typewriter", "serif"])), rng.uniform(20, 34) * canvas.unit
    )
    digits = "".join(str(rng.integers(10)) for _ in range(int(rng.integers(8, 11))))
    text = digits if rng.random() < 0.7 else f"{digits[:4]} {digits[4:]}"
    mask = handwriting.drawn_text(text, face)
    if rng.random() < 0.75:
        mask = np.ascontiguousarray(np.rot90(mask, int(rng.choice([1, 3]))))
        canvas.lay(
            mask, rng.uniform(0.91, 0.97) * canvas.width, rng.uniform(0.4, 0.8) * canvas.height, 1.0, "mark"
        )
    else:
        canvas.lay(
            mask, rng.uniform(0.05, 0.75) * canvas.width, rng.uniform(0.93, 0.98) * canvas.height, 1.0, "mark"
        )


def holes(page: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Punch holes copied black (or empty) along the left edge or the top, in place."""
    height, width = page.shape
    radius = round(rng.uniform(0.006, 0.013) * height)
    tone = int(rng.integers(0, 70)) if rng.random() < 0.8 else 255
    spots = [(0.03, y) for y in rng.permutation([0.09, 0.5, 0.91])[: int(rng.integers(1, 4))]]
    if rng.random() < 0.3:
        spots = [(x, 0.03) for x in (0.38, 0.62)]
    for x, y in spots:
        at = (round((x + rng.normal(0, 0.008)) * width), round((y + rng.normal(0, 0.02)) * height))
        if rng.random() < 0.25:
            cv2.ellipse(
                page, at, (radius, radius), float(rng.uniform(0, 360)), 0, 200, tone, max(1, radius // 3)
            )
        else:
            cv2.circle(page, at, radius, tone, -1, cv2.LINE_AA)


def redaction(canvas: Canvas) -> None:
    """Black bars over lines of text."""
    rng = canvas.rng
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.1, 0.6) * canvas.width, rng.uniform(0.1, 0.9) * canvas.height
        canvas.draw.rectangle(
            (x, y, x + rng.uniform(60, 500) * canvas.unit, y + rng.uniform(20, 40) * canvas.unit), fill=10
        )


def scatter(canvas: Canvas, notes: float = 1.0) -> None:
    """The marks that a page gathers in an office; ``notes`` scales how often hands write on it."""
    rng = canvas.rng
    for mark, probability in (
        (margin_note, 0.28 * notes), (ringed_word, 0.07 * notes),
        (pen_stroke, 0.2 * notes), (pen_stroke, 0.1 * notes),
        (initials, 0.12 * notes), (stamp, 0.18), (bates_number, 0.3), (redaction, 0.03),
        (ornament, 0.05),
    ):  # fmt: skip
        if rng.random() < probability:
            mark(canvas)
