"""Crops in, p(signature) out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.crops import HEIGHT, WIDTH, normalise
from model.engine import Network
from model.threads import Threads


class Classifier:
    """Tells signatures from print and from other handwriting."""

    def __init__(self, network: Network, *, threads: int | None = None) -> None:
        """Takes the network in whatever engine runs it.

        Args:
            network: From ink (n, HEIGHT, WIDTH, 1) in [0, 1] to p(signature, text, handwriting), (n, 3).
            threads: Cores that prepare crops for it; None is all.
        """
        self._network = network
        self._threads = Threads(threads)

    def classify(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Judges crops.

        Args:
            crops: Grey, shape (height, width) each, any size, dark ink on light paper.

        Returns:
            p(signature), shape (n,).
        """
        return self.scores(crops)[:, 0]

    def scores(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Judges crops against all labels.

        Args:
            crops: As for `classify`.

        Returns:
            Shape (n, 3): p(signature), p(text), p(handwriting that is not a signature); each row sums to 1.
        """
        if not crops:
            return np.empty((0, 3), np.float32)
        ink = np.empty((len(crops), HEIGHT, WIDTH, 1), np.float32)
        for row, seen in zip(ink, self._threads.map(normalise, crops), strict=True):
            np.divide(seen, np.float32(255), out=row[..., 0])
        return self._network(ink)
