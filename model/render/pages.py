"""Whole pages: a layout or a real page, what hands leave on it, and the way it takes to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import certificates, degrade, forms, ink, letters, marks, payments, real
from model.render.assets import Assets
from model.render.canvas import Canvas

Layout = Callable[..., None]

LAYOUTS: dict[str, tuple[Layout, float, float, tuple[float, float]]] = {
    "letter": (letters.letter, 0.27, 0.77, (0.707, 0.80)),
    "memo": (letters.memo, 0.07, 0.68, (0.707, 0.80)),
    "form": (forms.form, 0.08, 0.7, (0.70, 0.80)),
    "contract": (forms.contract, 0.09, 0.78, (0.64, 0.80)),
    "certificate": (certificates.certificate, 0.08, 0.75, (0.68, 1.45)),
    "receipt": (payments.receipt, 0.09, 0.12, (0.28, 0.62)),
    "cheque": (payments.cheque, 0.03, 0.75, (2.0, 2.5)),
    "typescript": (letters.typescript, 0.05, 0.35, (0.68, 0.80)),
    "fax cover": (letters.fax_cover, 0.05, 0.52, (0.70, 0.80)),
    "invoice": (payments.invoice, 0.05, 0.48, (0.70, 0.80)),
    "handwritten letter": (letters.handwritten_letter, 0.06, 0.68, (0.66, 0.82)),
    "print": (certificates.plain_print, 0.08, 0.0, (0.62, 0.82)),
}
"""Layout, its share of rendered pages, the share of them that is signed, the range of width over height."""

REAL_SHARE = 0.2
"""Share of pages made of real ones where the assets have any."""

SEEN_SHARE = 0.2
"""Share of a hand's ink that must still be darker than its paper for the hand to be labelled."""


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
    rng: np.random.Generator,
    assets: Assets,
    *,
    long_side: int = 1664,
    kind: str | None = None,
    signed: bool | None = None,
    way: str | None = None,
) -> RenderedPage:
    """Draw one page.

    Args:
        rng: the page follows from its state alone.
        assets: fonts, real ink and real pages.
        long_side: longer side of the page in pixels.
        kind: a key of ``LAYOUTS`` or ``real``; drawn by their shares where None.
        signed: whether layouts are signed; drawn by the kind's share where None.
        way: a key of ``degrade.WAYS``; drawn by their shares where None (some real pages stay as they are).
    """
    if kind is None:
        kind = "real" if assets.pages and rng.random() < REAL_SHARE else _drawn_kind(rng)
    if kind == "real":
        page, hands = real.real_page(rng, assets, long_side)
        plain = way is None and rng.random() < 0.3
    else:
        page, hands = _laid_out(rng, assets, long_side, kind, signed)
        plain = False
    if rng.random() < 0.12 and kind not in {"receipt", "cheque"}:
        marks.holes(page, rng)
    if rng.random() < 0.06:
        page = degrade.show_through(page, page[::-1], rng)
    matrix = np.eye(3)
    if not plain:
        page, matrix = degrade.degraded(page, rng, assets.noise, way=way)
    boxes = {
        label: seen_boxes([hand for hand in hands if hand.label == label], matrix, page)
        for label in ("signature", "handwriting")
    }
    return RenderedPage(np.ascontiguousarray(page), boxes["signature"], boxes["handwriting"], kind)


def _laid_out(
    rng: np.random.Generator, assets: Assets, long_side: int, kind: str, signed: bool | None
) -> tuple[NDArray[np.uint8], list[ink.Hand]]:
    layout, _, share, (narrow, wide) = LAYOUTS[kind]
    aspect = rng.uniform(narrow, wide)
    width = round(long_side * min(aspect, 1))
    height = round(long_side / max(aspect, 1))
    canvas = Canvas(rng, assets, width, height)
    layout(canvas, signed=bool(rng.random() < share) if signed is None else signed)
    marks.stamp_signatures(canvas)
    return canvas.finished()


def _drawn_kind(rng: np.random.Generator) -> str:
    shares = np.array([entry[1] for entry in LAYOUTS.values()])
    return str(rng.choice(list(LAYOUTS), p=shares / shares.sum()))


def seen_boxes(
    hands: list[ink.Hand], matrix: NDArray[np.float64], page: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Boxes of the ink that is still seen after the page was moved and coarsened, float32 (n, 4)."""
    boxes = [box for hand in hands if (box := _box(hand, matrix, page)) is not None]
    return np.array(boxes, np.float32).reshape(-1, 4)


def _box(hand: ink.Hand, matrix: NDArray[np.float64], page: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Where a hand's ink went, or None if it left the page or faded away."""
    hull = ink.outline(hand.mask)
    if not len(hull):
        return None
    points = np.column_stack([hull + np.array([hand.x, hand.y]), np.ones(len(hull))]) @ matrix.T
    points = points[:, :2] / points[:, 2:]
    low, high = points.min(axis=0), points.max(axis=0)
    box = np.clip(np.concatenate([low, high]), 0, [page.shape[1], page.shape[0]] * 2)
    size = box[2:] - box[:2]
    if size.prod() < 0.5 * np.prod(high - low) or size.min() < 3:
        return None
    if not hand.darkness:  # a box read off a real page: nobody knows its ink apart from the rest
        return np.asarray(box, np.float64)
    x0, y0 = (int(value) for value in np.floor(box[:2]))
    x1, y1 = (int(value) for value in np.ceil(box[2:]))
    part = page[y0:y1, x0:x1]
    shift = (
        np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]])
        @ matrix
        @ np.array([[1, 0, hand.x], [0, 1, hand.y], [0, 0, 1]])
    )
    laid = cv2.warpPerspective(hand.mask, shift, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR) > ink.INK_SEEN
    paper = int(np.percentile(part, 80))
    seen = laid & (part < paper - max(10, paper // 8))
    if seen.sum() < SEEN_SHARE * max(1, laid.sum()):
        return None
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    tight = np.array([x0 + columns[0], y0 + rows[0], x0 + columns[-1] + 1, y0 + rows[-1] + 1], np.float64)
    # What is left of faded ink may be no more than the print it crosses.
    return tight if np.prod(tight[2:] - tight[:2]) >= 0.5 * size.prod() else None
