"""Whole pages: a layout or a real page, what hands leave on it, and the way it takes to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.render import degrade, forms, ink, letters, marks, real
from model.render.assets import Assets
from model.render.canvas import Canvas

Layout = Callable[..., None]

LAYOUTS: dict[str, tuple[Layout, float, float, tuple[float, float]]] = {
    "letter": (letters.letter, 0.27, 0.68, (0.707, 0.80)),
    "memo": (letters.memo, 0.07, 0.6, (0.707, 0.80)),
    "form": (forms.form, 0.08, 0.62, (0.70, 0.80)),
    "contract": (forms.contract, 0.09, 0.7, (0.64, 0.80)),
    "certificate": (forms.certificate, 0.08, 0.75, (0.68, 1.45)),
    "receipt": (forms.receipt, 0.09, 0.12, (0.28, 0.62)),
    "cheque": (forms.cheque, 0.03, 0.75, (2.0, 2.5)),
    "typescript": (letters.typescript, 0.05, 0.35, (0.68, 0.80)),
    "fax cover": (letters.fax_cover, 0.05, 0.45, (0.70, 0.80)),
    "invoice": (forms.invoice, 0.05, 0.4, (0.70, 0.80)),
    "handwritten letter": (letters.handwritten_letter, 0.06, 0.6, (0.66, 0.82)),
    "print": (forms.plain_print, 0.08, 0.0, (0.62, 0.82)),
}
"""Layout, its share of rendered pages, the share of them that is signed, and the range of width over height."""

REAL_SHARE = 0.2
"""Share of pages made of real ones where the assets have any."""


@dataclass(frozen=True)
class RenderedPage:
    """A page with what is on it.

    Attributes:
        image: grey uint8 (height, width), ink dark on light.
        signatures: float32 (n, 4) boxes x0, y0, x1, y1 in pixels, tight on each signature's ink.
        handwriting: float32 (n, 4) boxes of handwriting that is not a signature.
        kind: a key of ``LAYOUTS``, or ``real``.
    """

    image: NDArray[np.uint8]
    signatures: NDArray[np.float32]
    handwriting: NDArray[np.float32]
    kind: str


def render_page(
    rng: np.random.Generator, assets: Assets, *, long_side: int = 1664, kind: str | None = None, signed: bool | None = None
) -> RenderedPage:
    """Draw one page.

    Args:
        rng: the page follows from its state alone.
        assets: fonts, real ink and real pages.
        long_side: longer side of the page in pixels.
        kind: a key of ``LAYOUTS`` or ``real``; drawn by their shares where None.
        signed: whether layouts are signed; drawn by the kind's share where None.
    """
    if kind is None:
        kind = "real" if assets.pages and rng.random() < REAL_SHARE else _drawn_kind(rng)
    if kind == "real":
        page, hands = real.real_page(rng, assets, long_side)
        plain = rng.random() < 0.3
    else:
        layout, _, share, (narrow, wide) = LAYOUTS[kind]
        aspect = rng.uniform(narrow, wide)
        width, height = (round(long_side * aspect), long_side) if aspect < 1 else (long_side, round(long_side / aspect))
        canvas = Canvas(rng, assets, width, height)
        layout(canvas, signed=bool(rng.random() < share) if signed is None else signed)
        page, hands = canvas.finished()
        plain = False
    if rng.random() < 0.12 and kind not in {"receipt", "cheque"}:
        marks.holes(page, rng)
    if rng.random() < 0.06:
        page = degrade.show_through(page, page[::-1], rng)
    matrix = np.eye(3)
    if not plain:
        page, matrix = degrade.degraded(page, rng, assets.noise)
    boxes = {
        label: _boxes([hand for hand in hands if hand.label == label], matrix, page.shape) for label in ("signature", "handwriting")
    }
    return RenderedPage(np.ascontiguousarray(page), boxes["signature"], boxes["handwriting"], kind)


def _drawn_kind(rng: np.random.Generator) -> str:
    shares = np.array([entry[1] for entry in LAYOUTS.values()])
    return str(rng.choice(list(LAYOUTS), p=shares / shares.sum()))


def _boxes(hands: list[ink.Hand], matrix: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Boxes of the ink after the page was moved; ink that left the page leaves no box."""
    height, width = shape[:2]
    boxes = []
    for hand in hands:
        hull = ink.outline(hand.mask)
        if not len(hull):
            continue
        points = np.column_stack([hull + [hand.x, hand.y], np.ones(len(hull))]) @ matrix.T
        points = points[:, :2] / points[:, 2:]
        low, high = points.min(axis=0), points.max(axis=0)
        x0, y0 = np.clip(low, 0, [width, height])
        x1, y1 = np.clip(high, 0, [width, height])
        if (x1 - x0) * (y1 - y0) >= 0.5 * np.prod(high - low) and min(x1 - x0, y1 - y0) >= 3:
            boxes.append((x0, y0, x1, y1))
    return np.array(boxes, np.float32).reshape(-1, 4)
