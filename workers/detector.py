"""What a worker needs of a detector: `model.detector.Detector` has it, and so has a stand-in."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.values import Signature


class Release(Protocol):
    """The model release that verdicts point to; `model.release.Release` is one."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def version(self) -> str:
        """Of the weights."""

    @property
    def content_sha256(self) -> str:
        """One hash over all its files."""

    @property
    def threshold(self) -> float:
        """Score from which a region is a signature."""

    @property
    def metrics(self) -> dict[str, float]:
        """What was measured before it was released."""


class Detector(Protocol):
    """What judges pages: `model.detector.Detector`, or a stand-in where a benchmark measures all the rest."""

    @property
    def release(self) -> Release:
        """The release it runs."""

    def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
        """Finds the signatures on each page, grey uint8 (height, width)."""
