"""Regions in, better boxes and the odds of a signature out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model import scenes
from model.engine import Network
from model.proposer import Region


class Refiner:
    """Looks at proposed regions again, with what stands around them."""

    def __init__(self, network: Network) -> None:
        """Takes the network in whatever engine runs it.

        Args:
            network: From scenes (n, HEIGHT, WIDTH, 2) to odds and moves (n, 5), see `model.recipes.refiner`.
        """
        self._network = network

    def refine(
        self, pages: Sequence[NDArray[np.uint8]], found: Sequence[Sequence[Region]]
    ) -> list[tuple[scenes.Boxes, NDArray[np.float32]]]:
        """Looks at the regions of some pages, all together.

        Args:
            pages: Grey uint8 (height, width) each, ink dark on light.
            found: Regions of each.

        Returns:
            For each page its boxes, (n, 4) in page pixels, sides moved to the ink, and their log odds of a
            signature, (n,).
        """
        boxes = [np.array([region.box for region in regions], np.float64).reshape(-1, 4) for regions in found]
        seen = [scenes.scene(page, box) for page, those in zip(pages, boxes, strict=True) for box in those]
        if not seen:
            return [(those, np.empty(0, np.float32)) for those in boxes]
        says = np.split(self._network(np.stack(seen)), np.cumsum([len(those) for those in boxes])[:-1])
        return [
            (scenes.refined(those, of[:, 1:], page.shape), np.clip(of[:, 0], -scenes.SURE, scenes.SURE))
            for page, those, of in zip(pages, boxes, says, strict=True)
        ]
