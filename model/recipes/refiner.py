"""The refiner: looks at each proposed region again, with what stands around it.

    python -m model.train --recipe refiner --train-dir data --job-dir jobs/refiner

It learns from the regions that a release's proposer names on rendered pages and on real ones, restaged: what
it is wrong about most is in there most.
"""

import os

import keras
from keras import layers, ops

from model.job import Changes, Job
from model.losses import giou_loss
from model.rates import rising_and_falling
from model.release import read_release
from model.scene_batches import SceneBatches
from model.scene_examples import propose
from model.scenes import HEIGHT, WIDTH
from model.tensors import Tensor
from model.train import fit_and_keep
from model.training_pages import labelled_folder

SEED = 19
STEM = 16  # filters of the first 5x5, stride 2
FILTERS = (32, 64, 96, 128)  # each stage halves the scene and keeps a residual block
SQUEEZED = 24  # maps that are laid out flat: what stands where matters, not only what stands there
DENSE = 96
DROPOUT = 0.15
SMOOTHING = 0.02  # some labels are arguable
RENDERED = 16_000  # pages; more than half of them real ones, restaged
BATCH = 64
EPOCHS = 100  # later ones learn the real pages by heart
STEPS = 200  # batches
RATE = 5e-4  # AdamW's, at its highest
WEIGHT_DECAY = 1e-2
PATIENCE = 40  # the rate falls to the end
BOX_WEIGHT = 1.0  # of the loss of boxes against that of odds


def network(steps: int = EPOCHS * STEPS) -> keras.Model:
    """The network.

    Args:
        steps: Batches until the rate is zero.

    Returns:
        Scenes, uint8 (batch, HEIGHT, WIDTH, 2), to float32 (batch, 5): log odds of a signature, and how far
        the region's left, top, right and bottom side move, in shares of its width or height.
    """
    seen = keras.Input((HEIGHT, WIDTH, 2), dtype="uint8", name="scene")
    x = _convolution(layers.Rescaling(1 / 255)(seen), STEM, stride=2, size=5)
    for filters in FILTERS:
        x = _convolution(x, filters, stride=2)
        x = layers.Add()([x, _convolution(x, filters)])
    flat = layers.Flatten()(_convolution(x, SQUEEZED, size=1))
    flat = layers.Dense(DENSE, activation="relu", name="laid_out")(flat)
    x = layers.Concatenate()([flat, layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dropout(DROPOUT, seed=SEED)(x)
    odds = layers.Dense(1, dtype="float32", name="odds")(x)
    moves = layers.Dense(4, dtype="float32", name="moves", kernel_initializer="zeros")(x)
    model = keras.Model(seen, layers.Concatenate(dtype="float32", name="says")([odds, moves]), name="refiner")
    optimizer = keras.optimizers.AdamW(
        rising_and_falling(RATE, steps), weight_decay=WEIGHT_DECAY, global_clipnorm=5.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, loss=loss)
    return model


@keras.saving.register_keras_serializable("countersign")  # type: ignore[untyped-decorator]
def loss(wanted: Tensor, says: Tensor) -> Tensor:
    """Cross-entropy of the odds, smoothed, and GIoU loss of the boxes of signatures.

    Args:
        wanted: (batch, 7): 1 for a signature, weight of that, sides of its box in shares of the region from
            the region's corner, weight of those.
        says: (batch, 5), what the network gave.

    Returns:
        A scalar.
    """
    label, counts, box, boxed = wanted[:, 0], wanted[:, 1], wanted[:, 2:6], wanted[:, 6]
    smooth = label * (1 - SMOOTHING) + SMOOTHING / 2
    odds = says[:, 0]
    entropy = smooth * ops.softplus(-odds) + (1 - smooth) * ops.softplus(odds)
    given = ops.convert_to_tensor([[0.0, 0.0, 1.0, 1.0]]) + says[:, 1:]
    moved = ops.sum(boxed * giou_loss(box, given)) / ops.maximum(ops.sum(boxed), 1.0)
    return ops.sum(counts * entropy) / ops.maximum(ops.sum(counts), 1.0) + BOX_WEIGHT * moved


def train(train_dir: str, job: Job, changes: Changes) -> dict[str, float]:
    """Proposes regions, trains, or goes on where a killed run stopped; `model.train` calls it.

    Args:
        train_dir: Folder of `pages.json`, `crops.csv` and the images they name.
        job: Where checkpoints, the log and `refiner.keras` go.
        changes: What to do otherwise than this recipe says.

    Returns:
        `loss` of the last epoch.

    Raises:
        WrongTrainingData: there are no labelled pages.
        WrongRelease: there is no proposer to learn from.
    """
    folder = labelled_folder(train_dir, job.cache)
    count = RENDERED if changes.rendered is None else changes.rendered
    release = read_release(changes.release)
    examples = propose(folder / "train", job.cache / "scenes", count, SEED, release, os.cpu_count() or 1)
    keras.utils.set_random_seed(SEED)
    epochs, steps = changes.epochs or EPOCHS, changes.steps or STEPS
    batches = SceneBatches(examples, size=BATCH, steps=steps, seed=SEED)
    start = changes.start_from
    return fit_and_keep("refiner", network, batches, job, epochs=epochs, patience=PATIENCE, start=start)


def _convolution(x: Tensor, filters: int, stride: int = 1, size: int = 3) -> Tensor:
    # Without batch normalisation, which more than doubles the time of a step on processors.
    return layers.Conv2D(
        filters, size, stride, padding="same", activation="relu", kernel_initializer="he_normal"
    )(x)
