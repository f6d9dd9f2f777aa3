"""The proposer: where on a page signatures may be.

    python -m model.train --recipe proposer --train-dir data --job-dir jobs/proposer

Batch normalisation as TensorFlow has it took half of the training time on a CPU in bfloat16, so its
statistics are sampled; without any (standardised kernels, Brock et al. 2021) the heat maps would not settle.
It is folded into plain convolutions when exported.
"""

import os
import sys
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from keras import layers, ops

from model.errors import WrongTrainingData
from model.page_examples import Batches, rendered_examples
from model.render.assets import Assets
from model.render.dataset import render_dataset
from model.storage import fetch_folder
from model.tensors import Tensor
from model.train import Changes, Job

Option = Any
Store = Any
"""What Keras passes through and saves into."""

SEED = 3
STEM = 24  # filters of the 8x8 stem, stride 4
FILTERS = (40, 80, 144, 192)  # at strides 8, 16, 32, 64: 2.4 M parameters, 1.7 G multiply-adds a page
BLOCKS = (1, 2, 2, 1)  # residual blocks at each; depth is cheap only where the map is small
HEAD = 64  # filters before the maps
RENDERED = 6144  # pages; each is seen about six times, varied anew every time
LONG_SIDE = 960  # of rendered pages as they are kept: enough for most zooms
BATCH = 8
STEPS = 250  # batches in an epoch: about a minute on two cores
EPOCHS = 27
RATE = 1.5e-3  # AdamW, after a short rise falling to zero along a cosine
WEIGHT_DECAY = 1e-2
CLIP = 10.0  # norm of the gradient: one bad page must not undo much
AVERAGE = 0.998  # momentum of the averaged weights, which are what is kept
BOX_WEIGHT = 2.0  # of the box loss against the heat losses
HANDWRITING_WEIGHT = 0.5  # other handwriting is learnt only to tell signatures from it
RESTAGED = 0.6  # share of looks at real pages that are restaged
SHARES = {
    "letters_small": 0.16,
    "rf100_web": 0.16,
    "tapuscorpus": 0.03,
    "tesseract_test": 0.01,
    "rendered": 0.64,
}

# Then a short second stage on mostly real pages, with the boxes people drew: box AP 0.867 to 0.893.
SECOND_EPOCHS = 4
SECOND_RATE = 5e-4
SECOND_AVERAGE = 0.99  # it is short
SECOND_RESTAGED = 0.45
SECOND_SHARES = {
    "letters_small": 0.3,
    "rf100_web": 0.3,
    "tapuscorpus": 0.05,
    "tesseract_test": 0.01,
    "rendered": 0.34,
}

USUAL_SIDES: Final = (10.0, 3.4, 10.0, 3.4)
"""Cells from the centre of a usual signature, 160 x 55 canvas pixels, to its sides: where the boxes start."""

MEMORY: Final = 0.98
"""Momentum of the moving statistics."""


@keras.saving.register_keras_serializable("countersign")
class NormedConv(layers.Conv2D):  # type: ignore[misc]
    """A convolution and a batch normalisation (Ioffe and Szegedy 2015) whose statistics are sampled."""

    def __init__(self, *args: Option, first_gain: float = 1.0, every: int = 1, **options: Option) -> None:
        """Takes Conv2D's arguments.

        Args:
            *args: Conv2D's.
            first_gain: Where the gains start.
            every: Rows and columns from one that counts in the statistics to the next.
            **options: Conv2D's.
        """
        super().__init__(*args, autocast=False, **options)
        self.every = every
        self.memory = MEMORY
        self.first_gain = first_gain

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Adds gains and moving statistics."""
        super().build(input_shape)
        shape = (self.filters,)
        start = keras.initializers.Constant(self.first_gain)
        self.gain = self.add_weight(shape=shape, initializer=start, name="gain")
        self.mean = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=shape, initializer="ones", trainable=False, name="variance")

    def _kept(self) -> tuple[Any, ...]:
        return self._kernel, self.bias, self.gain, self.mean, self.variance

    def save_own_variables(self, store: Store) -> None:
        """All five; Conv2D would save only its own two."""
        for index, variable in enumerate(self._kept()):
            store[str(index)] = variable

    def load_own_variables(self, store: Store) -> None:
        """Reads what `save_own_variables` wrote."""
        for index, variable in enumerate(self._kept()):
            variable.assign(store[str(index)])

    def folded(self) -> list[np.ndarray[Any, Any]]:
        """Kernel and bias of the plain convolution that does the same, float32."""
        kernel, bias, gain, mean, variance = (variable.numpy() for variable in self._kept())
        scale = gain / np.sqrt(variance + 1e-3)
        return [kernel * scale, bias - mean * scale]

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Convolves and normalises at once; the statistics are those of a coarser convolution."""
        inputs = ops.cast(inputs, self.compute_dtype)
        mean, variance = self.mean, self.variance
        if training:
            strides = tuple(stride * self.every for stride in self.strides)
            kernel = ops.cast(self._kernel, self.compute_dtype)
            sampled = ops.conv(inputs, kernel, strides=strides, padding="same")
            mean, variance = ops.moments(ops.cast(sampled, "float32"), axes=(0, 1, 2))
            for moving, now in ((self.mean, mean), (self.variance, variance)):
                moving.assign(moving * self.memory + now * (1 - self.memory))
        scale = self.gain * ops.rsqrt(variance + 1e-3)
        kernel = ops.cast(self._kernel * scale, self.compute_dtype)
        out = ops.conv(inputs, kernel, strides=self.strides, padding="same")
        return out + ops.cast(self.bias - mean * scale, self.compute_dtype)


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


def settle(model: keras.Model, pages: Batches, count: int = 24) -> None:
    """Takes the statistics anew for the averaged weights; those kept in training belong to each step's.

    Args:
        model: Trained; its statistics are replaced.
        pages: What to take them from.
        count: Batches to average over.
    """
    normed = [layer for layer in model.layers if isinstance(layer, NormedConv)]
    for index in range(count):
        for layer in normed:
            layer.memory = index / (index + 1)
        model(pages[index][0], training=True)
    for layer in normed:
        layer.memory = MEMORY


def folded(trained: keras.Model) -> keras.Model:
    """The trained network in plain float32 convolutions, ready to export."""
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("float32")
    plain = network(layers.Conv2D)
    keras.mixed_precision.set_dtype_policy(policy)
    for layer in trained.layers:
        if isinstance(layer, NormedConv):
            plain.get_layer(layer.name).set_weights(layer.folded())
        elif layer.weights:
            plain.get_layer(layer.name).set_weights(layer.get_weights())
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
    boxes = ops.sum(wanted[..., 6] * _giou_loss(wanted[..., 2:6], ops.exp(ops.clip(maps[..., 2:6], -4, 5))))
    count = ops.maximum(ops.sum(wanted[..., 6]), 1.0)
    return signature + HANDWRITING_WEIGHT * handwriting + BOX_WEIGHT * boxes / count


def _focal(heat: Tensor, logits: Tensor, counts: Tensor) -> Tensor:
    """Penalty-reduced focal loss of a heat map (Zhou et al. 2019, "Objects as Points")."""
    p = ops.sigmoid(logits)
    centre = ops.cast(heat >= 1.0, "float32")
    found = centre * ops.square(1 - p) * ops.softplus(-logits)
    elsewhere = (1 - centre) * (1 - heat) ** 4 * ops.square(p) * ops.softplus(logits)
    return ops.sum((found + elsewhere) * counts) / ops.maximum(ops.sum(centre * counts), 1.0)


def _giou_loss(wanted: Tensor, given: Tensor) -> Tensor:
    """1 - generalised IoU (Rezatofighi et al. 2019) of boxes around one point, by their distances to it."""
    inner, outer = ops.minimum(wanted, given), ops.maximum(wanted, given)
    common = (inner[..., 0] + inner[..., 2]) * (inner[..., 1] + inner[..., 3])
    hull = (outer[..., 0] + outer[..., 2]) * (outer[..., 1] + outer[..., 3])
    areas = [(box[..., 0] + box[..., 2]) * (box[..., 1] + box[..., 3]) for box in (wanted, given)]
    union = areas[0] + areas[1] - common + 1e-6
    return 1 - common / union + (hull - union) / (hull + 1e-6)


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
    steps = changes.steps or STEPS
    examples = rendered_examples(rendered)
    keras.utils.set_random_seed(SEED)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    model = network()
    model.get_layer("sides").bias.assign(np.log(USUAL_SIDES))
    first = Stage("first", SHARES, RESTAGED, RATE, AVERAGE, changes.epochs or EPOCHS)
    second = Stage("second", SECOND_SHARES, SECOND_RESTAGED, SECOND_RATE, SECOND_AVERAGE, SECOND_EPOCHS)
    metrics: dict[str, float] = {}
    for stage in (first, second):
        pages = Batches(
            assets, examples, stage.shares, size=BATCH, steps=steps, seed=SEED, restaged=stage.restaged
        )
        done = job.part("checkpoints") / f"{stage.name}.weights.h5"
        if done.exists():
            model.load_weights(done)
            continue
        model.compile(_optimizer(stage, steps), loss=loss)
        verbose = 1 if sys.stdout.isatty() else 2
        history = model.fit(pages, epochs=stage.epochs, callbacks=_callbacks(job, stage), verbose=verbose)
        metrics = {"loss": float(history.history["loss"][-1])}
        settle(model, pages)
        model.save_weights(done)
    folded(model).save(job.folder / "proposer.keras")
    return metrics


@dataclass(frozen=True)
class Stage:
    """One run over the data: its name, the share of each source, and how it learns."""

    name: str
    shares: dict[str, float]
    restaged: float
    rate: float
    average: float
    epochs: int


def _optimizer(stage: Stage, steps: int) -> keras.Optimizer:
    rise = min(300, stage.epochs * steps // 18 + 1)
    rate = keras.optimizers.schedules.CosineDecay(
        stage.rate / 20, max(1, stage.epochs * steps - rise), warmup_target=stage.rate, warmup_steps=rise
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=WEIGHT_DECAY, global_clipnorm=CLIP, use_ema=True, ema_momentum=stage.average
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gain"])
    return optimizer


def _callbacks(job: Job, stage: Stage) -> list[keras.callbacks.Callback]:
    resumed = (job.folder / "backup").is_dir()
    return [
        # The backup holds the weights of the last step, the checkpoint the averaged ones.
        keras.callbacks.BackupAndRestore(job.part("backup")),
        keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
        keras.callbacks.ModelCheckpoint(
            job.part("checkpoints") / "proposer.weights.h5", save_weights_only=True
        ),
        keras.callbacks.CSVLogger(job.folder / "history.csv", append=resumed),
        keras.callbacks.TensorBoard(job.part("logs")),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: job.upload()),
    ]
