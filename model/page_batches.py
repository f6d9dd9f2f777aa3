"""Batches of pages for `fit`, by threads of the process that learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.page_examples import WIDE_EVERY, Example, Looks
from model.render.assets import Assets
from model.seeded_batches import SeededBatches


class PageBatches(SeededBatches):
    """Batches of varied pages for `fit`, other ones each epoch, the same for the same seed.

    Each batch holds pages of one orientation; sources are drawn by their shares.
    """

    def __init__(
        self,
        assets: Assets,
        rendered: Sequence[Example],
        shares: Mapping[str, float],
        *,
        size: int,
        steps: int,
        seed: int,
        restaged: float,
        epoch: int = 0,
    ) -> None:
        """Groups the pages by source and orientation.

        Args:
            assets: The real pages, and what they are restaged with.
            rendered: Pages of `rendered_examples`.
            shares: Source to its share of the pages drawn.
            size: Pages in a batch.
            steps: Batches in an epoch.
            seed: Seed of everything drawn.
            restaged: Share of looks at real pages that are restaged.
            epoch: The epoch to begin with.
        """
        super().__init__(size=size, steps=steps, seed=seed, epoch=epoch, workers=2)
        self.looks = Looks(assets, rendered, shares, restaged)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Batch number `index` of this epoch: ink (size, height, width, 1) and target maps."""
        # The second is on the landscape canvas: Keras learns from the first two which sides may differ.
        return self.looks.batch(self.random(index), self.size, index % WIDE_EVERY == 1)
