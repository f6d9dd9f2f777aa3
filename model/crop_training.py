"""How a crop network is trained by its recipe, on any backend of Keras.

A recipe that has a `teacher` can be learnt beside it: both networks see the same crops and learn from the
labels, the recipe's own also from what the wider one makes of them (Hinton et al. 2015, "Distilling the
Knowledge in a Neural Network"). Only the recipe's own network ships.
"""

import sys
from collections.abc import Callable
from types import ModuleType

import keras
import numpy as np

from model import crops
from model.crop_batches import CropBatches
from model.job import Changes, Job
from model.measures import measure
from model.tensors import Network, has_gpu
from model.train import BEST, callbacks, epochs_done, trained_network

PREDICTED_BATCH = 256
"""Crops a batch where nothing is learnt."""


def train_crops(recipe: ModuleType, train_dir: str, job: Job, changes: Changes) -> dict[str, float]:
    """Trains a crop network, or carries on where a killed run stopped.

    Args:
        recipe: The recipe's module.
        train_dir: Training folder, local or `gs://`.
        job: Where it goes: `model.keras`, `teacher.keras` if it learnt beside one, and a SavedModel where
            the backend can write one.
        changes: What to do otherwise than the recipe says.

    Returns:
        The metrics on the held-out split.

    Raises:
        WrongTrainingData: the data cannot make a good model.
        WrongStart: the network to go on from is another one.
    """
    gpu = has_gpu()
    keras.utils.set_random_seed(recipe.SEED)
    extra = {} if changes.rendered is None else {"rendered": changes.rendered}
    pools, held = recipe.examples(train_dir, job.cache, **extra)
    size = recipe.GPU_BATCH if gpu else recipe.BATCH
    epochs, steps = changes.epochs or recipe.EPOCHS, updates_an_epoch(recipe, changes, size)
    keras.mixed_precision.set_global_policy("float32")
    augment = recipe.augmentation() if changes.augmented else None
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if gpu else recipe.CPU_PRECISION)
    dropout = {} if changes.dropout else {"dropout": 0.0}
    network = recipe.network(**dropout)
    if changes.start_from:
        network.set_weights(trained_network(changes.start_from, network).get_weights())
    usual = gpu and not changes.start_from  # a teacher who knows nothing yet would undo what was learnt
    taught = hasattr(recipe, "teacher") and (usual if changes.taught is None else changes.taught)
    learning = learner([network, recipe.teacher(**dropout)] if taught else [network], augment)
    recipe.compile_learner(learning, updates=epochs * steps, size=size)
    images, labels = held[0][..., np.newaxis], held[1]
    learning.fit(
        CropBatches(pools, size=size, steps=steps, seed=recipe.SEED, epoch=epochs_done(job)),
        epochs=epochs,
        shuffle=False,  # the batches are drawn by chance themselves
        validation_data=(images, labels.astype(np.float32)),
        validation_batch_size=PREDICTED_BATCH,
        callbacks=callbacks(job, recipe.PATIENCE, recipe.WATCHED),
        verbose=1 if sys.stdout.isatty() else 2,
    )
    trained = keras.saving.load_model(job.folder / BEST, compile=False)
    keras.mixed_precision.set_global_policy("float32")
    if taught:
        _with_weights_of(trained, recipe.teacher).save(job.folder / "teacher.keras")
    best = _with_weights_of(trained, recipe.network)
    recipe.calibrate(best, held)
    best.save(job.folder / "model.keras")
    if keras.backend.backend() == "tensorflow":
        from model.export import export

        export(best, recipe.p_signature, job.part("model"))
    else:
        print("No SavedModel is written: only the TensorFlow backend can.", file=sys.stderr)
    outputs = best.predict(images / np.float32(255), batch_size=PREDICTED_BATCH, verbose=0)
    return measure(recipe.p_signature(outputs), labels)


def updates_an_epoch(recipe: ModuleType, changes: Changes, size: int) -> int:
    """Batches an epoch: as many crops as the recipe's own batches hold, unless the run changes it.

    Args:
        recipe: The recipe.
        changes: What the run changes.
        size: Crops a batch on this device.

    Returns:
        At least 1.
    """
    return changes.steps or max(1, int(recipe.STEPS) * int(recipe.BATCH) // size)


def learner(networks: list[Network], augment: Network | None) -> Network:
    """One network in which several learn from the same crops, each augmented anew.

    Args:
        networks: From ink (batch, HEIGHT, WIDTH, 1) in [0, 1] to outputs (batch, n).
        augment: Keras layer over ink in [0, 1], or None. A part of the network, so that it is compiled.

    Returns:
        From ink, uint8 (batch, HEIGHT, WIDTH, 1), 255 darkest, to the outputs of all, one after another.
    """
    pixels = keras.Input((crops.HEIGHT, crops.WIDTH, 1), dtype="uint8", name="pixels")
    ink = keras.layers.Rescaling(1 / 255, dtype="float32")(pixels)
    if augment is not None:
        ink = augment(ink)
    outputs = [network(ink) for network in networks]
    joined = keras.layers.Concatenate(dtype="float32")(outputs) if len(outputs) > 1 else outputs[0]
    return keras.Model(pixels, joined)


def _with_weights_of(trained: Network, make: Callable[[], Network]) -> Network:
    """A new network, in the precision that is set, with the weights of the learner's part of its name."""
    network = make()
    network.set_weights(trained.get_layer(network.name).get_weights())
    return network
