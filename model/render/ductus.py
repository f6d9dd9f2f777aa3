"""Plans of pen movement that can be read: letters of the Hershey stroke alphabets, as one hand writes them.

The Hershey alphabets (A. V. Hershey, U.S. National Bureau of Standards, 1967) come with Debian's
``hershey-fonts-data``; without it names are written as scrawls.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.render.kinematics import Plan
from model.render.scrawls import scrawl

HERSHEY = Path("/usr/share/hershey-fonts")
_X_HEIGHT = 14.0  # of the Hershey script alphabet, in its own units

JOINED_PRINT = 0.35
"""Share of hands with printed letters that run them together."""

FAR_APART = 0.35
"""Share of hurried hands that leave much room between figures."""

WIDE_GAPS = 0.2
"""Share of hands that leave much room between words."""

Glyph = tuple[float, list[NDArray[np.float32]]]
"""Advance width and pen-down runs of one letter, in x-heights, y downwards from the baseline."""


@cache
def alphabet(name: str) -> dict[str, Glyph]:
    """Letters of one stroke alphabet (``scripts``, ``futural``, ...), empty where it is not installed."""
    path = HERSHEY / f"{name}.jhf"
    if not path.exists():
        return {}
    records: list[str] = []
    for line in path.read_text(encoding="ascii").splitlines():
        # Long glyphs run over several lines; a new record starts with its number in five columns.
        if line[:5].strip().isdigit() and line[5:8].strip().isdigit():
            records.append(line)
        elif records:
            records[-1] += line
    return {chr(32 + index): _glyph(record) for index, record in enumerate(records[:95])}


def _glyph(record: str) -> Glyph:
    pairs = record[8:]
    left, right = ord(pairs[0]) - 82, ord(pairs[1]) - 82
    runs: list[list[tuple[float, float]]] = [[]]
    for at in range(2, len(pairs) - 1, 2):
        if pairs[at : at + 2] == " R":
            runs.append([])
        else:
            # Capitals stand on y = 9 in Hershey's frame.
            runs[-1].append(
                ((ord(pairs[at]) - 82 - left) / _X_HEIGHT, (ord(pairs[at + 1]) - 82 - 9) / _X_HEIGHT)
            )
    return (right - left) / _X_HEIGHT, [np.array(run, np.float32) for run in runs if len(run) > 1]


class Writer:
    """One hand: its slant, letter widths, unsteadiness, joining and how fast letters dissolve into waves."""

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        legible: float | None = None,
        upright: bool = False,
        hurried: bool = False,
    ) -> None:
        """Draws a hand.

        Args:
            rng: source of chance.
            legible: how well letters far into a word can be read, 0 to 1; drawn where None.
            upright: writes as people write words, not as they sign.
            hurried: jots figures as people date what they sign: narrow, aslant, uneven, nearly touching or
                far apart.
        """
        self.hurried = hurried
        self.slant = float(rng.normal(0.3 if hurried else 0.05 if upright else 0.18, 0.2))
        self.width = float(rng.uniform(0.5, 1.1) if hurried else rng.uniform(0.65, 1.45))
        self.jitter = float(rng.uniform(0.03, 0.11) if hurried else rng.uniform(0.01, 0.07))
        self.slash = float(rng.uniform(0.8, 1.9))
        self.uneven = float(rng.uniform(0.03, 0.16)) if hurried else 0.0
        self.ascent = float(rng.uniform(0.8, 1.5 if upright else 2.1))
        self.capital = float(rng.uniform(0.9, 1.3 if upright else 2.2))
        self.legible = float(rng.beta(2.2, 1.0)) if legible is None else legible
        self.overlap = float(rng.uniform(0.35, 0.72))
        far_apart = hurried and rng.random() < FAR_APART
        self.spacing = float(rng.uniform(0.16, 0.9) if far_apart else rng.uniform(-0.06, 0.16))
        self.gap = float(rng.uniform(0.8, 2.2) if rng.random() < WIDE_GAPS else 0.55) * self.width
        self.drift = float(rng.normal(0, 0.03))
        self.faces = "scripts" if rng.random() < (0.25 if upright else 0.85) else "futural"
        self.joins = self.faces == "scripts" or (not hurried and bool(rng.random() < JOINED_PRINT))
        self.warp = rng.normal(0, 0.09, (128, 4)).astype(np.float32)

    def plan(self, text: str, rng: np.random.Generator) -> Plan:
        """Lay out ``text`` on a baseline; letters past the writer's legibility become waves."""
        letters = alphabet(self.faces)
        if not letters:
            return scrawl(rng, letters=len(text))
        runs: list[NDArray[np.float32]] = []
        x, since_capital = 0.0, 0
        for letter in text:
            if letter == " ":
                x, since_capital = x + self.gap + rng.uniform(0, 0.2), 0
                continue
            since_capital += 1
            if letter.islower() and since_capital > 2 and rng.random() > self.legible ** (since_capital / 4):
                x = self._join(runs, [_wave(rng)], x, rng, joined=True)
                continue
            advance, strokes = letters.get(letter, letters["o"])
            shaped = [self._shaped(letter, stroke) for stroke in strokes]
            if self.hurried:
                shaped = self._unsteady(letter, shaped, rng)
            joined = self.joins and letter.islower() and since_capital > 1
            x = self._join(runs, shaped, x, rng, joined=joined)
            x += max(0.0, advance * self.width - (max(s[:, 0].max() for s in shaped) if shaped else 0)) * 0.5
            x += self.spacing if joined or self.hurried else abs(self.spacing) + 0.1
        plan_runs = [self._slanted(run, rng) for run in runs]
        return Plan(plan_runs)

    def _shaped(self, letter: str, stroke: NDArray[np.float32]) -> NDArray[np.float32]:
        warp = self.warp[ord(letter) % 128]
        size = self.capital if letter.isupper() else 1.0
        out = stroke.copy()
        tall = out[:, 1] < -1.02
        if not letter.isupper():
            out[tall, 1] = -1 + (out[tall, 1] + 1) * self.ascent
        out[:, 0] *= self.width * size * (1 + warp[0])
        out[:, 1] *= size * (1 + warp[1])
        out[:, 0] += warp[2] * out[:, 1]
        return out

    def _unsteady(
        self, letter: str, strokes: list[NDArray[np.float32]], rng: np.random.Generator
    ) -> list[NDArray[np.float32]]:
        """Every figure a little larger or smaller and off the line; slashes long or short by hand."""
        size = float(np.exp(rng.normal(0, self.uneven))) * (self.slash if letter in "/-" else 1.0)
        middle = np.array([0, -0.75 if letter == "/" else 0], np.float32)
        lift = np.array([0, rng.normal(0, self.uneven)], np.float32)
        return [((stroke - middle) * size + middle + lift).astype(np.float32) for stroke in strokes]

    def _join(
        self,
        runs: list[NDArray[np.float32]],
        strokes: list[NDArray[np.float32]],
        x: float,
        rng: np.random.Generator,
        *,
        joined: bool,
    ) -> float:
        if not strokes:
            return x + 0.4 * self.width
        left = min(float(stroke[:, 0].min()) for stroke in strokes)
        placed = [stroke + np.array([x - left, 0], np.float32) for stroke in strokes]
        placed = [p + rng.normal(0, self.jitter, p.shape).astype(np.float32) for p in placed]
        if joined and runs and rng.random() < 0.9:
            runs[-1] = np.concatenate([runs[-1], placed[0]])
            runs.extend(placed[1:])
        else:
            runs.extend(placed)
        return max(float(p[:, 0].max()) for p in placed)

    def _slanted(self, run: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        out = run.copy()
        out[:, 0] -= self.slant * out[:, 1]
        out[:, 1] += self.drift * out[:, 0] + 0.05 * np.sin(out[:, 0] / 2.3 + self.warp[0, 0] * 30)
        return _thinned(out)


def _thinned(run: NDArray[np.float32], gap: float = 0.16) -> NDArray[np.float32]:
    """Drop targets closer than ``gap``: a hand aims at extremes, not at every point of a curve."""
    keep = [0]
    for index in range(1, len(run) - 1):
        if np.abs(run[index] - run[keep[-1]]).sum() > gap:
            keep.append(index)
    keep.append(len(run) - 1)
    return run[keep]


def _wave(rng: np.random.Generator) -> NDArray[np.float32]:
    high = -rng.uniform(0.3, 1.0) if rng.random() < 0.85 else -rng.uniform(1.2, 2.2)
    low = rng.uniform(-0.25, 0.12)
    wide = rng.uniform(0.25, 0.8)
    return np.array([[0.0, low], [wide * 0.45, high], [wide, low]], np.float32)
