"""Pools of training crops and how a recipe draws from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.tensors import Batches, Network, Tensor

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Ink, shape (n, HEIGHT, WIDTH), and labels, shape (n,)."""


@dataclass(frozen=True)
class Pool:
    """Crops of one origin, drawn from in one proportion."""

    name: str
    images: NDArray[np.uint8]
    """Ink, shape (n, HEIGHT, WIDTH)."""
    labels: NDArray[np.int64]
    """Shape (n,)."""
    share: float = 1.0
    """Share of each batch drawn from this pool, against the other pools' shares."""


def stream(pools: list[Pool], *, batch: int, augment: Network, seed: int) -> Batches:
    """An endless `tf.data.Dataset` of augmented training batches.

    Args:
        pools: Where the crops come from; within a pool every label is drawn as often as any other.
        batch: Crops a batch.
        augment: Keras layer over ink in [0, 1], or None.
        seed: Seed of order and choice; the same seed gives the same batches.

    Returns:
        Batches of (ink float32 (batch, HEIGHT, WIDTH, 1) in [0, 1], labels (batch,)).
    """
    import tensorflow as tf

    parts, weights = [], []
    for pool in pools:
        present = np.unique(pool.labels)
        for label in present:
            images = pool.images[pool.labels == label]
            part = tf.data.Dataset.from_tensor_slices((images, np.full(len(images), label, np.float32)))
            parts.append(part.shuffle(len(images), seed=seed).repeat())
            weights.append(pool.share / len(present))
    total = sum(weights)
    mixed = tf.data.Dataset.sample_from_datasets(parts, [weight / total for weight in weights], seed=seed)

    def augmented(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        ink = _as_ink(images)
        return (augment(ink, training=True) if augment else ink), labels

    return mixed.batch(batch, drop_remainder=True).map(augmented, tf.data.AUTOTUNE).prefetch(4)


def fixed(images: NDArray[np.uint8], labels: NDArray[np.int64], *, batch: int) -> Batches:
    """A `tf.data.Dataset` of one pass over crops as they are, for measuring.

    Args:
        images: Ink, shape (n, HEIGHT, WIDTH).
        labels: Shape (n,).
        batch: Crops a batch.

    Returns:
        Batches in the given order, as `stream` gives them.
    """
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((images, labels.astype(np.float32)))
    return pairs.batch(batch).map(lambda image, label: (_as_ink(image), label)).prefetch(2)


def _as_ink(images: Tensor) -> Tensor:
    import tensorflow as tf

    return tf.cast(images, tf.float32)[..., tf.newaxis] / 255
