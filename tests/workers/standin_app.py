"""The workers' Celery app with the stand-in detector, one page of which kills its process."""

import os
import signal

import numpy as np
from numpy.typing import NDArray

from model.values import Signature
from results.settings import Settings, settings
from tests.workers.standin import StandIn
from workers.app import make_app

POISON = (13, 17)
"""Shape of a page that kills whoever judges it."""


class Mortal(StandIn):
    """Dies of one page, and takes its time over the others."""

    def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
        """One signature a page, or death."""
        if any(page.shape == POISON for page in pages):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(pages)


def load(given: Settings, threads: int) -> Mortal:
    """Loads it."""
    return Mortal(float(os.environ.get("STAND_IN_SECONDS", "0")))


app = make_app(settings(), load=load)
