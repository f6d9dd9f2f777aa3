"""Signatures that are figures more than writing: a movement over and over, a spiral, a knot and the like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.render.kinematics import Plan

Run = NDArray[np.float64]
"""Pen positions, float64 (n, 2) of x, y in x-heights, y downwards."""


def figure(rng: np.random.Generator) -> Plan:
    """Plans a signature.

    Args:
        rng: What it follows from.

    Returns:
        One pen-down run, at times with a tall opening or a way out.
    """
    drawn = (_swings, _spiral, _knot, _struck_ring, _hatching)
    run = drawn[int(rng.choice(len(drawn), p=[0.5, 0.1, 0.2, 0.1, 0.1]))](rng)
    if rng.random() < 0.2:
        run = np.concatenate([run[0] - [[3, 0], [1, rng.uniform(1.5, 3.5) * np.ptp(run[:, 1]) / 2]], run])
    if rng.random() < 0.3:
        run = np.concatenate([run, run[-1:] + np.array([[rng.uniform(2, 15), rng.normal(0, 3)]])])
    run[:, 0] -= rng.normal(0.1, 0.2) * run[:, 1]
    run[:, 1] += rng.normal(0, 0.05) * run[:, 0]
    return Plan([run.astype(np.float32)], [np.zeros(len(run) - 1, np.float32)])


def _uneven(rng: np.random.Generator, count: int, knots: int) -> NDArray[np.float64]:
    """Factors about 1 that change slowly, of a hand that is more or less even."""
    factors = 1 + rng.normal(0, rng.uniform(0, 0.25), knots)
    return np.maximum(0.1, np.interp(np.linspace(0, 1, count), np.linspace(0, 1, knots), factors))


def _swings(rng: np.random.Generator) -> Run:
    """Waves, teeth, or loops as of a spring."""
    swings = int(rng.integers(3, 13))
    points_each = 2 if rng.random() < 0.15 else 8
    angle = np.linspace(0, 2 * np.pi * swings, points_each * swings + 1)
    size = _uneven(rng, len(angle), swings + 1) * np.linspace(1, rng.uniform(0.4, 1.3), len(angle))
    pace = _uneven(rng, len(angle), swings + 1)
    across = rng.choice([-1, 1]) * rng.uniform(0.5, 5) if points_each > 2 and rng.random() < 0.65 else 0.0
    x = np.cumsum(np.diff(angle, prepend=0) * pace) - across * size * np.sin(angle)
    return np.stack([x, rng.uniform(2, 8) * size * np.cos(angle)], axis=1)


def _spiral(rng: np.random.Generator) -> Run:
    turns = rng.uniform(2, 6)
    angle = rng.choice([-1, 1]) * np.linspace(0, 2 * np.pi * turns, round(9 * turns)) + rng.uniform(0, 6)
    radius = np.linspace(rng.uniform(0.1, 1), rng.uniform(4, 7), len(angle)) * _uneven(rng, len(angle), 8)
    x, y = radius * np.cos(angle) * rng.uniform(0.8, 2.5), radius * np.sin(angle)
    return np.stack([x, y], axis=1)[:: rng.choice([-1, 1])]


def _knot(rng: np.random.Generator) -> Run:
    """Two swings at once, across and down, that drift aside or return to where they began."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.7, 1), int(rng.integers(30, 60)))
    across, down = rng.uniform(1, 5.5, 2)
    x = 8 * _uneven(rng, len(angle), 8) * np.sin(across * angle + rng.uniform(0, 6))
    x += rng.uniform(0, 5) * angle
    y = rng.uniform(2, 7) * _uneven(rng, len(angle), 8) * np.sin(down * angle + rng.uniform(0, 6))
    return np.stack([x, y], axis=1)


def _struck_ring(rng: np.random.Generator) -> Run:
    turns = rng.uniform(0.8, 2.2)
    angle = np.linspace(0, 2 * np.pi * turns, round(10 * turns) + 2) + rng.uniform(0, 6)
    wide, high = rng.uniform(3, 6), rng.uniform(2, 6)
    ring = np.stack([wide * np.cos(angle), high * np.sin(angle)]) * _uneven(rng, len(angle), 6)
    stroke = [[-rng.uniform(0.5, 2) * wide, rng.normal(0, 2)], [rng.uniform(1, 5) * wide, rng.normal(-1, 3)]]
    return np.concatenate([ring.T, stroke])


def _hatching(rng: np.random.Generator) -> Run:
    """Strokes to and fro, close to one another, that move down or aside."""
    strokes = int(rng.integers(6, 22))
    ends = np.where(np.arange(strokes) % 2, 1, -1) * _uneven(rng, strokes, strokes) * rng.uniform(4, 9)
    along = np.arange(strokes) * rng.uniform(0.3, 1.2)
    turn = rng.uniform(-0.6, 0.6) if rng.random() < 0.6 else rng.uniform(0.6, 2.2)
    x, y = ends * np.cos(turn) - along * np.sin(turn), ends * np.sin(turn) + along * np.cos(turn)
    return np.stack([x, y], axis=1)
