"""The orientation network: how a page is turned, by a few tiles of it.

    python -m model.train --recipe orientation --train-dir data --job-dir jobs/orientation

It learns from tiles of pages as the proposer sees them, more of them not in Latin, each turned two ways.
Whether lines run across or down is learnt at once; which end is up takes some epochs to begin with.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from model.job import Changes, Job
from model.orientation import TILE, TILES, tiles
from model.page_batches import PageBatches
from model.rates import rising_and_falling
from model.tensors import Tensor
from model.train import fit_and_keep
from model.training_pages import labelled_folder, training_pages

SEED = 5
STEM = 16  # filters of the first 5x5
FILTERS = (48, 96, 128)  # each stage halves the tile and keeps a residual convolution
DROPOUT = 0.2
PAGES = 8  # whose tiles make a batch
WAYS = 2  # of the four, that each tile is turned in it
RENDERED = 9216  # pages
OTHER_SCRIPTS = 0.45  # share of these not in Latin: each script is to be known either way up
EPOCHS = 60
STEPS = 250  # batches
RATE = 1.5e-3  # AdamW's, at its highest
WEIGHT_DECAY = 1e-2
PATIENCE = 40  # the rate falls to the end
SHARES = {
    "letters_small": 0.08,
    "rf100_web": 0.1,
    "tapuscorpus": 0.06,
    "tesseract_test": 0.02,
    "rendered": 0.74,  # in many scripts
}


class TileBatches(PageBatches):
    """Batches of tiles of upright pages, turned, whose own targets do not matter here."""

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Batch number `index` of this epoch: size * TILES * WAYS tiles, and their quarter turns."""
        random = self.random(index)
        seen = [tile for ink in super().__getitem__(index)[0] for tile in tiles(ink[..., 0])]
        every = [(tile, turns) for tile in seen for turns in random.permutation(4)[:WAYS]]
        # Pages with little on them have fewer tiles; a batch always has as many.
        chosen = [every[i] for i in np.resize(np.arange(len(every)), self.size * TILES * WAYS)]
        turned = np.stack([np.rot90(tile, turns) for tile, turns in chosen])
        return turned, np.array([turns for _, turns in chosen], np.float32)


def network(steps: int = EPOCHS * STEPS) -> keras.Model:
    """The network.

    Args:
        steps: Batches until the rate is zero.

    Returns:
        Tiles, uint8 (batch, TILE, TILE, 1), to float32 (batch, 4): probabilities of 0, 1, 2, 3 quarter turns
        counterclockwise.
    """
    tile = keras.Input((TILE, TILE, 1), dtype="uint8", name="tile")
    x = _convolution(layers.Rescaling(1 / 128)(tile), STEM, stride=2, size=5)
    for filters in FILTERS:
        x = _convolution(x, filters, stride=2)
        x = layers.Add()([x, _convolution(x, filters)])
    x = layers.Dropout(DROPOUT, seed=SEED)(layers.GlobalAveragePooling2D()(x))
    scores = layers.Dense(4, activation="softmax", dtype="float32", name="scores")(x)
    model = keras.Model(tile, scores, name="orientation")
    optimizer = keras.optimizers.AdamW(
        rising_and_falling(RATE, steps), weight_decay=WEIGHT_DECAY, global_clipnorm=5.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(train_dir: str, job: Job, changes: Changes) -> dict[str, float]:
    """Renders pages, trains, or goes on where a killed run stopped; `model.train` calls it.

    Args:
        train_dir: Folder of `pages.json`, `crops.csv` and the images they name.
        job: Where checkpoints, the log and `orientation.keras` go.
        changes: What to do otherwise than this recipe says.

    Returns:
        `loss` and `accuracy` of the last epoch, of single tiles.

    Raises:
        WrongTrainingData: there are no labelled pages.
        WrongStart: the network to go on from is another one.
    """
    count = RENDERED if changes.rendered is None else changes.rendered
    assets, examples = training_pages(labelled_folder(train_dir, job.cache), job.cache, count, OTHER_SCRIPTS)
    keras.utils.set_random_seed(SEED)
    epochs, steps = changes.epochs or EPOCHS, changes.steps or STEPS
    batches = TileBatches(assets, examples, SHARES, size=PAGES, steps=steps, seed=SEED, restaged=0.0)
    start = changes.start_from
    return fit_and_keep("orientation", network, batches, job, epochs=epochs, patience=PATIENCE, start=start)


def _convolution(x: Tensor, filters: int, stride: int = 1, size: int = 3) -> Tensor:
    return layers.Conv2D(
        filters, size, stride, padding="same", activation="relu", kernel_initializer="he_normal"
    )(x)
