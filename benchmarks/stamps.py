"""Rubber stamps over signatures, drawn otherwise than those that the networks learn from."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from benchmarks.arrays import Boxes, Pixels

RING: Final = 0.18
"""Diameter of a round stamp, as a share of the page's width."""

FRAME: Final = (0.22, 0.073)
"""Width and height of a framed one, as shares of the page's width."""

INK: Final = 0.6
"""Share of the light that a stamp's ink takes."""

LETTERS: Final = "NORTHERN FREIGHT * HARBOUR OFFICE * "


def stamped(page: Pixels, signatures: Boxes) -> Iterator[Pixels]:
    """Stamps a page: with a ring of letters, and with a frame and a date.

    Args:
        page: Grey uint8 (height, width).
        signatures: Boxes, (n, 4), in its pixels; on each of them is a stamp. Where there are none, one is in
            the lower half of the page.

    Yields:
        The page, stamped.
    """
    random = np.random.default_rng(4)
    for drawn in (_ring, _frame):
        made = page.copy()
        for x0, y0, x1, y1 in signatures if len(signatures) else [_anywhere(page, random)]:
            stamp = _turned(drawn(page.shape[1]), float(random.uniform(-12, 12)))
            x = x0 + random.uniform(0, 1) * (x1 - x0) - stamp.shape[1] / 2
            y = y0 + random.uniform(0.2, 0.8) * (y1 - y0) - stamp.shape[0] / 2
            _press(made, stamp, round(x), round(y))
        yield made


def _anywhere(page: Pixels, random: np.random.Generator) -> tuple[float, ...]:
    height, width = page.shape
    x, y = random.uniform(0.2, 0.8) * width, random.uniform(0.5, 0.9) * height
    return x, y, x, y


def _ring(page_width: int) -> Pixels:
    side = max(24, round(RING * page_width))
    stamp, radius = np.zeros((side, side), np.uint8), side / 2 - 2
    line = max(1, side // 50)
    for share in (1.0, 0.66):
        cv2.circle(stamp, (side // 2, side // 2), round(share * radius), 255, line, cv2.LINE_AA)
    for number, letter in enumerate(LETTERS):
        angle = 2 * np.pi * number / len(LETTERS)
        at = side / 2 + 0.82 * radius * np.array([np.sin(angle), -np.cos(angle)])
        glyph = _turned(_text(letter, side / 9), -float(np.degrees(angle)))
        _over(stamp, glyph, *np.rint(at - np.array(glyph.shape[::-1]) / 2).astype(int).tolist())
    word = _text("PAID", side / 6)
    _over(stamp, word, (side - word.shape[1]) // 2, (side - word.shape[0]) // 2)
    return stamp


def _frame(page_width: int) -> Pixels:
    width, height = (max(12, round(share * page_width)) for share in FRAME)
    stamp = np.zeros((height, width), np.uint8)
    cv2.rectangle(stamp, (1, 1), (width - 2, height - 2), 255, max(1, width // 70))
    for word, share, y in (("RECEIVED", 0.42, 0.12), ("12 MAR 1987", 0.3, 0.58)):
        row = _text(word, share * height)
        _over(stamp, row, (width - row.shape[1]) // 2, round(y * height))
    return stamp


def _text(text: str, height: float) -> Pixels:
    """Letters of about so many pixels in height, 255 on 0."""
    scale = height / 30
    (width, high), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)
    row = np.zeros((high + below, width + 2), np.uint8)
    thick = max(1, round(scale * 2))
    cv2.putText(row, text, (1, high), cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA)
    return row


def _turned(mask: Pixels, degrees: float) -> Pixels:
    room = round(np.hypot(*mask.shape))
    down, across = ((room - side) // 2 + 1 for side in mask.shape)
    wide = np.pad(mask, ((down, down), (across, across)))
    turn = cv2.getRotationMatrix2D((wide.shape[1] / 2, wide.shape[0] / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(wide, turn, wide.shape[::-1]), np.uint8)


def _over(mask: Pixels, part: Pixels, x: int, y: int) -> None:
    """Puts a part on a mask, as far as it lies on it, its corner at x, y."""
    under, part = _met(mask, part, x, y)
    np.maximum(under, part, out=under)


def _press(page: Pixels, stamp: Pixels, x: int, y: int) -> None:
    """Darkens a page in place."""
    under, part = _met(page, stamp, x, y)
    under[:] = under * (1 - INK / 255 * part)


def _met(whole: Pixels, part: Pixels, x: int, y: int) -> tuple[Pixels, Pixels]:
    """What of both lies on the other, the part's corner at x, y."""
    under = whole[max(0, y) : max(0, y + part.shape[0]), max(0, x) : max(0, x + part.shape[1])]
    left, top = max(0, -x), max(0, -y)
    return under, part[top : top + under.shape[0], left : left + under.shape[1]]
