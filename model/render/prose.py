"""Words cut out of running handwriting: what a letter, a will or a note looks like a few words at a time."""

from __future__ import annotations

from typing import Final

import numpy as np

from model.render import ink, words
from model.render.handwriting import Hand, Ink
from model.render.ink import Mask

NEIGHBOURED: Final = 0.6
"""Chance of a line above, and of one below; their tails reach into what is cut out."""

MID_WORD: Final = 0.2
"""Share cut without regard to where words end."""


def cut_words(rng: np.random.Generator, hand: Hand) -> Ink:
    """One to four words out of the middle of a text in the given hand."""
    mask, darkness = hand.line(rng, _text(rng))
    start, end = _span(rng, mask, hand.x_height)
    part = mask[:, start:end]
    pitch = round(float(rng.uniform(2.2, 4.0)) * hand.x_height)
    for way in (-1, 1):
        if rng.random() < NEIGHBOURED:
            part = _beside(part, hand.line(rng, _text(rng)).mask, way * pitch, start)
    return Ink(ink.trim(part), darkness)


def _text(rng: np.random.Generator) -> str:
    """Prose in some language, or the project's own words for letters, small letters all but a few."""
    count = int(rng.integers(2, 7))
    if rng.random() < 0.4:
        return " ".join(words.sentence(rng, count))
    spoken = [words.pick(rng, "prose") for _ in range(count)]
    if rng.random() < 0.25:
        spoken[0] = spoken[0].capitalize()
    if rng.random() < 0.2:
        spoken[int(rng.integers(count))] += str(rng.choice([",", ".", ";"]))
    return " ".join(spoken)


def _span(rng: np.random.Generator, mask: Mask, x_height: float) -> tuple[int, int]:
    """Where to cut: at gaps between words, or anywhere."""
    wide = mask.shape[1]
    inked = np.pad((mask > ink.INK_SEEN).any(axis=0).astype(np.int8), 1, constant_values=0)
    starts, ends = (np.flatnonzero(np.diff(inked) == way) for way in (1, -1))
    gaps = np.flatnonzero(starts[1:] - ends[:-1] > 0.4 * x_height)
    if not len(gaps) or rng.random() < MID_WORD:
        share = rng.uniform(0.25, 1)
        start = int(rng.uniform(0, 1 - share) * wide)
        return start, start + max(8, int(share * wide))
    firsts = [0, *starts[gaps + 1]]
    lasts = [*ends[gaps], wide]
    first = int(rng.integers(len(firsts)))
    last = min(len(lasts) - 1, first + int(rng.choice([0, 1, 2, 3], p=[0.5, 0.25, 0.15, 0.1])))
    return int(firsts[first]), int(lasts[last])


def _beside(part: Mask, other: Mask, shift: int, start: int) -> Mask:
    """What of a line ``shift`` pixels further down reaches into the part."""
    height, width = part.shape
    cut = other[:, start : start + width]
    top = (height - other.shape[0]) // 2 + shift
    first, last = max(0, top), min(height, top + other.shape[0])
    if first >= last or not cut.shape[1]:
        return part
    out = part.copy()
    seen = out[first:last, : cut.shape[1]]
    np.maximum(seen, cut[first - top : last - top], out=seen)
    return out
