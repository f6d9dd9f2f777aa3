"""Marks that are no signatures: notes, rings, ticks, stamps, seals, logos, Bates numbers, barcodes, holes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import handwriting, ink, words
from model.render.canvas import Canvas
from model.render.kinematics import Pen, Plan, written

_STAMPS = ("RECEIVED", "COPY", "PAID", "CONFIDENTIAL", "APPROVED", "URGENT", "FILE COPY", "ORIGINAL", "DRAFT", "FAXED",
           "POSTED", "ENTERED", "CANCELLED", "DUPLICATE", "CERTIFIED TRUE COPY", "MAILED", "PROCESSED")  # fmt: skip


def margin_note(canvas: Canvas) -> None:
    """A handwritten note of a few words or lines in a margin or between the lines, sometimes tilted or ringed."""
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
    text = words.date(canvas.rng) if canvas.chance(0.75) else words.number(canvas.rng)
    canvas.write(canvas.hand(canvas.rng.uniform(11, 20)), x, base, text, width=width)


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
    """A rubber stamp: a framed word with a date, or a ring of text, tilted and worn."""
    rng = canvas.rng
    mask = round_seal(canvas, rng.uniform(110, 240)) if rng.random() < 0.35 else _framed_stamp(canvas)
    mask = ink.warped(mask, rng, turn=float(rng.normal(0, 0.15)))
    mask = ink.worn(mask, rng, canvas.assets.noise, float(rng.uniform(0.2, 0.9)))
    x = rng.uniform(0.05, 0.75) * canvas.width if x is None else x
    y = rng.uniform(0.02, 0.88) * canvas.height if y is None else y
    canvas.lay(mask, x, y, float(rng.uniform(0.35, 0.9)), "mark")


def _framed_stamp(canvas: Canvas) -> ink.Mask:
    rng = canvas.rng
    face = canvas.assets.font(
        rng, str(rng.choice(["sans", "serif", "typewriter"])), rng.uniform(22, 52) * canvas.unit
    )
    small = canvas.assets.font(rng, "sans", rng.uniform(14, 24) * canvas.unit)
    rows = [handwriting.drawn_text(str(rng.choice(_STAMPS)), face)]
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


def round_seal(canvas: Canvas, size: float) -> ink.Mask:
    """Concentric rings with text along them and a device in the middle; ``size`` for a page of 1664."""
    rng = canvas.rng
    side = canvas.px(size)
    mask = np.zeros((side, side), np.uint8)
    centre, radius = (side // 2, side // 2), side // 2 - 2
    for share, thick in ((1.0, 3), (0.94, 1), (0.66, 2)):
        if rng.random() < 0.85:
            cv2.circle(mask, centre, round(radius * share), 255, canvas.px(thick), cv2.LINE_AA)
    text = f"{words.company(rng).upper()} * "
    face = canvas.assets.font(rng, "sans", radius * 0.2)
    for index, letter in enumerate(text):
        if letter == " ":
            continue
        angle = 2 * np.pi * index / len(text)
        glyph = ink.warped(handwriting.drawn_text(letter, face), rng, turn=-angle)
        at_x = side / 2 + 0.8 * radius * np.sin(angle) - glyph.shape[1] / 2
        at_y = side / 2 - 0.8 * radius * np.cos(angle) - glyph.shape[0] / 2
        _over(mask, glyph, round(at_x), round(at_y))
    device = logo(canvas, size * 0.38)
    _over(mask, device, (side - device.shape[1]) // 2, (side - device.shape[0]) // 2)
    return mask


def _over(mask: ink.Mask, part: ink.Mask, x: int, y: int) -> None:
    x, y = max(0, x), max(0, y)
    under = mask[y : y + part.shape[0], x : x + part.shape[1]]
    np.maximum(under, part[: under.shape[0], : under.shape[1]], out=under)


def logo(canvas: Canvas, size: float) -> ink.Mask:
    """A device: rosette, star, shield, monogram, stripes or tangled line art; ``size`` for a page of 1664."""
    rng = canvas.rng
    side = max(12, canvas.px(size))
    mask = np.zeros((side, side), np.uint8)
    middle = side / 2
    kind = rng.integers(0, 7)
    if kind == 0:
        angle = np.linspace(0, 2 * np.pi, 400)
        petals, depth = int(rng.integers(3, 14)), rng.uniform(0.2, 0.8)
        for turn in np.linspace(0, 1, int(rng.integers(1, 7))):
            radius = middle * 0.95 * (1 - depth / 2 + depth / 2 * np.cos(petals * angle + turn * 6))
            points = np.stack([middle + radius * np.cos(angle), middle + radius * np.sin(angle)], axis=1)
            cv2.polylines(mask, [points.astype(np.int32)], True, 255, 1, cv2.LINE_AA)
    elif kind == 1:
        spikes = int(rng.integers(4, 12))
        angle = np.arange(2 * spikes) * np.pi / spikes
        radius = np.where(np.arange(2 * spikes) % 2, rng.uniform(0.3, 0.7), 1) * middle
        cv2.fillPoly(
            mask,
            [
                np.stack([middle + radius * np.sin(angle), middle - radius * np.cos(angle)], axis=1).astype(
                    np.int32
                )
            ],
            255,
        )
    elif kind == 2:
        shield = np.array([[0.1, 0.05], [0.9, 0.05], [0.9, 0.55], [0.5, 0.98], [0.1, 0.55]]) * side
        cv2.polylines(mask, [shield.astype(np.int32)], True, 255, max(1, side // 30), cv2.LINE_AA)
        _scribbled_art(rng, mask, side, 0.25)
    elif kind == 3:
        letters = "".join(chr(65 + int(rng.integers(26))) for _ in range(int(rng.integers(1, 4))))
        mask = handwriting.drawn_text(
            letters, canvas.assets.font(rng, str(rng.choice(["serif", "script", "sans"])), side)
        )
        if rng.random() < 0.4:
            mask = cv2.bitwise_not(np.pad(mask, side // 8))
    elif kind == 4:
        for row in np.linspace(0, side - 3, int(rng.integers(4, 12))):
            cv2.line(mask, (0, int(row)), (side, int(row + rng.normal(0, side / 8))), 255, max(1, side // 25))
    elif kind == 5:
        _scribbled_art(rng, mask, side, 0.48)
    else:
        cv2.ellipse(
            mask,
            (int(middle), int(middle)),
            (int(middle * 0.95), int(middle * rng.uniform(0.5, 0.95))),
            0,
            0,
            360,
            255,
            -1,
        )
        cv2.ellipse(
            mask,
            (int(middle), int(middle)),
            (int(middle * 0.6), int(middle * 0.4)),
            0,
            0,
            360,
            0,
            max(1, side // 14),
        )
    return np.asarray(mask, np.uint8)


def _scribbled_art(rng: np.random.Generator, mask: ink.Mask, side: int, spread: float) -> None:
    """Mirrored curves and blots: from afar a crest, an eagle, a portrait."""
    for _ in range(int(rng.integers(8, 40))):
        points = np.cumsum(rng.normal(0, side * 0.07, (int(rng.integers(4, 12)), 2)), axis=0)
        points = points - points.mean(axis=0) + rng.uniform(-spread, spread, 2) * side
        for sign in (1, -1):
            placed = (points * [sign, 1] + side / 2).astype(np.int32)
            if rng.random() < 0.2:
                cv2.fillPoly(mask, [placed], 255)
            else:
                cv2.polylines(
                    mask, [placed], False, 255, int(rng.integers(1, max(2, side // 40) + 1)), cv2.LINE_AA
                )


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


def barcode(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """Bars with digits below."""
    at = x
    while at < x + width:
        bar = canvas.px(canvas.rng.choice([2, 3, 4, 6]))
        if canvas.rng.random() < 0.55:
            canvas.draw.rectangle(
                (round(at), round(y), round(at) + bar - 1, round(y + height)), fill=canvas.ink
            )
        at += bar
    if canvas.chance(0.6):
        digits = "".join(str(canvas.rng.integers(10)) for _ in range(12))
        canvas.text(
            x + width * 0.15,
            y + height + 3,
            digits,
            canvas.assets.font(canvas.rng, "receipt", 18 * canvas.unit),
        )


def halftone(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A photograph: smooth shapes as a dot raster or in greys."""
    rng = canvas.rng
    small = rng.uniform(0, 255, (6, 6)).astype(np.float32)
    grey = cv2.resize(small, (max(8, round(width)), max(8, round(height))), interpolation=cv2.INTER_CUBIC)
    grey = cv2.GaussianBlur(np.clip(grey, 0, 255), (0, 0), 2)
    if rng.random() < 0.6:
        period = rng.uniform(3, 7)
        ys, xs = np.mgrid[: grey.shape[0], : grey.shape[1]].astype(np.float32)
        raster = 127 + 127 * np.sin((xs + ys) * 2.2 / period) * np.sin((xs - ys) * 2.2 / period)
        grey = np.where(grey > raster, 255, 0).astype(np.float32)
    canvas.stretched_print((255 - grey).astype(np.uint8), x, y, float(rng.uniform(0.6, 1)))


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
        (margin_note, 0.28 * notes), (ringed_word, 0.07 * notes), (pen_stroke, 0.2 * notes), (pen_stroke, 0.1 * notes),
        (initials, 0.12 * notes), (stamp, 0.18), (bates_number, 0.3), (redaction, 0.03),
    ):  # fmt: skip
        if rng.random() < probability:
            mark(canvas)
