"""The proposer: where on a page signatures may be.

    python -m model.train --recipe proposer --train-dir data --job-dir jobs/proposer

It learns with `model.normed`, and is folded into plain convolutions to ship. With `--start-from` it goes on
from a trained one. On a GPU there is time for more: a wide network learns beside it, from ever new pages, and
is its teacher meanwhile (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network").
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from model.feeder import KEPT, Feeder, Food
from model.job import Changes, Job
from model.losses import focal_loss, giou_loss
from model.normed import settle, unfold
from model.page_batches import PageBatches
from model.proposer_network import CHANNELS, WIDE, folded, network, plain
from model.rates import rising_and_falling
from model.tensors import Tensor, has_gpu
from model.train import BACKUP, HISTORY, epochs_done, tensorboard, trained_network
from model.training_pages import LONG_SIDE, labelled_folder, training_pages

Pages = Any
"""Batches as `fit` takes them."""

SEED = 7
STEPS = 250  # batches in an epoch: about a minute on two cores
WEIGHT_DECAY = 1e-2
CLIP = 10.0  # norm of the gradient: one bad page must not undo much
BOX_WEIGHT = 2.0  # of the box loss against the heat losses
HANDWRITING_WEIGHT = 0.5  # other handwriting is learnt only to tell signatures from it
LABELS_WEIGHT = 0.1  # of the labels beside a teacher, who is right more often on pages that it never saw
SIDES_WEIGHT = 5.0  # of the teacher's sides against its heats: boxes are wrong more often than odds
SURE = 6.0  # the teacher's logits are kept within this: surer than that is as good


@dataclass(frozen=True)
class Stage:
    """One run over the data.

    Attributes:
        name: Of its checkpoint.
        epochs: Of STEPS batches.
        rate: AdamW's, after a short rise falling along a cosine.
        average: Momentum of the averaged weights, which are what is kept.
        restaged: Share of looks at real pages that are restaged.
        shares: Of each source in the pages drawn.
        size: Pages in a batch.
    """

    name: str
    epochs: int
    rate: float
    average: float
    restaged: float
    shares: dict[str, float]
    size: int = 8
    falling: int = 0
    """Epochs in which the rate falls to zero, where they are more than it runs."""


MANY = {
    "letters_small": 0.16,
    "rf100_web": 0.16,
    "tapuscorpus": 0.03,
    "tesseract_test": 0.01,
    "rendered": 0.64,
}
REAL = {"letters_small": 0.3, "rf100_web": 0.3, "tapuscorpus": 0.05, "tesseract_test": 0.01, "rendered": 0.34}
BOTH = {
    "letters_small": 0.22,
    "rf100_web": 0.22,
    "tapuscorpus": 0.04,
    "tesseract_test": 0.01,
    "rendered": 0.51,
}

GPU_BATCH = 64  # as many looks a second as the processes about it can draw
GPU_SHARES = {
    "letters_small": 0.15,
    "rf100_web": 0.15,
    "tapuscorpus": 0.03,
    "tesseract_test": 0.01,
    "rendered": 0.66,
}

TAUGHT = Stage("taught", 32, 2e-3, 0.998, 0.8, GPU_SHARES)
FROM_NOTHING = Stage("first", 27, 1.5e-3, 0.998, 0.6, MANY)
FROM_TRAINED = Stage(
    "continued", 21, 8e-4, 0.998, 0.6, BOTH
)  # with --start-from: so 1.1.0 was made of 1.0.0, and 1.2.0 of that
# Then a short stage on mostly real pages, with the boxes people drew. It stops while its rate is still high:
# after one epoch box AP was 0.91, after four 0.88, for it comes to know these few pages by heart.
LAST = Stage("second", 1, 5e-4, 0.99, 0.45, REAL, falling=4)

USUAL_SIDES: Final = (10.0, 3.4, 10.0, 3.4)
"""Cells from the centre of a usual signature, 160 x 55 canvas pixels, to its sides: where the boxes start."""


def loss(wanted: Tensor, maps: Tensor) -> Tensor:
    """Focal loss of both heats and GIoU loss of the boxes, summed over the batch and divided by its boxes.

    Args:
        wanted: `model.page_targets.targets`, (batch, high, wide, 9).
        maps: What the network gave, (batch, high, wide, 6).

    Returns:
        A scalar.
    """
    signature = focal_loss(wanted[..., 0], maps[..., 0], wanted[..., 7])
    handwriting = focal_loss(wanted[..., 1], maps[..., 1], wanted[..., 8])
    outwards = ops.convert_to_tensor([-1.0, -1.0, 1.0, 1.0])
    given = outwards * ops.exp(ops.clip(maps[..., 2:6], -4, 5))
    boxes = ops.sum(wanted[..., 6] * giou_loss(outwards * wanted[..., 2:6], given))
    count = ops.maximum(ops.sum(wanted[..., 6]), 1.0)
    return signature + HANDWRITING_WEIGHT * handwriting + BOX_WEIGHT * boxes / count


def taught_loss(wanted: Tensor, both: Tensor) -> Tensor:
    """How far a network is from its teacher, and a little of how far from what is so.

    Args:
        wanted: As for `loss`.
        both: What the network gave and, after it, what the teacher did, (batch, high, wide, 12).

    Returns:
        A scalar.
    """
    maps, teacher = both[..., :CHANNELS], ops.stop_gradient(both[..., CHANNELS:])
    return LABELS_WEIGHT * loss(wanted, maps) + _unlike(teacher, maps)


def both_loss(wanted: Tensor, both: Tensor) -> Tensor:
    """How far a wide network is from what is so, and one that learns beside it from either.

    Args:
        wanted: As for `loss`.
        both: What the network gave and, after it, what the wide one did, (batch, high, wide, 12).

    Returns:
        A scalar.
    """
    return loss(wanted, both[..., CHANNELS:]) + taught_loss(wanted, both)


def _unlike(teacher: Tensor, maps: Tensor) -> Tensor:
    """Mean square of how far maps are from a teacher's, where either sees something."""
    heats = [ops.clip(both[..., :2], -SURE, SURE) for both in (teacher, maps)]
    seen = ops.max(ops.sigmoid(ops.stop_gradient(ops.concatenate(heats, axis=-1))), axis=-1)
    heat = ops.sum(seen * ops.sum(ops.square(heats[0] - heats[1]), axis=-1)) / ops.sum(seen)
    near = ops.sigmoid(teacher[..., 0])
    sides = ops.sum(near * ops.sum(ops.square(teacher[..., 2:6] - maps[..., 2:6]), axis=-1)) / ops.sum(near)
    return heat + SIDES_WEIGHT * sides


def train(train_dir: str, job: Job, changes: Changes) -> dict[str, float]:
    """Renders pages, trains, or goes on where a killed run stopped; `model.train` calls it.

    Args:
        train_dir: Folder of `pages.json`, `crops.csv` and the images they name.
        job: Where checkpoints, the log and `proposer.keras` go.
        changes: What to do otherwise than this recipe says.

    Returns:
        `loss` of the last epoch.

    Raises:
        WrongTrainingData: there are no labelled pages.
        WrongStart: the network to go on from, or the teacher, is none of a proposer.
    """
    folder = labelled_folder(train_dir, job.cache)
    keras.utils.set_random_seed(SEED)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    gpu = has_gpu()
    start = trained_network(changes.start_from, plain()) if changes.start_from else None
    # A teacher who knows nothing yet would undo what was learnt.
    taught = gpu and start is None if changes.taught is None else changes.taught
    first = TAUGHT if taught else FROM_TRAINED if start else FROM_NOTHING
    size = GPU_BATCH if gpu else first.size
    stages = (replace(first, epochs=changes.epochs or first.epochs, size=size), LAST)
    metrics: dict[str, float] = {}
    before: Path | None = None
    for number, stage in enumerate(stages):
        done = job.part("checkpoints") / f"{stage.name}.weights.h5"
        if not done.exists():
            epoch = max(0, epochs_done(job) - sum(earlier.epochs for earlier in stages[:number]))
            with _pages(stage, folder, job, changes, gpu or taught, SEED + number, epoch) as pages:
                model, learning = _networks(taught)
                if before is not None:
                    learning.load_weights(before)
                elif start is not None:
                    unfold(start, model, _some(pages))
                metrics = _run(stage, learning, pages, changes.steps or STEPS, job)
                settle(model, _some(pages))
                learning.save_weights(done)
        before = done
    model, learning = _networks(taught)  # new, for Keras keeps on an old one where its fit was resumed
    learning.load_weights(before)
    folded(model).save(job.folder / "proposer.keras")
    return metrics


@contextmanager
def _pages(
    stage: Stage, folder: Path, job: Job, changes: Changes, fed: bool, seed: int, epoch: int
) -> Iterator[Pages]:
    """What a stage learns from: what processes make without end, or else a PyDataset."""
    if not fed:
        assets, examples = training_pages(folder, job.cache, changes.rendered)
        yield PageBatches(
            assets,
            examples,
            stage.shares,
            size=stage.size,
            steps=changes.steps or STEPS,
            seed=seed,
            epoch=epoch,
            restaged=stage.restaged,
        )
        return
    processes = max(1, (os.cpu_count() or 1) - 1)  # one goes with the GPU
    kept = KEPT if changes.rendered is None else max(1, changes.rendered // processes)
    food = Food(folder / "train", stage.shares, stage.restaged, stage.size, LONG_SIDE, seed, kept=kept)
    with Feeder(food, processes) as feeder:
        yield feeder.batches()


def _networks(taught: bool) -> tuple[keras.Model, keras.Model]:
    """The recipe's network, and what is fitted: that alone, or with a wide one whose maps come after its."""
    model = network()
    model.get_layer("sides").bias.assign(np.log(USUAL_SIDES))
    if not taught:
        return model, model
    wide = network(widths=WIDE)
    wide.get_layer("sides").bias.assign(np.log(USUAL_SIDES))
    page = model.inputs[0]
    return model, keras.Model(page, layers.Concatenate(dtype="float32")([model.outputs[0], wide(page)]))


def _run(stage: Stage, learning: keras.Model, pages: Pages, steps: int, job: Job) -> dict[str, float]:
    alone = learning.output_shape[-1] == CHANNELS
    learning.compile(_optimizer(stage, steps), loss=loss if alone else both_loss)
    verbose = 1 if sys.stdout.isatty() else 2
    history = learning.fit(
        pages, epochs=stage.epochs, steps_per_epoch=steps, callbacks=_callbacks(job), verbose=verbose
    )
    return {"loss": float(history.history["loss"][-1])}


def _some(pages: Pages, count: int = 24) -> list[NDArray[np.uint8]]:
    """Inputs enough to take statistics of."""
    return [ink for ink, _ in islice(pages, count)]


def _optimizer(stage: Stage, steps: int) -> keras.Optimizer:
    optimizer = keras.optimizers.AdamW(
        rising_and_falling(stage.rate, max(stage.epochs, stage.falling) * steps),
        weight_decay=WEIGHT_DECAY,
        global_clipnorm=CLIP,
        use_ema=True,
        ema_momentum=stage.average,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gain"])
    return optimizer


def _callbacks(job: Job) -> list[keras.callbacks.Callback]:
    history = job.folder / HISTORY
    return [
        # The backup holds the weights of the last step, the checkpoint the averaged ones.
        keras.callbacks.BackupAndRestore(job.part(BACKUP)),
        keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
        keras.callbacks.ModelCheckpoint(
            job.part("checkpoints") / "proposer.weights.h5", save_weights_only=True
        ),
        keras.callbacks.CSVLogger(history, append=history.exists()),
        *tensorboard(job),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: job.upload()),
    ]
