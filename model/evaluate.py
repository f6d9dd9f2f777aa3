"""Figures of a detector from what it found and what is there: pure functions, used by every benchmark.

Matching follows PASCAL VOC (Everingham et al. 2010): detections are taken by falling score, each claims the
unclaimed true box that it overlaps most, and counts where their intersection over union is at least 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST_OVERLAP: Final = 0.5
"""Intersection over union from which a box counts as found."""


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """What was found on a page and what is there.

    Attributes:
        boxes: float (n, 4), found boxes x0, y0, x1, y1 in any unit.
        scores: float (n,), their scores.
        truth: float (m, 4), true boxes in the same unit.
        ignored: float (k, 4), boxes where a detection is neither right nor wrong.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    truth: NDArray[np.float64]
    ignored: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matches:
    """Detections of some pages by falling score, whether each is right, and how many true boxes there are."""

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    truths: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and F1 at a threshold, and average precision over all; NaN where undefined."""

    precision: float
    recall: float
    f1: float
    average_precision: float


def overlap_matrix(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of every box with every other, shape (n, m)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(some[:, 2:] - some[:, :2], axis=1) for some in (boxes, others)]
    return np.asarray(common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-12))


def matches(pages: Sequence[JudgedPage]) -> Matches:
    """Matches the detections of each page with its true boxes."""
    scores: list[float] = []
    right: list[bool] = []
    for page in pages:
        free = np.ones(len(page.truth), bool)
        overlap = overlap_matrix(page.boxes, page.truth)
        spared = overlap_matrix(page.boxes, page.ignored).max(axis=1, initial=0) >= LEAST_OVERLAP
        for i in np.argsort(-page.scores, kind="stable"):
            claims = np.where(free, overlap[i], -1)
            best = int(np.argmax(claims)) if len(claims) else -1
            found = best >= 0 and claims[best] >= LEAST_OVERLAP
            if found:
                free[best] = False
            elif spared[i]:
                continue
            scores.append(float(page.scores[i]))
            right.append(bool(found))
    order = np.argsort(-np.array(scores), kind="stable")
    return Matches(
        np.array(scores)[order], np.array(right, bool)[order], sum(len(page.truth) for page in pages)
    )


def figures(found: Matches, threshold: float) -> Figures:
    """Figures of matched detections.

    Args:
        found: Detections by falling score.
        threshold: Score from which a detection counts for precision, recall and F1.

    Returns:
        The figures; average precision is the area under the interpolated curve.
    """
    kept = found.scores >= threshold
    hits = int(found.right[kept].sum())
    precision = hits / int(kept.sum()) if kept.any() else float("nan")
    recall = hits / found.truths if found.truths else float("nan")
    f1 = 2 * hits / (int(kept.sum()) + found.truths) if kept.any() or found.truths else float("nan")
    return Figures(precision, recall, f1, average_precision(found))


def average_precision(found: Matches) -> float:
    """Area under the precision-recall curve, precision made to fall (VOC 2010 on); NaN without true boxes."""
    if not found.truths:
        return float("nan")
    precision, recall, _ = curves(found)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * np.diff(recall, prepend=0)).sum())


def curves(found: Matches) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall from each score on.

    Args:
        found: Detections by falling score.

    Returns:
        Precision, recall and the scores, falling, each (k,); of equal scores none counts alone.
    """
    hits = np.cumsum(found.right)
    last = np.flatnonzero(np.diff(found.scores, append=-np.inf))
    return hits[last] / (last + 1), hits[last] / max(1, found.truths), found.scores[last]


def flag_figures(confidences: NDArray[np.float64], signed: NDArray[np.bool_], threshold: float) -> Figures:
    """Figures of the flag of a page.

    Args:
        confidences: (pages,), the highest score on each page, 0 where nothing was found.
        signed: (pages,), whether it is.
        threshold: Score from which a page is flagged.

    Returns:
        The figures, a page being right where it is signed.
    """
    order = np.argsort(-confidences, kind="stable")
    found = Matches(confidences[order], signed[order], int(signed.sum()))
    return figures(found, threshold)


def calibration_error(scores: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: gap of score and share right, averaged over ten equal bins by size.

    Naeini et al. 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    """
    if not len(scores):
        return float("nan")
    which = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(float(scores[which == b].mean()) - float(right[which == b].mean())) * int((which == b).sum())
        for b in range(bins)
        if (which == b).any()
    ]
    return sum(gaps) / len(scores)
