"""The proposer: where on a page signatures may be.

    python -m model.train --recipe proposer --train-dir data --job-dir jobs/proposer

It learns with `model.normed`, and is folded into plain convolutions to ship. With `--start-from` it goes on
from a trained one. The whole network of releases until 1.6.0 has more filters: from that, it takes those that
say most (`model.narrow`), and has it as its teacher from then on (Hinton et al. 2015, "Distilling the
Knowledge in a Neural Network"). `--teacher` names such a teacher for one that is narrow already.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from model.job import Changes, Job
from model.losses import focal_loss, giou_loss
from model.narrow import narrow
from model.normed import settle, unfold
from model.page_examples import Batches
from model.proposer_network import READERS, WHOLE, folded, network, plain
from model.rates import rising_and_falling
from model.tensors import Tensor
from model.train import trained_network
from model.training_pages import training_pages

SEED = 7
BATCH = 8
STEPS = 250  # batches in an epoch: about a minute on two cores
WEIGHT_DECAY = 1e-2
CLIP = 10.0  # norm of the gradient: one bad page must not undo much
BOX_WEIGHT = 2.0  # of the box loss against the heat losses
HANDWRITING_WEIGHT = 0.5  # other handwriting is learnt only to tell signatures from it
TAUGHT_WEIGHT = 0.1  # of the labels beside a teacher, who is right more often on pages that it never saw
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
    """

    name: str
    epochs: int
    rate: float
    average: float
    restaged: float
    shares: dict[str, float]
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
    maps, teacher = both[..., :6], both[..., 6:]
    return TAUGHT_WEIGHT * loss(wanted, maps) + _unlike(teacher, maps)


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
    assets, examples = training_pages(train_dir, job.cache, changes.rendered)
    keras.utils.set_random_seed(SEED)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    begin = FROM_TRAINED if changes.start_from else FROM_NOTHING
    stages = (replace(begin, epochs=changes.epochs or begin.epochs), LAST)
    start = trained_network(changes.start_from, plain(), plain(WHOLE)) if changes.start_from else None
    teacher = trained_network(changes.teacher, plain(WHOLE)) if changes.teacher else _if_whole(start)
    metrics: dict[str, float] = {}
    before: Path | None = None
    for number, stage in enumerate(stages):
        done = job.part("checkpoints") / f"{stage.name}.weights.h5"
        if not done.exists():
            pages = Batches(
                assets,
                examples,
                stage.shares,
                size=BATCH,
                steps=changes.steps or STEPS,
                seed=SEED + number,
                restaged=stage.restaged,
            )
            model = _beginning(before, start, pages)
            metrics = _run(stage, model, teacher, pages, job)
            model.save_weights(done)
        before = done
    folded(_beginning(before)).save(job.folder / "proposer.keras")
    return metrics


def _if_whole(network: keras.Model | None) -> keras.Model | None:
    """The network if it is one of WHOLE, whose filters are more than the recipe's."""
    return network if network is not None and network.count_params() > plain().count_params() else None


def _beginning(
    before: Path | None, start: keras.Model | None = None, pages: Batches | None = None
) -> keras.Model:
    """What a stage begins with; a new network, for Keras keeps on the old one where its fit was resumed."""
    model = network()
    if before is not None:
        model.load_weights(before)
    elif start is not None and pages is not None:
        smaller, some = plain(), _some(pages)
        if _if_whole(start):
            narrow(start, smaller, READERS, some)
        else:
            smaller.set_weights(start.get_weights())
        unfold(smaller, model, some)
    else:
        model.get_layer("sides").bias.assign(np.log(USUAL_SIDES))
    return model


def _run(
    stage: Stage, model: keras.Model, teacher: keras.Model | None, pages: Batches, job: Job
) -> dict[str, float]:
    learning = model if teacher is None else _taught(model, teacher)
    learning.compile(_optimizer(stage, len(pages)), loss=loss if teacher is None else taught_loss)
    verbose = 1 if sys.stdout.isatty() else 2
    history = learning.fit(pages, epochs=stage.epochs, callbacks=_callbacks(job), verbose=verbose)
    settle(model, _some(pages))
    return {"loss": float(history.history["loss"][-1])}


def _taught(model: keras.Model, teacher: keras.Model) -> keras.Model:
    """A network from pages to its own maps and, after them, the teacher's, (batch, high, wide, 12)."""
    fast = network(layers.Conv2D, WHOLE)  # in the precision of training
    fast.set_weights(teacher.get_weights())
    fast.trainable = False
    page = model.inputs[0]
    return keras.Model(page, layers.Concatenate(dtype="float32")([model.outputs[0], fast(page)]))


def _some(pages: Batches, count: int = 24) -> list[NDArray[np.uint8]]:
    """Batches enough to take statistics of."""
    return [pages[index][0] for index in range(min(count, len(pages)))]


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
    history = job.folder / "history.csv"
    return [
        # The backup holds the weights of the last step, the checkpoint the averaged ones.
        keras.callbacks.BackupAndRestore(job.part("backup")),
        keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
        keras.callbacks.ModelCheckpoint(
            job.part("checkpoints") / "proposer.weights.h5", save_weights_only=True
        ),
        keras.callbacks.CSVLogger(history, append=history.exists()),
        keras.callbacks.TensorBoard(job.part("logs")),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: job.upload()),
    ]
