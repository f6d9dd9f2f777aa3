"""Evaluation of a crop network as one Markdown report with its pictures.

    python -m model.report --recipe classifier --train-dir data --job-dir jobs/classifier --out report

It measures `JOB_DIR/model.keras` on the unseen set. `misses.png` shows training data; look at its licence
before passing it on.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model import pictures
from model.classifier import LABELS
from model.errors import ModelError, WrongTrainingData
from model.measures import measure
from model.prepare import prepare

MISSES: Final = 48
"""Crops on the sheet of worst misses."""

THRESHOLD: Final = 0.5
"""Score from which the classifier calls a crop a signature: it is calibrated, so half is the fair line."""


def write(
    scores: NDArray[np.float32],
    labels: NDArray[np.int64],
    images: NDArray[np.uint8],
    sources: NDArray[np.str_],
    out: Path,
    *,
    threshold: float = THRESHOLD,
) -> dict[str, float]:
    """Writes `report.md` and its pictures.

    Args:
        scores: p(signature), shape (n,).
        labels: Shape (n,): index into `model.classifier.LABELS`.
        images: Ink, shape (n, HEIGHT, WIDTH).
        sources: Shape (n,): where each crop is from.
        out: Folder to write into.
        threshold: The operating point.

    Returns:
        The figures of `model.measures.measure`.
    """
    out.mkdir(parents=True, exist_ok=True)
    figures = measure(scores, labels, threshold)
    plain = labels <= LABELS.index("text")
    signature = labels == 0
    pictures.precision_recall(scores[plain], signature[plain], threshold, out / "precision-recall.png")
    pictures.thresholds(scores[plain], signature[plain], threshold, out / "thresholds.png")
    pictures.reliability_diagram(scores, signature, out / "reliability.png")
    pictures.confusion(scores >= threshold, labels, LABELS, out / "confusion.png")
    worst = np.argsort(-np.abs(signature - scores))[:MISSES]
    captions = [f"{LABELS[labels[i]]} {scores[i]:.2f}" for i in worst]
    pictures.sheet(images[worst], captions, out / "misses.png")
    (out / "report.md").write_text(_markdown(figures, scores, labels, sources, threshold), encoding="utf-8")
    return figures


def _markdown(
    figures: dict[str, float],
    scores: NDArray[np.float32],
    labels: NDArray[np.int64],
    sources: NDArray[np.str_],
    threshold: float,
) -> str:
    lines = ["# Crop classifier on the unseen set", "", f"Operating point: score >= {threshold:.2f}.", ""]
    lines += ["| figure | value |", "| --- | --- |"]
    lines += [f"| {name.replace('_', ' ')} | {value:.4f} |" for name, value in figures.items()]
    lines += ["", "| source | label | crops | called signature |", "| --- | --- | --- | --- |"]
    for label, source in sorted(set(zip(labels.tolist(), sources.tolist(), strict=True))):
        chosen = (labels == label) & (sources == source)
        flagged = int((scores[chosen] >= threshold).sum())
        lines.append(f"| {source} | {LABELS[label]} | {chosen.sum()} | {flagged} |")
    for title in ("precision-recall", "thresholds", "reliability", "confusion", "misses"):
        lines += ["", f"![{title}]({title}.png)"]
    return "\n".join([*lines, ""])


def report(train_dir: str, job_dir: Path, recipe: str, out: Path) -> dict[str, float]:
    """Measures a trained job on the unseen set and writes the report.

    Args:
        train_dir: Training folder, local or `gs://`.
        job_dir: Local job folder of `model.train`.
        recipe: `reference` or `classifier`.
        out: Folder to write into.

    Returns:
        The figures of `model.measures.measure`.

    Raises:
        WrongTrainingData: nothing is trained there, or there is no unseen set.
    """
    import keras

    trained = job_dir / "model.keras"
    if not trained.exists():
        raise WrongTrainingData(f"{trained} is not there; train it first")
    module = import_module(f"model.recipes.{recipe}")
    prepared = prepare(train_dir, job_dir.parent / "cache", seed=module.SEED)
    images, labels = prepared.part("unseen")
    if not len(images):
        raise WrongTrainingData(f"{train_dir} has no unseen set")
    network = keras.saving.load_model(trained, compile=False)
    ink = images[..., np.newaxis] / np.float32(255)
    scores = module.p_signature(network.predict(ink, batch_size=256, verbose=0))
    return write(scores, labels, images, prepared.sources[prepared.splits == "unseen"], out)


def main() -> None:
    """Reads the options, writes the report, and prints the figures as JSON on the last line."""
    verbatim = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=verbatim)
    options.add_argument("--train-dir", required=True, help="training folder, local or gs://")
    options.add_argument("--job-dir", required=True, type=Path, help="local job folder")
    options.add_argument("--recipe", choices=("reference", "classifier"), default="classifier")
    options.add_argument("--out", required=True, type=Path, help="folder for report.md and its pictures")
    given = options.parse_args()
    try:
        print(json.dumps(report(given.train_dir, given.job_dir, given.recipe, given.out)))
    except ModelError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
