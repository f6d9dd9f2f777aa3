"""Batches of crops that a crop network learns from, drawn from pools."""

import numpy as np
from numpy.typing import NDArray

from model.pools import Pool
from model.seeded_batches import SeededBatches


class CropBatches(SeededBatches):
    """Batches of crops for `fit`, other ones each epoch, the same for the same seed."""

    def __init__(self, pools: list[Pool], *, size: int, steps: int, seed: int, epoch: int = 0) -> None:
        """Groups the crops of each pool by label.

        Args:
            pools: Where the crops come from; within a pool every label is drawn as often as any other.
            size: Crops in a batch.
            steps: Batches in an epoch.
            seed: Seed of everything drawn.
            epoch: The epoch to begin with.
        """
        super().__init__(size=size, steps=steps, seed=seed, epoch=epoch)
        self.parts: list[tuple[Pool, NDArray[np.int64]]] = []
        shares = []
        for pool in pools:
            present = np.unique(pool.labels)
            self.parts += [(pool, np.flatnonzero(pool.labels == label)) for label in present]
            shares += [pool.share / len(present)] * len(present)
        self.shares = np.array(shares) / sum(shares)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Batch number `index` of this epoch: ink, (size, HEIGHT, WIDTH, 1), 255 darkest; labels, (size,)."""
        random = self.random(index)
        drawn = random.choice(len(self.parts), self.size, p=self.shares)
        images = np.empty((self.size, *self.parts[0][0].images.shape[1:]), np.uint8)
        labels = np.empty(self.size, np.float32)
        for number in np.unique(drawn):
            pool, members = self.parts[number]
            places = np.flatnonzero(drawn == number)
            chosen = random.choice(members, len(places))
            images[places], labels[places] = pool.images[chosen], pool.labels[chosen]
        return images[..., np.newaxis], labels
