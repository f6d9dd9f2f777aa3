"""What a detector makes of pages, for tests of pages that were scanned badly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.detector import Detector


def flagged(pages: Sequence[NDArray[np.uint8]]) -> int:
    """How many pages the shipped release takes for signed."""
    detector = Detector.load(engine="openvino", threads=1)
    found = ([region.score for region in regions] for regions in detector.detect(pages))
    return sum(max(scores, default=0) >= detector.release.threshold for scores in found)
