"""Evaluation as pictures: each function takes scores and truth and writes one PNG."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.evaluate import Matches, average_precision, curves
from model.measures import calibration_error, reliability

SIZE: Final = (5.0, 4.0)
"""Inches, at DPI."""

DPI: Final = 110

Scores = NDArray[np.floating[Any]]
Truth = NDArray[np.bool_]


def precision_recall(scores: Scores, truth: Truth, threshold: float, file: Path, *, missed: int = 0) -> None:
    """Precision against recall, with the operating point.

    Args:
        scores: Shape (n,) in [0, 1].
        truth: Shape (n,): whether each is a signature.
        threshold: The operating point.
        file: PNG to write.
        missed: Signatures besides that have no score at all: boxes that nothing was found for.
    """
    found = _matches(scores, truth, missed)
    precision, recall, cuts = curves(found)
    at = max(0, int(np.searchsorted(-cuts, -threshold, side="right")) - 1)
    figure, axes = _axes("recall", "precision")
    axes.plot(recall, precision, label=f"average precision {average_precision(found):.3f}")
    point = f"threshold {threshold:.2f}: precision {precision[at]:.3f}, recall {recall[at]:.3f}"
    axes.plot(recall[at], precision[at], "o", color="C3", label=point)
    low = max(0.0, min(float(precision[at]), float(recall[at])) - 0.15)
    axes.set(xlim=(low, 1.005), ylim=(low, 1.005))
    _write(figure, axes, file)


def thresholds(scores: Scores, truth: Truth, threshold: float, file: Path, *, missed: int = 0) -> None:
    """Precision, recall and F1 at every threshold, with the chosen one; arguments as `precision_recall`."""
    precision, recall, cuts = curves(_matches(scores, truth, missed))
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    figure, axes = _axes("threshold", "share")
    for name, values in (("precision", precision), ("recall", recall), ("F1", f1)):
        axes.plot(cuts, values, label=name)
    axes.axvline(threshold, color="C3", linestyle="--", label=f"operating point {threshold:.2f}")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    _write(figure, axes, file)


def _matches(scores: Scores, truth: Truth, missed: int) -> Matches:
    order = np.argsort(-scores, kind="stable")
    return Matches(scores[order].astype(np.float64), truth[order], int(truth.sum()) + missed)


def reliability_diagram(scores: Scores, truth: Truth, file: Path) -> None:
    """How often a score is right against what it promises; arguments as `precision_recall`."""
    points = reliability(scores, truth)
    figure, axes = _axes("mean score", "share that are signatures")
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="honest")
    sizes = [20 + 180 * count / len(scores) for _, _, count in points]
    axes.plot([p[0] for p in points], [p[1] for p in points], color="C0")
    label = f"expected calibration error {calibration_error(scores, truth):.3f}"
    axes.scatter([p[0] for p in points], [p[1] for p in points], sizes, color="C0", label=label)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
    _write(figure, axes, file, legend="upper left")


def confusion(called: Truth, labels: NDArray[np.int64], names: tuple[str, ...], file: Path) -> None:
    """What each label was called.

    Args:
        called: Shape (n,): whether each was called a signature.
        labels: Shape (n,): index into `names`.
        names: Labels, in the order of the rows.
        file: PNG to write.
    """
    counts = np.array(
        [[(called[labels == i] == flag).sum() for flag in (True, False)] for i in range(len(names))]
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _axes("called", "is")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    axes.set_xticks([0, 1], ["signature", "other"])
    axes.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        colour = "w" if share > 0.5 else "k"
        axes.text(column, row, f"{count}\n{share:.1%}", ha="center", va="center", color=colour)
    _write(figure, axes, file, legend="")


def sheet(crops: NDArray[np.uint8], captions: list[str], file: Path, *, columns: int = 6) -> None:
    """Crops side by side under their captions, dark on light.

    Args:
        crops: Ink, shape (n, height, width).
        captions: One a crop.
        file: PNG to write.
        columns: Crops a row.
    """
    from PIL import Image, ImageDraw

    count, height, width = crops.shape
    rows = -(-max(count, 1) // columns)
    page = Image.new("L", (columns * (width + 6), rows * (height + 20)), 255)
    draw = ImageDraw.Draw(page)
    for i, (crop, caption) in enumerate(zip(crops, captions, strict=True)):
        x, y = (i % columns) * (width + 6), (i // columns) * (height + 20)
        draw.text((x + 2, y + 2), caption, fill=0)
        page.paste(Image.fromarray(255 - crop), (x, y + 16))
    page.save(file)


def _axes(x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(SIZE, DPI, layout="constrained")
    axes = figure.add_subplot(xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _write(figure: Any, axes: Any, file: Path, *, legend: str = "lower left") -> None:  # noqa: ANN401
    if legend:
        axes.legend(loc=legend, fontsize="small")
    figure.savefig(file)
