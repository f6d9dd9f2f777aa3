"""How good scores are: the figures that every table, report and model card here uses."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 10
"""Bins of the reliability diagram and of the expected calibration error (Guo et al. 2017)."""


def measure(
    scores: NDArray[np.float32], labels: NDArray[np.int64], threshold: float = 0.5
) -> dict[str, float]:
    """Measures scores of crops; signature is the positive class.

    Args:
        scores: p(signature), shape (n,).
        labels: Shape (n,): 0 signature, 1 text, 2 handwriting that is not a signature.
        threshold: Score from which a crop is called a signature.

    Returns:
        `accuracy`, `precision`, `recall`, `f1` and `average_precision` of signature against text,
        `text_flagged` and `handwriting_flagged` (shares called a signature), `calibration_error` over all.
    """
    from sklearn.metrics import average_precision_score, precision_recall_fscore_support

    plain = labels <= 1
    truth, called = labels[plain] == 0, scores[plain] >= threshold
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, called, average="binary", zero_division=0
    )
    figures = {
        "accuracy": float((truth == called).mean()),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "average_precision": float(average_precision_score(truth, scores[plain])),
        "text_flagged": _share(scores[labels == 1] >= threshold),
        "handwriting_flagged": _share(scores[labels == 2] >= threshold),
        "calibration_error": calibration_error(scores, labels == 0),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def calibration_error(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Expected calibration error: how far scores are from the shares that they promise.

    Args:
        scores: Shape (n,) in [0, 1].
        truth: Shape (n,): whether each is what the score is about.

    Returns:
        The mean distance between mean score and share of truth over BINS equal bins, weighted by size.
    """
    return sum(count * abs(score - share) for score, share, count in reliability(scores, truth)) / len(scores)


def reliability(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """The points of a reliability diagram.

    Args:
        scores: Shape (n,) in [0, 1].
        truth: Shape (n,).

    Returns:
        Mean score, share of truth and count of each bin that is not empty.
    """
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        (float(scores[bins == b].mean()), float(truth[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def fit_temperature(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature that calibrates softmax scores (Guo et al. 2017, "On Calibration...", section 4.2).

    Args:
        scores: Softmax outputs, shape (n, classes).
        labels: Shape (n,).

    Returns:
        What to divide the logits by; above 1 where the network is too sure of itself.
    """
    logits = np.log(np.clip(scores.astype(np.float64), 1e-9, 1))

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        log_p = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return -float(log_p[np.arange(len(labels)), labels].mean())

    candidates = np.exp(np.linspace(np.log(0.3), np.log(4.0), 200))
    return float(min(candidates, key=loss))


def _share(flags: NDArray[Any]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
