"""The table of the reference network, plain and with what is said to help it, and of what ships.

    python -m model.experiments --train-dir data --job-dir jobs/experiments [--epochs 12]

Every row is trained on the same crops and measured on the unseen set of `model.prepare`, which nobody
trained on or chose anything by. Rows that are trained already are only measured again.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError, WrongTrainingData
from model.job import AS_THE_RECIPE_SAYS, Changes
from model.tensors import Network
from model.train import train

TIMED_BATCH: Final = 64
TIMED_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Row:
    """One experiment: a recipe and what is changed in it."""

    name: str
    recipe: str
    augmented: bool = True
    dropout: bool = True


ROWS: Final = (
    Row("reference, plain", "reference", augmented=False, dropout=False),
    Row("reference, augmentation", "reference", dropout=False),
    Row("reference, dropout", "reference", augmented=False),
    Row("reference, both", "reference"),
    Row("classifier (ships)", "classifier"),
)


def run(train_dir: str, job_dir: Path, changes: Changes = AS_THE_RECIPE_SAYS) -> list[dict[str, object]]:
    """Trains what is not trained yet and measures every row.

    Args:
        train_dir: Training folder, local or `gs://`.
        job_dir: Local folder; one job a row.
        changes: What to do otherwise than the recipes say, e.g. fewer epochs for a quick look.

    Returns:
        One dictionary a row: its name, the figures of `model.measures.measure`, `parameters` and
        `milliseconds` a crop on this machine.

    Raises:
        WrongTrainingData: the folder has no unseen set, or cannot make a good model.
    """
    return [_measured(row, train_dir, job_dir / _slug(row.name), changes) for row in ROWS]


def table(rows: list[dict[str, object]]) -> str:
    """The rows as a Markdown table."""
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(row[name]) for name in names) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _measured(row: Row, train_dir: str, job_dir: Path, changes: Changes) -> dict[str, object]:
    import keras

    from model.measures import measure
    from model.prepare import prepare

    recipe = import_module(f"model.recipes.{row.recipe}")
    if not (job_dir / "metrics.json").exists():
        changed = replace(changes, augmented=row.augmented, dropout=row.dropout)
        train(train_dir, str(job_dir), row.recipe, changed)
    images, labels = prepare(train_dir, job_dir.parent / "cache", seed=recipe.SEED).part("unseen")
    if not (labels == 0).any() or not (labels == 1).any():
        raise WrongTrainingData(f"{train_dir} has no unseen set of signatures and text to measure on")
    network = keras.saving.load_model(job_dir / "model.keras", compile=False)
    ink = (images[..., np.newaxis] / 255).astype(np.float32)
    scores = recipe.p_signature(network.predict(ink, batch_size=256, verbose=0))
    return {
        "network": row.name,
        **measure(scores, labels),
        "parameters": network.count_params(),
        "milliseconds": _milliseconds(network, ink),
    }


def _milliseconds(network: Network, ink: NDArray[np.float32]) -> float:
    """Milliseconds a crop in batches of TIMED_BATCH, after one to warm up."""
    batch = np.resize(ink, (TIMED_BATCH, *ink.shape[1:]))
    network.predict_on_batch(batch)
    started, rounds = time.perf_counter(), 0
    while time.perf_counter() - started < TIMED_SECONDS:
        network.predict_on_batch(batch)
        rounds += 1
    return round((time.perf_counter() - started) * 1000 / rounds / TIMED_BATCH, 3)


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")


def main() -> None:
    """Reads the options, prints the table, and the rows as JSON on the last line."""
    verbatim = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=verbatim)
    options.add_argument("--train-dir", required=True, help="training folder, local or gs://")
    options.add_argument("--job-dir", required=True, type=Path, help="local folder for the runs")
    options.add_argument("--epochs", type=int, help="instead of the recipes' own number")
    given = options.parse_args()
    try:
        rows = run(given.train_dir, given.job_dir, Changes(given.epochs))
    except ModelError as error:
        sys.exit(f"error: {error}")
    print(table(rows))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
