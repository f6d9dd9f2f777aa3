"""The crop classifier that ships: signature, print, or other handwriting.

    python -m model.train --recipe classifier --train-dir data --job-dir jobs/classifier

A small residual network without padding tricks or attention: plain 3x3 convolutions ran three times faster in
training on a CPU than depthwise ones of the same accuracy, and 0.1 to 0.3 ms a crop in OpenVINO. Handwriting
is a class of its own, since a network that knows only signature and print calls every note a signature.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from model import crops
from model.layers import RandomPenWidth, RandomScan
from model.measures import fit_temperature
from model.page_crops import cut
from model.pools import Part, Pool
from model.prepare import LABELS, Prepared, prepare
from model.tensors import Tensor

SEED = 11
STEM = 16  # filters of the first 5x5: enough for stroke orientation and width
FILTERS = (32, 64, 96)  # each stage halves the image; 0.2 M parameters in all
DROPOUT = 0.3  # before the last layer; more slowed learning without helping the held split
SMOOTHING = 0.02  # some labels are wrong or arguable; also keeps scores off 0 and 1
ROTATION = 8 / 360  # of a full turn
SHEAR = 0.2  # handwriting slants; a slant alone must not make a signature
RESCALE = 0.15  # height and width apart
ZOOM = (-0.05, 0.35)  # both together, mostly smaller: ink need not fill the frame
SHIFT = 0.05  # of height and width
BATCH = 64
GPU_BATCH = 512
EPOCHS = 40
STEPS = 200  # an epoch is 200 batches from the endless mixture
PATIENCE = 10  # epochs without a better held-out loss
RATE = 2e-3  # AdamW, falling to zero along a cosine
WEIGHT_DECAY = 1e-2  # on the convolutions
SHARES = {"crops": 0.45, "pages": 0.2, "rendered": 0.35}  # of each batch


def network() -> keras.Model:
    """The network: ink (batch, HEIGHT, WIDTH, 1) in [0, 1] to p(LABELS), shape (batch, 3)."""
    ink = keras.Input((crops.HEIGHT, crops.WIDTH, 1), name="ink")
    x = _convolution(ink, STEM, stride=2, size=5)
    for filters in FILTERS:
        x = _convolution(x, filters, stride=2)
        x = layers.Add()([x, _convolution(x, filters)])
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dropout(DROPOUT, seed=SEED)(x)
    scores = layers.Dense(len(LABELS), activation="softmax", dtype="float32", name="scores")(x)
    model = keras.Model(ink, scores, name="classifier")
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * STEPS)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY),
        loss=_smoothed_crossentropy,
        metrics=["sparse_categorical_accuracy"],
    )
    return model


def augmentation() -> keras.Sequential:
    """What pens, hands and scanners do to ink."""
    blank = {"fill_mode": "constant", "fill_value": 0.0, "seed": SEED}
    return keras.Sequential(
        [
            layers.RandomRotation(ROTATION, **blank),
            layers.RandomShear(SHEAR, 0.0, **blank),
            layers.RandomZoom(RESCALE, RESCALE, **blank),
            layers.RandomZoom(ZOOM, **blank),
            layers.RandomTranslation(SHIFT, SHIFT, **blank),
            RandomPenWidth(seed=SEED),
            RandomScan(seed=SEED),
        ],
        name="augmentation",
    )


def examples(train_dir: str, cache: Path) -> tuple[list[Pool], Part]:
    """Training pools, and held-out ink uint8 (n, HEIGHT, WIDTH) with labels (n,)."""
    prepared = prepare(train_dir, cache, seed=SEED)
    pools = _by_source(prepared)
    folder = cache / "fetched" if train_dir.startswith("gs://") else Path(train_dir)
    if (folder / "pages.json").exists():
        pools.append(_pool("pages", [(crop.pixels, crop.label) for crop in cut(folder, seed=SEED)]))
    return pools, prepared.part("held")


def p_signature(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """p(signature), shape (n,), from the network's outputs."""
    return outputs[:, 0]


def calibrate(model: keras.Model, held: Part) -> None:
    """Divides the last layer by the temperature that makes its scores honest on the held-out part."""
    images, labels = held
    scores = model.predict(images[..., np.newaxis] / np.float32(255), verbose=0)
    last = model.get_layer("scores")
    last.set_weights([weights / fit_temperature(scores, labels) for weights in last.get_weights()])


def _by_source(prepared: Prepared) -> list[Pool]:
    """A pool for each source, by the square root of its size: many crops of one hand teach little more."""
    train = prepared.splits == "train"
    names, sizes = np.unique(prepared.sources[train], return_counts=True)
    shares = SHARES["crops"] * np.sqrt(sizes) / np.sqrt(sizes).sum()
    pools = []
    for name, share in zip(names.tolist(), shares.tolist(), strict=True):
        chosen = train & (prepared.sources == name)
        pools.append(Pool(name, prepared.images[chosen], prepared.labels[chosen], share))
    return pools


def _pool(name: str, labelled: list[tuple[NDArray[np.uint8], str]]) -> Pool:
    images = np.stack([crops.normalise(pixels) for pixels, _ in labelled])
    return Pool(name, images, np.array([LABELS.index(label) for _, label in labelled]), SHARES[name])


def _convolution(x: Tensor, filters: int, stride: int = 1, size: int = 3) -> Tensor:
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


@keras.saving.register_keras_serializable("countersign")  # type: ignore[untyped-decorator]
def _smoothed_crossentropy(labels: Tensor, scores: Tensor) -> Tensor:
    """Cross-entropy against labels smoothed by SMOOTHING."""
    sharp = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(labels, (-1,)), "int32"), len(LABELS))
    return keras.losses.categorical_crossentropy(sharp, scores, label_smoothing=SMOOTHING)
