"""Pools of training crops; `model.crop_batches` draws from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
