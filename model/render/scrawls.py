"""Plans of pen movement that nobody can read: scrawls and flourishes, after several scripts' hands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.render.kinematics import Plan, Points


def _arcs(points: Points, rng: np.random.Generator, low: float, high: float) -> NDArray[np.float32]:
    """Turns for a run that swings: alternating sides most of the time, as loops and garlands do."""
    sides = np.where(rng.random(len(points) - 1) < 0.8, 1, -1) * rng.choice([-1, 1])
    return np.asarray(sides * rng.uniform(low, high, len(points) - 1), np.float32)


def scrawl(rng: np.random.Generator, *, letters: int | None = None) -> Plan:
    """A Latin-like signature nobody can read: a large opening, waves and loops, a long way out."""
    letters = letters or int(rng.integers(3, 14))
    step = rng.uniform(0.35, 1.1)
    x, points = 0.0, []
    tall = rng.uniform(1.5, 4.5)
    for _ in range(int(rng.integers(1, 4))):
        points += [
            [x, -tall * rng.uniform(0.1, 0.5)],
            [x + step * rng.uniform(0.3, 1.4), -tall * rng.uniform(0.7, 1.1)],
        ]
        points += [[x + step * rng.uniform(-0.4, 0.6), rng.uniform(-0.2, tall * 0.35)]]
        x += step * rng.uniform(0.5, 1.6)
    for _ in range(letters):
        up = -rng.uniform(0.25, 1.0) if rng.random() < 0.8 else -rng.uniform(1.2, tall)
        down = rng.uniform(-0.2, 0.15) if rng.random() < 0.88 else rng.uniform(0.5, 0.5 * tall)
        points += [[x, up], [x + step * rng.uniform(-0.1, 0.5), down]]
        x += step * rng.uniform(0.4, 1.0)
    if rng.random() < 0.5:
        points.append([x + rng.uniform(1, 5), -rng.uniform(-1.0, 2.5)])
    run = np.array(points, np.float32)
    run[:, 0] -= rng.normal(0.2, 0.25) * run[:, 1]
    cuts = np.sort(
        rng.choice(np.arange(2, len(run) - 1), size=min(len(run) - 3, int(rng.integers(0, 3))), replace=False)
    )
    runs = [part for part in np.split(run, cuts) if len(part) > 1]
    return Plan(runs, [_arcs(part, rng, 0.2, 2.2) for part in runs])


def paraph(rng: np.random.Generator, width: float) -> Plan:
    """A flourish: an underline, a lasso back under the name, or crossing strokes; ``width`` in x-heights."""
    kind = rng.integers(0, 4)
    y = rng.uniform(0.3, 1.3)
    if kind == 0:
        run = [[-0.05 * width, y], [width * rng.uniform(0.6, 1.1), y + rng.normal(0, 0.3)]]
    elif kind == 1:
        run = [[width, 0], [-0.1 * width, y], [width * rng.uniform(0.5, 1.1), y * 1.3]]
    elif kind == 2:
        run = [
            [width * 0.9, -1],
            [width * 1.1, 0.5],
            [width * 0.2, y],
            [width * 0.7, y + 0.5],
            [width * 1.2, y - 0.2],
        ]
    else:
        run = [[width * 0.3, y + 0.2], [width * 0.9, -rng.uniform(1, 3)]]
    points = np.array(run, np.float32)
    return Plan([points], [_arcs(points, rng, 0.1, 1.3)])


def arabic_hand(rng: np.random.Generator) -> Plan:
    """A signature after the Arabic hand: right to left, wide bowls, upright shafts, dots above and below."""
    runs, x = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        points = [[x, -rng.uniform(0.3, 3.0)]]
        for _ in range(int(rng.integers(2, 7))):
            x -= rng.uniform(0.3, 1.3)
            tooth = -rng.uniform(0.2, 0.7) if rng.random() < 0.75 else -rng.uniform(1.5, 3.5)
            points += [[x, tooth], [x - rng.uniform(0.05, 0.3), rng.uniform(-0.1, 0.2)]]
        wide = rng.uniform(1, 4)
        points += [[x - wide * 0.5, rng.uniform(0.6, 1.8)], [x - wide, rng.uniform(-0.6, 0.3)]]
        runs.append(np.array(points, np.float32))
        x -= wide * rng.uniform(0.1, 0.8)
    turns = [_arcs(run, rng, 0.1, 1.4) for run in runs]
    for _ in range(int(rng.integers(0, 6))):
        dot = np.array([rng.uniform(x, 0), rng.choice([-1, 1]) * rng.uniform(0.8, 2)], np.float32)
        runs.append(np.stack([dot, dot + rng.normal(0, 0.09, 2).astype(np.float32)]))
        turns.append(np.zeros(1, np.float32))
    return Plan(runs, turns)


def han_hand(rng: np.random.Generator) -> Plan:
    """A signature after the Chinese hand: two to four square blocks of strokes, some of them run together."""
    runs: list[NDArray[np.float32]] = []
    upright = rng.random() < 0.15
    running = rng.uniform(0, 0.7)
    for block in range(int(rng.integers(2, 5))):
        shift = np.array(
            [0, block * 2.2] if upright else [block * rng.uniform(1.8, 2.3), rng.normal(0, 0.12)]
        )
        end: NDArray[np.float32] | None = None
        for _ in range(int(rng.integers(4, 11))):
            stroke = (_han_stroke(rng) + shift).astype(np.float32)
            if end is not None and rng.random() < running:
                runs[-1] = np.concatenate([runs[-1], stroke])
            else:
                runs.append(stroke)
            end = stroke
    return Plan(runs, [rng.normal(0, 0.25, len(run) - 1).astype(np.float32) for run in runs])


def _han_stroke(rng: np.random.Generator) -> NDArray[np.float32]:
    x, y = rng.uniform(0, 1.2), rng.uniform(-1.8, -0.2)
    kind = rng.integers(0, 6)
    long = rng.uniform(0.4, 1.5)
    ends = {
        0: [[x, y], [x + long, y - 0.08 * long]],
        1: [[x, y], [x + rng.normal(0, 0.04), y + long]],
        2: [[x + 0.5, y], [x + 0.5 - long * 0.7, y + long * 0.8]],
        3: [[x, y], [x + long * 0.7, y + long * 0.7]],
        4: [[x, y], [x + 0.12, y + 0.2]],
        5: [
            [x, y],
            [x + long * 0.8, y - 0.05],
            [x + long * 0.75, y + long * 0.8],
            [x + long * 0.6, y + long * 0.7],
        ],
    }
    return np.array(ends[int(kind)], np.float32)


def joined(first: Plan, second: Plan) -> Plan:
    """Both plans, one after the other, on the same baseline."""
    turns = [
        turn
        for plan in (first, second)
        for turn in (plan.turns or [np.zeros(len(run) - 1, np.float32) for run in plan.runs])
    ]
    return Plan([*first.runs, *second.runs], turns)
