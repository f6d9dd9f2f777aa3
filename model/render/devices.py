"""Devices: logos, crests, seals, barcodes, photographs; ink that was printed or stamped and never written."""

from __future__ import annotations

import cv2
import numpy as np

from model.render import handwriting, ink, words
from model.render.canvas import Canvas


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
    kind = rng.integers(0, 7)
    if kind == 0:
        _rosette(rng, mask, side)
    elif kind == 1:
        _star(rng, mask, side)
    elif kind == 2:
        shield = np.array([[0.1, 0.05], [0.9, 0.05], [0.9, 0.55], [0.5, 0.98], [0.1, 0.55]]) * side
        cv2.polylines(mask, [shield.astype(np.int32)], True, 255, max(1, side // 30), cv2.LINE_AA)
        _scribbled_art(rng, mask, side, 0.25)
    elif kind == 3:
        letters = "".join(chr(65 + int(rng.integers(26))) for _ in range(int(rng.integers(1, 4))))
        face = canvas.assets.font(rng, str(rng.choice(["serif", "script", "sans"])), side)
        mask = handwriting.drawn_text(letters, face)
        if rng.random() < 0.4:
            mask = np.asarray(cv2.bitwise_not(np.pad(mask, side // 8)), np.uint8)
    elif kind == 4:
        for row in np.linspace(0, side - 3, int(rng.integers(4, 12))):
            end = (side, int(row + rng.normal(0, side / 8)))
            cv2.line(mask, (0, int(row)), end, 255, max(1, side // 25))
    elif kind == 5:
        _scribbled_art(rng, mask, side, 0.48)
    else:
        middle = (side // 2, side // 2)
        outer = (int(side / 2 * 0.95), int(side / 2 * rng.uniform(0.5, 0.95)))
        cv2.ellipse(mask, middle, outer, 0, 0, 360, 255, -1)
        cv2.ellipse(mask, middle, (int(side * 0.3), int(side * 0.2)), 0, 0, 360, 0, max(1, side // 14))
    return mask


def _rosette(rng: np.random.Generator, mask: ink.Mask, side: int) -> None:
    """Nested closed curves with petals."""
    angle = np.linspace(0, 2 * np.pi, 400)
    petals, depth = int(rng.integers(3, 14)), rng.uniform(0.2, 0.8)
    for turn in np.linspace(0, 1, int(rng.integers(1, 7))):
        radius = side / 2 * 0.95 * (1 - depth / 2 + depth / 2 * np.cos(petals * angle + turn * 6))
        points = np.stack([side / 2 + radius * np.cos(angle), side / 2 + radius * np.sin(angle)], axis=1)
        cv2.polylines(mask, [points.astype(np.int32)], True, 255, 1, cv2.LINE_AA)


def _star(rng: np.random.Generator, mask: ink.Mask, side: int) -> None:
    """A filled star of four to eleven spikes."""
    spikes = int(rng.integers(4, 12))
    angle = np.arange(2 * spikes) * np.pi / spikes
    radius = np.where(np.arange(2 * spikes) % 2, rng.uniform(0.3, 0.7), 1) * side / 2
    points = np.stack([side / 2 + radius * np.sin(angle), side / 2 - radius * np.cos(angle)], axis=1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)


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


def ornament(canvas: Canvas) -> ink.Mask:
    """A printed line of waves or loops, all alike and lower than people sign."""
    rng = canvas.rng
    width, high = rng.uniform(150, 1100) * canvas.unit, rng.uniform(4, 14) * canvas.unit
    across = rng.choice([-1, 1]) * rng.uniform(0.8, 3) if rng.random() < 0.6 else 0.0
    each = high * rng.uniform(0.6, 2)
    angle = np.linspace(0, width / each, round(8 * width / each) + 2)
    x = each * angle - high * across * np.sin(angle) + (abs(across) + 1) * high
    y = high * np.cos(angle) + 2 * high
    mask = np.zeros((round(4 * high) + 1, round(x.max() + 2 * high) + 1), np.uint8)
    for down in rng.uniform(-0.5, 0.5, int(rng.integers(1, 3))) * high:
        points = np.stack([x, y + down], axis=1).round().astype(np.int32)
        cv2.polylines(mask, [points], False, 255, canvas.px(rng.uniform(1, 3)), cv2.LINE_AA)
    return ink.trim(mask)


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
