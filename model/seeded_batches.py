"""What the batches of every recipe have in common: other ones each epoch, the same for the same seed."""

import keras
import numpy as np


class SeededBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches for `fit`; what is in one follows from the seed, the epoch and its number alone."""

    def __init__(self, *, size: int, steps: int, seed: int, epoch: int = 0, workers: int = 1) -> None:
        """Keeps what the numbers are drawn from.

        Args:
            size: Examples in a batch.
            steps: Batches in an epoch.
            seed: Seed of everything drawn.
            epoch: The epoch to begin with.
            workers: Threads that draw.
        """
        super().__init__(workers=workers, use_multiprocessing=False, max_queue_size=12)
        self.size, self.steps, self.seed, self.epoch = size, steps, seed, epoch

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.steps

    def on_epoch_end(self) -> None:
        """Draws anew."""
        self.epoch += 1

    def random(self, index: int) -> np.random.Generator:
        """Source of chance for batch number `index` of this epoch."""
        return np.random.default_rng((self.seed, self.epoch, index))
