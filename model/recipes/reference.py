"""The reference network: the one this project descends from, kept as the baseline of every table.

    python -m model.train --recipe reference --train-dir data --job-dir jobs/reference

Three 3x3 convolutions, a dense layer, a sigmoid: class 0 is signature, class 1 text. Its published result is
94.29 % accuracy, 96.55 % precision and 97.22 % recall on signatures.
"""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from model import crops
from model.crop_examples import RENDERED_CROPS, training_pools, without_handwriting
from model.pools import Part, Pool

SEED = 11  # the classifier's, so that both learn from the same rendered crops
FILTERS = (32, 64, 128)  # as published
DENSE = 64  # the published description does not say; small enough not to memorise 900 crops at once
DROPOUT = 0.5  # as published; 0 in the table's rows without dropout
ROTATION = 10 / 360  # of a full turn: scans are seldom straighter than ten degrees
RESCALE = 0.15  # height and width apart: pens and cameras stretch
ZOOM = 0.15  # both together
BATCH = 64  # small data: more steps an epoch
CPU_PRECISION = "float32"  # as published
GPU_BATCH = 256  # a GPU waits for data below this
EPOCHS = 10  # it learns no more after six
WATCHED = "val_loss"  # it sees the same few crops again and again
PATIENCE = 4  # epochs without a better held-out loss
RATE = 1e-3  # Adam's default, as published
STEPS = 60  # an epoch is 60 batches, half of them signatures: about four passes over `train/`


def network(dropout: float = DROPOUT) -> keras.Model:
    """The network: ink (batch, HEIGHT, WIDTH, 1) in [0, 1] to p(text), shape (batch, 1).

    Args:
        dropout: Share of features dropped before the last layer.
    """
    ink = keras.Input((crops.HEIGHT, crops.WIDTH, 1), name="ink")
    x = ink
    for filters in FILTERS:
        x = layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(DENSE, activation="relu")(layers.Flatten()(x))
    x = layers.Dropout(dropout, seed=SEED)(x)
    p_text = layers.Dense(1, activation="sigmoid", dtype="float32", name="p_text")(x)
    return keras.Model(ink, p_text, name="reference")


def compile_learner(model: keras.Model, updates: int, size: int) -> None:
    """Says how the network learns.

    Args:
        model: The network, with what augments its crops before it.
        updates: How many batches it will be trained on; its rate is the same over all of them.
        size: Crops in a batch; its rate is the same for all.
    """
    model.compile(keras.optimizers.Adam(RATE), "binary_crossentropy", metrics=["accuracy"])


def augmentation() -> keras.Sequential:
    """Rotation, rescale and zoom of ink on nothing."""
    blank = {"fill_mode": "constant", "fill_value": 0.0, "seed": SEED}
    return keras.Sequential(
        [
            layers.RandomRotation(ROTATION, **blank),
            layers.RandomZoom(RESCALE, RESCALE, **blank),
            layers.RandomZoom(ZOOM, **blank),
        ],
        name="augmentation",
    )


def examples(train_dir: str, cache: Path, rendered: int = RENDERED_CROPS) -> tuple[list[Pool], Part]:
    """Training pools and the held-out part, without handwriting: it belongs to neither class."""
    pools, held = training_pools(train_dir, cache, SEED, rendered)
    parts = ((pool, without_handwriting((pool.images, pool.labels))) for pool in pools)
    return [replace(pool, images=part[0], labels=part[1]) for pool, part in parts if len(part[1])], (
        without_handwriting(held)
    )


def p_signature(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """p(signature), shape (n,), from the network's outputs."""
    return 1 - outputs[:, 0]


def calibrate(model: keras.Model, held: Part) -> None:
    """Leaves the network as it was published."""
