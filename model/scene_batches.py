"""Looks at the scenes that the refiner learns from, each framed, turned and degraded anew."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model import scenes
from model.evaluate import overlap_matrix
from model.page_examples import degraded
from model.proposer import on_white
from model.scene_examples import BOXED, HIGH, JITTER, KINDS, RIGHT, WIDE, WRONG, Scenes, jittered
from model.seeded_batches import SeededBatches

SHARES: Final = (0.42, 0.33, 0.25)
"""Of KINDS in a batch."""

REFRAMED: Final = 0.6
"""Share of looks that frame the region anew."""


class SceneBatches(SeededBatches):
    """Batches of scenes for `fit`, framed, turned and degraded anew each time, the same for the same seed."""

    def __init__(self, examples: Scenes, *, size: int, steps: int, seed: int) -> None:
        """Groups the scenes by what they show.

        Args:
            examples: Of `propose`.
            size: Scenes in a batch.
            steps: Batches in an epoch.
            seed: Seed of everything drawn.
        """
        super().__init__(size=size, steps=steps, seed=seed)
        self.examples = examples
        kinds = [np.flatnonzero(examples.kinds == kind) for kind in range(len(KINDS))]
        self.kinds = [kind for kind in kinds if len(kind)]
        shares = np.array([share for share, kind in zip(SHARES, kinds, strict=True) if len(kind)])
        self.shares = shares / shares.sum()

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Batch number `index` of this epoch: scenes, and what `recipes.refiner.loss` wants of them."""
        random = self.random(index)
        drawn = random.choice(len(self.kinds), self.size, p=self.shares)
        chosen = [int(random.choice(self.kinds[kind])) for kind in drawn]
        looks = [look(self.examples, i, random) for i in chosen]
        return np.stack([seen for seen, _ in looks]), np.stack([wanted for _, wanted in looks])


def look(
    examples: Scenes, index: int, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """One look at a scene.

    Args:
        examples: Where it is from.
        index: Which one.
        random: Source of chance.

    Returns:
        The scene, uint8 (HEIGHT, WIDTH, 2), and (7,) what is wanted of it, see `recipes.refiner.loss`.
    """
    matrix = _turn(random)
    region = _moved(examples.regions[index], matrix)
    if random.random() < REFRAMED:
        region = jittered(region[np.newaxis], random, JITTER)[0]
    truth = _moved(examples.truths[index], matrix) if examples.truths[index].any() else np.zeros(4)
    # The scene of the region as it now lies: its scale and its middle.
    scale = scenes.scale_of(region)
    middle = np.array([region[0] + region[2], region[1] + region[3]]) / 2
    shift = np.array([scenes.WIDTH, scenes.HEIGHT]) / 2 - scale * middle
    placed = scale * matrix
    placed[:, 2] += shift
    paper = int(np.percentile(examples.patches[index][::4, ::4], 80))
    seen = cv2.warpAffine(
        examples.patches[index],
        placed,
        (scenes.WIDTH, scenes.HEIGHT),
        flags=cv2.INTER_LINEAR,
        borderValue=(paper,),
    )
    seen = degraded(np.asarray(seen, np.uint8), random)
    return scenes.marked(on_white(seen), scenes.box_in_scene(region, scale)), _wanted(region, truth)


def _wanted(region: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float32]:
    met = float(overlap_matrix(region[np.newaxis], truth[np.newaxis])[0, 0])
    sides = (truth - np.tile(region[:2], 2)) / np.tile(region[2:] - region[:2], 2)
    counts = met >= RIGHT or met < WRONG
    return np.array([met >= RIGHT, counts, *sides, met >= BOXED], np.float32)


def _turn(random: np.random.Generator) -> NDArray[np.float64]:
    """Affine matrix (2, 3): a slight turn and stretch about a patch's middle."""
    angle = np.deg2rad(random.normal(0, 1.2))
    stretch = float(np.exp(random.normal(0, 0.07)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([stretch, 1 / stretch])
    middle = np.array([WIDE, HIGH]) / 2
    return np.hstack([linear, (middle - linear @ middle)[:, None]])


def _moved(box: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    corners = box[[0, 1, 2, 1, 0, 3, 2, 3]].reshape(4, 2) @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])
