"""The crop classifier that ships: signature, print, or other handwriting.

    python -m model.train --recipe classifier --train-dir data --job-dir jobs/classifier

A small residual network without padding tricks or attention: plain 3x3 convolutions ran three times faster in
training on a CPU than depthwise ones of the same accuracy, and 0.3 to 0.6 ms a crop in OpenVINO. Handwriting
is a class of its own, since a network that knows only signature and print calls every note a signature.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from model import crops
from model.classifier import LABELS
from model.crop_examples import RENDERED_CROPS, training_pools
from model.layers import RandomFrame, RandomPenWidth, RandomScan
from model.measures import fit_temperature
from model.pools import Part, Pool
from model.rates import rising_and_falling
from model.tensors import Tensor

SEED = 11
STEM = 16  # filters of the first 5x5: enough for stroke orientation and width
FILTERS = (32, 64, 128, 96)  # each stage halves the image; the last sees most of a name; 0.49 M parameters
DROPOUT = 0.3  # before the last layer; more slowed learning without helping the held split
TEACHER_STEM, TEACHER_FILTERS = 32, (64, 128, 256, 192)
TEACHER_RESIDUALS = 2  # convolutions beside the identity in a stage; the network that ships has one
TEACHER_START = 0.1  # variance of those at first, against 2: so many of full strength begin with a loss of 10
LABELS_WEIGHT = 0.3  # of the labels beside a teacher, whose odds say more
SMOOTHING = 0.02  # some labels are wrong or arguable; also keeps scores off 0 and 1
ROTATION = 0.2  # radians, eleven degrees: signatures climb
SHEAR = 0.2  # handwriting slants; a slant alone must not make a signature
RESCALE = 0.15  # height and width apart
ZOOM = (0.65, 1.05)  # both together, mostly smaller: ink need not fill the frame
SHIFT = 0.05  # of height and width
BATCH = 64
GPU_BATCH = 512
CPU_PRECISION = "mixed_bfloat16"  # twice as fast as float32
EPOCHS = 120
STEPS = 200  # an epoch is 200 batches from the endless mixture
WATCHED = "loss"  # of ever new crops; the held-out 500 are of few hands, and their loss jumps
PATIENCE = 40  # epochs without a lower loss; the rate falls to the end
RATE = 5e-4  # AdamW's, at its highest, for BATCH; larger batches err less, and allow more by the square root
WEIGHT_DECAY = 1e-2  # on the convolutions


def network(dropout: float = DROPOUT) -> keras.Model:
    """The network: ink (batch, HEIGHT, WIDTH, 1) in [0, 1] to p(LABELS), shape (batch, 3).

    Args:
        dropout: Share of features dropped before the last layer.
    """
    return _residual("classifier", STEM, FILTERS, 1, 2.0, dropout)


def teacher(dropout: float = DROPOUT) -> keras.Model:
    """A wider and deeper network of the same kind, from which the network that ships can learn.

    Args:
        dropout: Share of features dropped before the last layer.
    """
    return _residual("teacher", TEACHER_STEM, TEACHER_FILTERS, TEACHER_RESIDUALS, TEACHER_START, dropout)


def compile_learner(model: keras.Model, updates: int, size: int) -> None:
    """Says how the network learns, alone or beside its teacher.

    Args:
        model: The network, with what augments its crops before it; it may give its teacher's scores too.
        updates: How many batches it will be trained on; the rate falls to zero over them.
        size: Crops in a batch.
    """
    optimizer = keras.optimizers.AdamW(
        rising_and_falling(RATE * (size / BATCH) ** 0.5, updates),
        weight_decay=WEIGHT_DECAY,
        global_clipnorm=5.0,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    taught = model.output_shape[-1] > len(LABELS)
    if taught:
        model.compile(optimizer, loss=taught_loss, metrics=[accuracy, teacher_accuracy])
    else:
        model.compile(optimizer, loss=_smoothed_crossentropy, metrics=[accuracy])


def augmentation() -> keras.Sequential:
    """What pens, hands and scanners do to ink."""
    return keras.Sequential(
        [
            RandomFrame(ROTATION, SHEAR, RESCALE, ZOOM, SHIFT, seed=SEED),
            RandomPenWidth(seed=SEED),
            RandomScan(seed=SEED),
        ],
        name="augmentation",
    )


def examples(train_dir: str, cache: Path, rendered: int = RENDERED_CROPS) -> tuple[list[Pool], Part]:
    """Training pools and the held-out part, all three labels."""
    return training_pools(train_dir, cache, SEED, rendered)


def p_signature(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """p(signature), shape (n,), from the network's outputs."""
    return outputs[:, 0]


def calibrate(model: keras.Model, held: Part) -> None:
    """Divides the last layer by the temperature that makes its scores honest on the held-out part."""
    images, labels = held
    scores = model.predict(images[..., np.newaxis] / np.float32(255), verbose=0)
    last = model.get_layer("scores")
    last.set_weights([weights / fit_temperature(scores, labels) for weights in last.get_weights()])


def _residual(
    name: str, stem: int, widths: tuple[int, ...], residuals: int, start: float, dropout: float
) -> keras.Model:
    ink = keras.Input((crops.HEIGHT, crops.WIDTH, 1), name="ink")
    x = _convolution(ink, stem, stride=2, size=5)
    for filters in widths:
        x = _convolution(x, filters, stride=2)
        for _ in range(residuals):
            x = layers.Add()([x, _convolution(x, filters, variance=start)])
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dropout(dropout, seed=SEED)(x)
    scores = layers.Dense(len(LABELS), activation="softmax", dtype="float32", name="scores")(x)
    return keras.Model(ink, scores, name=name)


def _convolution(x: Tensor, filters: int, stride: int = 1, size: int = 3, variance: float = 2.0) -> Tensor:
    # Without batch normalisation, which more than doubles the time of a step on processors.
    start = keras.initializers.VarianceScaling(variance)  # He et al. 2015 where it is 2
    convolve = layers.Conv2D(
        filters, size, stride, padding="same", activation="relu", kernel_initializer=start
    )
    return convolve(x)


@keras.saving.register_keras_serializable("countersign")  # type: ignore[untyped-decorator]
def _smoothed_crossentropy(labels: Tensor, scores: Tensor) -> Tensor:
    """Cross-entropy against labels smoothed by SMOOTHING."""
    sharp = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(labels, (-1,)), "int32"), len(LABELS))
    return keras.losses.categorical_crossentropy(sharp, scores, label_smoothing=SMOOTHING)


@keras.saving.register_keras_serializable("countersign")  # type: ignore[untyped-decorator]
def taught_loss(labels: Tensor, both: Tensor) -> Tensor:
    """How far both networks are from the labels, and the one that ships from its teacher.

    Args:
        labels: Shape (batch,).
        both: Scores of the network that ships and, after them, its teacher's, (batch, 6).

    Returns:
        Shape (batch,).
    """
    scores, teachers = both[:, : len(LABELS)], both[:, len(LABELS) :]
    unlike = keras.losses.categorical_crossentropy(keras.ops.stop_gradient(teachers), scores)
    of_labels = LABELS_WEIGHT * _smoothed_crossentropy(labels, scores)
    return _smoothed_crossentropy(labels, teachers) + of_labels + unlike


@keras.saving.register_keras_serializable("countersign")  # type: ignore[untyped-decorator]
def accuracy(labels: Tensor, outputs: Tensor) -> Tensor:
    """Of the network that ships."""
    return keras.metrics.sparse_categorical_accuracy(labels, outputs[:, : len(LABELS)])


@keras.saving.register_keras_serializable("countersign")  # type: ignore[untyped-decorator]
def teacher_accuracy(labels: Tensor, outputs: Tensor) -> Tensor:
    """Of the teacher beside it."""
    return keras.metrics.sparse_categorical_accuracy(labels, outputs[:, len(LABELS) :])
