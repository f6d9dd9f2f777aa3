"""The proposer: where on a page signatures may be.

    python -m model.train --recipe proposer --train-dir data --job-dir jobs/proposer

It learns with `model.normed`, and is folded into plain convolutions to ship.
"""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from keras import layers, ops

from model.errors import WrongTrainingData
from model.losses import giou_loss
from model.normed import NormedConv, fold, settle, unfold
from model.page_examples import Batches, rendered_examples
from model.rates import rising_and_falling
from model.render.assets import Assets
from model.render.dataset import render_dataset
from model.storage import fetch_folder
from model.tensors import Tensor
from model.train import Changes, Job, trained_network

Option = Any

SEED = 7
STEM = 24  # filters of the 8x8 stem, stride 4
FILTERS = (40, 80, 144, 192)  # at strides 8, 16, 32, 64: 2.4 M parameters, 1.7 G multiply-adds a page
BLOCKS = (1, 2, 2, 1)  # residual blocks at each; depth is cheap only where the map is small
HEAD = 64  # filters before the maps
RENDERED = 6144  # pages; each is seen about six times, varied anew every time
LONG_SIDE = 960  # of rendered pages as they are kept: enough for most zooms
BATCH = 8
STEPS = 250  # batches in an epoch: about a minute on two cores
WEIGHT_DECAY = 1e-2
CLIP = 10.0  # norm of the gradient: one bad page must not undo much
BOX_WEIGHT = 2.0  # of the box loss against the heat losses
HANDWRITING_WEIGHT = 0.5  # other handwriting is learnt only to tell signatures from it


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


def network(convolution: type[layers.Conv2D] = NormedConv) -> keras.Model:
    """The network.

    Args:
        convolution: NormedConv to train, plain Conv2D to ship; layer names are the same.

    Returns:
        uint8 ink (batch, height, width, 1), sides multiples of 64, to float32 maps (batch, height / 8, width
        / 8, 6):
        logits of signature and of other handwriting, log distances left, top, right, bottom in cells.
    """
    page = keras.Input((None, None, 1), dtype="uint8", name="page")
    x = layers.Rescaling(1 / 128)(page)
    x = _rectified(_conv(convolution, STEM, 8, 4, "stem")(x))
    levels = []
    for level, (filters, blocks) in enumerate(zip(FILTERS, BLOCKS, strict=True)):
        x = _rectified(_conv(convolution, filters, 3, 2, f"down{level}")(x))
        for block in range(blocks):
            x = _residual(convolution, x, filters, f"level{level}_{block}")
        levels.append(x)
    for level in range(len(FILTERS) - 2, -1, -1):
        x = _conv(convolution, FILTERS[level], 1, 1, f"lateral{level}")(x)
        x = layers.Add()([layers.UpSampling2D()(x), levels[level]])
        x = _rectified(_conv(convolution, FILTERS[level], 3, 1, f"merge{level}")(x))
    x = _rectified(_conv(convolution, HEAD, 3, 1, "head")(x))
    # A rare class from the first step on (Lin et al. 2017): sigmoid(-4.6) is one cell in a hundred.
    rare = keras.initializers.Constant(-4.6)
    heat = layers.Conv2D(
        2, 1, bias_initializer=rare, kernel_initializer="zeros", dtype="float32", name="heat"
    )(x)
    sides = layers.Conv2D(4, 1, dtype="float32", name="sides")(x)
    return keras.Model(page, layers.Concatenate(dtype="float32", name="maps")([heat, sides]), name="proposer")


def _conv(
    convolution: type[layers.Conv2D], filters: int, size: int, stride: int, name: str, **more: Option
) -> Tensor:
    if issubclass(convolution, NormedConv):
        more["every"] = {STEM: 4, FILTERS[0]: 3, HEAD: 3}.get(filters, 2)
    return convolution(filters, size, strides=stride, padding="same", name=name, **more)


def _rectified(x: Tensor) -> Tensor:
    return layers.Activation("relu")(x)


def _residual(convolution: type[layers.Conv2D], x: Tensor, filters: int, name: str) -> Tensor:
    gains = {"first_gain": 0.2} if issubclass(convolution, NormedConv) else {}
    y = _rectified(_conv(convolution, filters, 3, 1, f"{name}_a")(x))
    return _rectified(layers.Add()([x, _conv(convolution, filters, 3, 1, f"{name}_b", **gains)(y)]))


def folded(trained: keras.Model) -> keras.Model:
    """The trained network in plain float32 convolutions, ready to export."""
    plain = _plain()
    fold(trained, plain)
    return plain


def _plain() -> keras.Model:
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("float32")
    plain = network(layers.Conv2D)
    keras.mixed_precision.set_dtype_policy(policy)
    return plain


def loss(wanted: Tensor, maps: Tensor) -> Tensor:
    """Focal loss of both heats and GIoU loss of the boxes, summed over the batch and divided by its boxes.

    Args:
        wanted: `model.page_targets.targets`, (batch, high, wide, 9).
        maps: What the network gave, (batch, high, wide, 6).

    Returns:
        A scalar.
    """
    signature = _focal(wanted[..., 0], maps[..., 0], wanted[..., 7])
    handwriting = _focal(wanted[..., 1], maps[..., 1], wanted[..., 8])
    outwards = ops.convert_to_tensor([-1.0, -1.0, 1.0, 1.0])
    given = outwards * ops.exp(ops.clip(maps[..., 2:6], -4, 5))
    boxes = ops.sum(wanted[..., 6] * giou_loss(outwards * wanted[..., 2:6], given))
    count = ops.maximum(ops.sum(wanted[..., 6]), 1.0)
    return signature + HANDWRITING_WEIGHT * handwriting + BOX_WEIGHT * boxes / count


def _focal(heat: Tensor, logits: Tensor, counts: Tensor) -> Tensor:
    """Penalty-reduced focal loss of a heat map (Zhou et al. 2019, "Objects as Points")."""
    p = ops.sigmoid(logits)
    centre = ops.cast(heat >= 1.0, "float32")
    found = centre * ops.square(1 - p) * ops.softplus(-logits)
    elsewhere = (1 - centre) * (1 - heat) ** 4 * ops.square(p) * ops.softplus(logits)
    return ops.sum((found + elsewhere) * counts) / ops.maximum(ops.sum(centre * counts), 1.0)


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
    """
    folder = fetch_folder(train_dir, job.cache / "train")
    if not (folder / "pages.json").exists():
        raise WrongTrainingData(f"{train_dir} has no pages.json, the list of labelled pages")
    rendered = job.cache / "pages"
    count = RENDERED if changes.rendered is None else changes.rendered
    render_dataset(
        rendered, count, SEED, os.cpu_count() or 1, train_dir=folder / "train", long_side=LONG_SIDE
    )
    assets = Assets.load(folder / "train")
    examples = rendered_examples(rendered)
    keras.utils.set_random_seed(SEED)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    begin = FROM_TRAINED if changes.start_from else FROM_NOTHING
    stages = (replace(begin, epochs=changes.epochs or begin.epochs), LAST)
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
            model = _beginning(before, changes.start_from, pages)
            metrics = _run(stage, model, pages, job)
            model.save_weights(done)
        before = done
    folded(_beginning(before, None, None)).save(job.folder / "proposer.keras")
    return metrics


def _beginning(before: Path | None, start_from: str | None, pages: Batches | None) -> keras.Model:
    """What a stage begins with; a new network, for Keras keeps on the old one where its fit was resumed."""
    model = network()
    if before is not None:
        model.load_weights(before)
    elif start_from is not None and pages is not None:
        plain = _plain()
        plain.set_weights(trained_network(start_from, plain).get_weights())
        unfold(plain, model, _some(pages))
    else:
        model.get_layer("sides").bias.assign(np.log(USUAL_SIDES))
    return model


def _run(stage: Stage, model: keras.Model, pages: Batches, job: Job) -> dict[str, float]:
    model.compile(_optimizer(stage, len(pages)), loss=loss)
    verbose = 1 if sys.stdout.isatty() else 2
    history = model.fit(pages, epochs=stage.epochs, callbacks=_callbacks(job), verbose=verbose)
    settle(model, _some(pages))
    return {"loss": float(history.history["loss"][-1])}


def _some(pages: Batches, count: int = 24) -> list[np.ndarray[Any, Any]]:
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
