"""Trains a network; runs alike on a laptop and as a Vertex AI training container.

    python -m model.train --recipe classifier --train-dir DIR_OR_GS --job-dir DIR_OR_GS

The job folder holds everything a run leaves: `backup/` while it runs (start it again and it resumes after
the last whole epoch), `checkpoints/best.keras`, `logs/` for TensorBoard, `history.csv`, `model.keras` and
`metrics.json`, and the servable `model/`. Vertex AI's AIP_MODEL_DIR, AIP_CHECKPOINT_DIR and
AIP_TENSORBOARD_LOG_DIR move the parts they name.
"""

import argparse
import csv
import errno
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from model.errors import ModelError, NoRoom, WrongStart
from model.job import AS_THE_RECIPE_SAYS, Changes, Job, open_job
from model.tensors import Network

RECIPES: Final = ("reference", "classifier", "orientation", "proposer", "refiner")
BEST: Final = "checkpoints/best.keras"
BACKUP: Final = "backup"
HISTORY: Final = "history.csv"


def train(
    train_dir: str, job_dir: str, recipe: str = "classifier", changes: Changes = AS_THE_RECIPE_SAYS
) -> dict[str, float]:
    """Trains a network by its recipe, or carries on where a killed run stopped.

    Args:
        train_dir: Training folder, local or `gs://` (see `model.prepare`).
        job_dir: Job folder, local or `gs://`.
        recipe: One of RECIPES.
        changes: What to do otherwise than the recipe says.

    Returns:
        The metrics on the held-out split, also in `metrics.json`.

    Raises:
        WrongTrainingData: the data cannot make a good model.
        NoRoom: the disk is full.
        StorageFailed: a bucket cannot be used.
    """
    with disk_errors():
        job = open_job(job_dir)
        module = import_module(f"model.recipes.{recipe}")
        if hasattr(module, "train"):
            metrics: dict[str, float] = module.train(train_dir, job, changes)
        else:
            from model.crop_training import train_crops

            metrics = train_crops(module, train_dir, job, changes)
        (job.folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        job.upload()
        return metrics


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns the many faces of a full disk into one error.

    Raises:
        NoRoom: there is no space left.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom(str(error)) from None
        raise
    except Exception as error:
        if "No space left on device" in str(error):
            raise NoRoom(str(error).splitlines()[0]) from None
        raise


def trained_network(path: str, *like: Network) -> Network:
    """Loads the network that training goes on from.

    Args:
        path: Its `.keras` file.
        like: The recipe's own network, or several of which it may be one.

    Returns:
        The trained network.

    Raises:
        WrongStart: there is none, or it is another network.
    """
    import keras

    try:
        network = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise WrongStart(f"{path} is no trained network: {error}") from None
    if _shapes(network) not in map(_shapes, like):
        raise WrongStart(f"{path} is another network than the recipe's")
    return network


def _shapes(network: Network) -> list[tuple[int, ...]]:
    return [tuple(weights.shape) for weights in network.weights]


def fit_and_keep(
    name: str,
    network: Callable[[int], Network],
    batches: Network,
    job: Job,
    *,
    epochs: int,
    patience: int,
    start: str | None,
) -> dict[str, float]:
    """Trains a network in bfloat16, and keeps it as one that computes in float32.

    Args:
        name: Of its file in the job folder, `NAME.keras`.
        network: Makes it, compiled, from the number of batches until its rate is zero.
        batches: `SeededBatches`, one epoch of them.
        job: Where it goes, with checkpoints and history; a killed run goes on there.
        epochs: How many.
        patience: Epochs without a lower loss before it stops.
        start: A trained network to go on from, `.keras`.

    Returns:
        Every figure of the last epoch.

    Raises:
        WrongStart: the network to go on from is another one.
    """
    import keras

    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    model = network(epochs * len(batches))
    if start:
        model.set_weights(trained_network(start, model).get_weights())
    verbose = 1 if sys.stdout.isatty() else 2
    batches.epoch = epochs_done(job)
    kept = callbacks(job, patience, "loss")
    history = model.fit(batches, epochs=epochs, callbacks=kept, verbose=verbose).history
    keras.mixed_precision.set_dtype_policy("float32")
    plain = network(epochs * len(batches))
    plain.set_weights(model.get_weights())
    plain.save(job.folder / f"{name}.keras")
    return {figure: float(values[-1]) for figure, values in history.items()}


def callbacks(job: Job, patience: int, watched: str = "val_loss") -> list[Any]:
    """What every training run has: resume, checkpoints, early stopping, TensorBoard, history, upload.

    Args:
        job: Where they write.
        patience: Epochs without a lower `watched` before it stops.
        watched: The figure to lower.

    Returns:
        Keras callbacks, in the order in which they must run.
    """
    import keras

    resumed = (job.folder / BACKUP).is_dir()
    history = job.folder / HISTORY
    earlier = history_column(history, watched) if resumed else []
    job.part("checkpoints")
    stopping = keras.callbacks.EarlyStopping(watched, patience=patience)
    keep_best = keras.callbacks.ModelCheckpoint(
        job.folder / BEST, watched, save_best_only=True, initial_value_threshold=min(earlier, default=None)
    )
    return [
        keep_best,
        keras.callbacks.BackupAndRestore(job.part(BACKUP)),
        keras.callbacks.CSVLogger(history, append=resumed),  # after the backup: what it lists is never redone
        *tensorboard(job),
        stopping,
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: job.upload()),
    ]


def tensorboard(job: Job) -> list[Any]:
    """TensorBoard's callback; none where there is no TensorFlow, which writes its files on every backend."""
    import keras

    return [keras.callbacks.TensorBoard(job.part("logs"))] if find_spec("tensorflow") else []


def epochs_done(job: Job) -> int:
    """Whole epochs that are behind a run that goes on, so that it draws the batches of those to come."""
    resumed = (job.folder / BACKUP).is_dir()
    return len(history_column(job.folder / HISTORY, "epoch")) if resumed else 0


def history_column(history: Path, name: str) -> list[float]:
    """One column of a run's history so far.

    Args:
        history: Its CSV of numbers.
        name: Of the column.

    Returns:
        A number an epoch; none where there is no file.
    """
    if not history.exists():
        return []
    with history.open(newline="", encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


def main() -> None:
    """Reads the options and trains; ends with one line for a person if the input is bad."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--train-dir", required=True, help="training folder, local or gs://")
    options.add_argument("--job-dir", required=True, help="job folder, local or gs://; run again to resume")
    options.add_argument("--recipe", choices=RECIPES, default="classifier", help="which network")
    options.add_argument("--epochs", type=int, help="instead of the recipe's own number")
    options.add_argument("--steps", type=int, help="batches an epoch, instead of the recipe's own number")
    options.add_argument("--rendered", type=int, help="crops or pages to render; 0 for your own crops alone")
    options.add_argument(
        "--start-from", metavar="KERAS", help="a trained network of the recipe to go on from"
    )
    options.add_argument(
        "--taught",
        action=argparse.BooleanOptionalAction,
        help="whether proposer and classifier learn beside a wider network; as a rule from nothing on a GPU",
    )
    options.add_argument(
        "--release",
        metavar="DIR_OR_GS",
        help="release whose proposer the refiner learns from; the shipped one if not given",
    )
    given = options.parse_args()
    try:
        changes = Changes(
            given.epochs,
            given.steps,
            given.rendered,
            start_from=given.start_from,
            taught=given.taught,
            release=given.release,
        )
        print(json.dumps(train(given.train_dir, given.job_dir, given.recipe, changes)))
    except ModelError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
