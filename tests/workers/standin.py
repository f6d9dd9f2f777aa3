"""A detector that stands in for the model: fast, and predictable from the page alone."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.values import Box, Signature
from results.settings import Settings

THRESHOLD = 0.5


@dataclass(frozen=True)
class StandInRelease:
    """A release as `workers.detector.Release` describes it."""

    name: str = "stand-in"
    version: str = "1"
    content_sha256: str = "0" * 64
    threshold: float = THRESHOLD
    metrics: dict[str, float] = field(default_factory=dict)


class StandIn:
    """Finds one signature on every page, whose score is the page's mean darkness."""

    def __init__(self, seconds: float = 0.0) -> None:
        """Takes the seconds that a call should last."""
        self.release = StandInRelease()
        self.calls: list[int] = []
        self._seconds = seconds

    def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
        """One signature a page."""
        self.calls.append(len(pages))
        time.sleep(self._seconds)
        return [[Signature(Box(0.1, 0.2, 0.3, 0.4), darkness(page))] for page in pages]


def darkness(page: NDArray[np.uint8]) -> float:
    """How dark a page is, in [0, 1]."""
    return round(1 - float(page.mean()) / 255, 4)


def load_stand_in(settings: Settings, threads: int) -> StandIn:
    """Loads it, as `workers.process.load_detector` loads the model."""
    return StandIn()
