"""Crops in, p(signature) out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.crop_turn import levelled
from model.crops import HEIGHT, WIDTH, inked, part_of, place
from model.engine import Network

LABELS: Final = ("signature", "text", "handwriting")
"""What the network tells apart, in the order of its outputs; `handwriting` is that which is no signature."""

LOOKS: Final = (0.0, 11.5, -11.5)
"""Degrees that a crop judged alone is turned by: as far as the network learnt to see crops turned, for looks
err less together the less they are alike. Three make a third fewer errors than one."""

PARTS: Final = ((0.0, 1.0), (0.0, 0.6), (0.4, 1.0))
"""What is looked at of a crop judged alone, as shares of its ink's width: all of it, and more than half from
either end, where the letters of a long name are larger."""

LEAST: Final = 1e-5
"""Probability that no look goes below in the mean: one look alone rules nothing out."""

ALONE: Final = {"signature": 1.0, "text": 1.0, "handwriting": 0.5}
"""What the probability of each label counts in a crop that comes alone: a name written out looks like any
handwriting, and without a page nothing tells them apart; print is told from both."""

TURNED_SIZE: Final = 0.84
"""Size of a turned look, so that its corners stay in the frame."""

CROPS_AT_ONCE: Final = 16
"""Crops that the network takes while the next ones are prepared."""

Share = tuple[float, float]
"""Where a part begins and ends, as shares of the width of a crop's ink."""


class Classifier:
    """Tells signatures from print and from other handwriting."""

    def __init__(self, network: Network) -> None:
        """Takes the network in whatever engine runs it.

        Args:
            network: From ink (n, HEIGHT, WIDTH, 1) in [0, 1] to p(signature, text, handwriting), (n, 3).
        """
        self._network = network
        # One: crops are prepared in so many short steps that two threads would wait for each other all along.
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="classifier")

    def classify(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Judges crops.

        Args:
            crops: Grey, shape (height, width) each, any size, dark ink on light paper.

        Returns:
            p(signature), shape (n,).
        """
        return self.scores(crops)[:, 0]

    def classify_alone(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Judges crops that no page stands around, with several looks at each.

        Args:
            crops: As for `classify`.

        Returns:
            p(signature), shape (n,): the geometric mean of LOOKS at each of PARTS, as a share of all three
            labels' weighed by ALONE; of a crop that was made level, no more than of it as it is.
        """
        if not crops:
            return np.empty(0, np.float32)
        level = [levelled(crop) for crop in crops]
        looks = self._looked_at([*crops, *(crop for ways in level for crop in ways)], PARTS, LOOKS)
        p = _p_signature(looks)
        whole, turned = _p_signature(looks[:, : len(LOOKS)]), iter(p[len(crops) :])
        for index, ways in enumerate(level):
            if ways:  # parts of what is not level are no parts of its line
                p[index] = min(whole[index], max(next(turned) for _ in ways))
        return p[: len(crops)]

    def scores(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Judges crops against all labels.

        Args:
            crops: As for `classify`.

        Returns:
            Shape (n, 3): p(signature), p(text), p(handwriting that is not a signature); each row sums to 1.
        """
        return self._looked_at(crops, PARTS[:1], LOOKS[:1])[:, 0]

    def _looked_at(
        self, crops: Sequence[NDArray[np.uint8]], shares: Sequence[Share], angles: Sequence[float]
    ) -> NDArray[np.float32]:
        """Scores of every part of every crop at every angle, (n, shares times angles, 3)."""
        if not crops:
            return np.empty((0, len(shares) * len(angles), 3), np.float32)
        parts = [crops[start : start + CROPS_AT_ONCE] for start in range(0, len(crops), CROPS_AT_ONCE)]
        prepared = (_prepared(part, shares, angles) for part in parts)
        if len(parts) == 1:
            scores = [self._network(rows) for rows in prepared]
        else:
            running = [self._beside.submit(self._network, rows) for rows in prepared]
            scores = [part.result() for part in running]
        return np.concatenate(scores).reshape(len(crops), len(shares) * len(angles), -1)


def _prepared(
    crops: Sequence[NDArray[np.uint8]], shares: Sequence[Share], angles: Sequence[float]
) -> NDArray[np.float32]:
    placed = (place(part_of(ink, share)) for ink in map(inked, crops) for share in shares)
    return as_input([_turned(part, angle) for part in placed for angle in angles])


def _p_signature(looks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The geometric mean of looks, (n, looks, 3), as a share of all labels' weighed by ALONE, (n,)."""
    mean = np.exp(np.mean(np.log(np.maximum(looks, LEAST)), axis=1))
    return np.asarray(mean[:, 0] / (mean @ [ALONE[label] for label in LABELS]), np.float32)


def as_input(seen: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Crops as the network takes them.

    Args:
        seen: Of `model.crops.normalise`.

    Returns:
        float32 (n, HEIGHT, WIDTH, 1) in [0, 1].
    """
    rows = np.empty((len(seen), HEIGHT, WIDTH, 1), np.float32)
    for row, ink in zip(rows, seen, strict=True):
        np.divide(ink, np.float32(255), out=row[..., 0])
    return rows


def _turned(ink: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    if not degrees:
        return ink
    import cv2

    about = cv2.getRotationMatrix2D(((WIDTH - 1) / 2, (HEIGHT - 1) / 2), degrees, TURNED_SIZE)
    return np.asarray(cv2.warpAffine(ink, about, (WIDTH, HEIGHT)), np.uint8)
