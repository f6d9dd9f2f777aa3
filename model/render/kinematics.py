"""Pen movement by the kinematic theory of rapid human movements.

A pen tip's velocity is the vector sum of overlapping strokes, each with a lognormal speed profile and a
direction that turns as the stroke completes: the sigma-lognormal model (Plamondon 1995; Plamondon and Djioua
2006; O'Reilly and Plamondon 2009). A plan of target points is thus drawn as a hand would draw it: corners
round off where strokes overlap, fast strokes overshoot and thin out, slow turns stay dark.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render.ink import Mask, trim

Points = NDArray[np.float32]
"""Pen positions, float32 (n, 2) of x, y in x-heights, y downwards."""

_OVERSAMPLING = 3


@dataclass(frozen=True)
class Plan:
    """What a hand means to write: pen-down runs of target points, and the turn of the way to each point.

    ``turns[i]`` has one angle in radians per step of ``runs[i]``: 0 is straight, positive is clockwise.
    """

    runs: list[Points]
    turns: list[NDArray[np.float32]] = field(default_factory=list)

    def extent(self) -> NDArray[np.float32]:
        """Width and height of the target points, never nothing."""
        points = np.concatenate(self.runs)
        return np.asarray(points.max(axis=0) - points.min(axis=0) + 0.2, np.float32)


@dataclass(frozen=True)
class Pen:
    """A writing tool: nib width in pixels, how much speed thins it, darkness 0 to 1, dryness 0 to 1."""

    width: float
    thinning: float
    darkness: float
    dryness: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, scale: float) -> Pen:
        """A ballpoint, felt, fountain or faded pen; ``scale`` is page pixels per 1664."""
        kind = rng.choice(4, p=[0.5, 0.22, 0.18, 0.10])
        width = [rng.uniform(1.8, 3.2), rng.uniform(3.2, 6.5), rng.uniform(2.2, 4.8), rng.uniform(1.5, 2.6)][
            kind
        ]
        thinning = [rng.uniform(0.0, 0.3), rng.uniform(0, 0.2), rng.uniform(0.35, 0.8), rng.uniform(0, 0.4)][
            kind
        ]
        darkness = [rng.uniform(0.65, 0.95), rng.uniform(0.8, 1), rng.uniform(0.7, 1), rng.uniform(0.3, 0.6)][
            kind
        ]
        dryness = rng.uniform(0.3, 0.9) if rng.random() < 0.2 else 0.0
        return cls(float(width * scale), float(thinning), float(darkness), float(dryness))


def _erf(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Error function to 5e-4 (Abramowitz and Stegun 7.1.27): NumPy has none."""
    a = np.abs(x)
    poly = 1 + a * (0.278393 + a * (0.230389 + a * (0.000972 + a * 0.078108)))
    return np.asarray(np.sign(x) * (1 - 1 / poly**4), np.float32)


def trajectory(
    points: Points,
    turns: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    overlap: float,
    samples_per_stroke: int = 7,
) -> tuple[Points, NDArray[np.float32]]:
    """Write one pen-down run.

    Args:
        points: target points.
        turns: turn of each step in radians, (n - 1,).
        rng: source of the hand's variability.
        overlap: 0 (stroke after stroke, angular) to about 0.8 (much smoothed) of a stroke's duration.
        samples_per_stroke: samples in time for each stroke.

    Returns:
        Positions and speed relative to the run's mean, float32 (m, 2) and (m,).
    """
    steps = np.diff(points, axis=0)
    length = np.hypot(steps[:, 0], steps[:, 1]) + 1e-4
    count = len(steps)
    heading = np.arctan2(steps[:, 1], steps[:, 0])
    # An arc of turn a is longer than its chord by (a/2)/sin(a/2).
    half = turns / 2
    amplitude = length * np.where(
        np.abs(half) > 1e-3, half / np.sin(np.where(np.abs(half) > 1e-3, half, 1)), 1
    )
    sigma = rng.uniform(0.22, 0.34, count).astype(np.float32)
    mu = np.float32(-0.9) + rng.normal(0, 0.04, count).astype(np.float32)
    # A lognormal stroke with these parameters lasts about exp(mu + 2.5 sigma) from its start.
    lasting = np.exp(mu + 2.3 * sigma) - np.exp(mu - 2.3 * sigma)
    gaps = lasting * (1 - overlap) * rng.uniform(0.9, 1.1, count)
    starts = np.concatenate([[0], np.cumsum(gaps[:-1])]).astype(np.float32)
    end = float(starts[-1] + np.exp(mu[-1] + 2.6 * sigma[-1]))
    times = np.linspace(0.1, end, max(8, samples_per_stroke * count), dtype=np.float32)
    after = np.maximum(times[:, None] - starts[None, :], 1e-4)
    done = 0.5 * (1 + _erf((np.log(after) - mu) / (sigma * np.float32(np.sqrt(2)))))
    angle = heading - half + turns * done
    gained = np.diff(done, axis=0, prepend=np.zeros((1, count), np.float32)) * amplitude
    velocity = np.stack([(gained * np.cos(angle)).sum(axis=1), (gained * np.sin(angle)).sum(axis=1)], axis=1)
    path = points[0] + np.cumsum(velocity, axis=0)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    return path.astype(np.float32), (speed / (speed.mean() + 1e-6)).astype(np.float32)


def written(
    plan: Plan, rng: np.random.Generator, pen: Pen, *, x_height: float, overlap: float = 0.55
) -> Mask:
    """Write a plan with a pen at ``x_height`` pixels per unit; returns the trimmed ink."""
    paths = []
    for index, run in enumerate(plan.runs):
        if len(run) < 2:
            continue
        turns = plan.turns[index] if plan.turns else np.zeros(len(run) - 1, np.float32)
        paths.append(trajectory(run, turns, rng, overlap=overlap))
    if not paths:
        return np.zeros((1, 1), np.uint8)
    return inked(paths, pen, x_height)


def inked(paths: list[tuple[Points, NDArray[np.float32]]], pen: Pen, x_height: float) -> Mask:
    """Draw trajectories with a nib whose width falls with speed; ``x_height`` in pixels per unit."""
    low = np.min([path.min(axis=0) for path, _ in paths], axis=0)
    high = np.max([path.max(axis=0) for path, _ in paths], axis=0)
    scale = min(x_height, 3000 / max(float((high - low).max()), 1e-3)) * _OVERSAMPLING
    margin = int(pen.width * _OVERSAMPLING) + 4
    size = np.ceil((high - low) * scale).astype(int) + 2 * margin
    size += (-size) % _OVERSAMPLING
    canvas = np.zeros((size[1], size[0]), np.uint8)
    for path, speed in paths:
        nodes = np.round((path - low) * scale).astype(np.int32) + margin
        widths = pen.width * _OVERSAMPLING * (1 - pen.thinning * np.clip(speed - 0.6, -0.4, 1.0))
        widths = np.maximum(1, np.round(widths)).astype(np.int32)
        cuts = np.flatnonzero(np.diff(widths)) + 1
        for start, stop in zip([0, *cuts], [*cuts, len(nodes)], strict=True):
            run = nodes[max(0, start - 1) : stop]
            cv2.polylines(canvas, [run], False, 255, int(widths[start]), cv2.LINE_8)
    small = cv2.resize(
        canvas, (size[0] // _OVERSAMPLING, size[1] // _OVERSAMPLING), interpolation=cv2.INTER_AREA
    )
    return trim(small)
