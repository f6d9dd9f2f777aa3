"""Makes scores mean what they say, and chooses the threshold of the flag.

    python -m model.calibrate --release DIR --data-dir data --out calibration.json

How much the three networks weigh against each other is fixed: fitted to pages they learnt from, the later
two would weigh too much. Scale and offset of the sum, two numbers, and the threshold are chosen on the
labelled pages and crops of the split `validate`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.detector import Detector
from model.evaluate import LEAST_OVERLAP, overlap_matrix
from model.labels import labelled_crops, labelled_pages
from model.values import PAGE_LONG_SIDE

WEIGHTS: Final = np.array([1.0, 0.3, 0.2])
"""Of the proposer's logit, whose range is narrow, and of the refiner's and the classifier's log odds."""

FLOOR: Final = 0.001
"""Score below which a region is not reported."""

UNLIKELY: Final = -8.0
"""Log odds of a page on which nothing is found."""

BLUR: Final = 6.0
"""Log odds by which scores may differ elsewhere, over the root of the number of cases: 0.5 for 150."""

MOST_HANDWRITING: Final = 0.23
"""Share of handwriting crops that may be taken for signatures, a third of the reference network's: names
written out look like both."""

CUTS: Final = 400
"""Thresholds tried."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Regions of one page: what proposer, refiner and classifier say of each (n, 3), and who is right.

    Attributes:
        says: (n, 3).
        right: (n,).
        signatures: How many the page carries.
    """

    says: NDArray[np.float64]
    right: NDArray[np.bool_]
    signatures: int


def observe(detector: Detector, page: NDArray[np.uint8], truth: NDArray[np.float64]) -> Observed:
    """Looks at a page with all three networks.

    Args:
        detector: Of any calibration.
        page: Grey uint8 (height, width).
        truth: Signature boxes in pixels, (n, 4).
    """
    (regions,) = detector.regions([page])
    boxes = np.array([region.box for region in regions], np.float64).reshape(-1, 4)
    says = [[region.proposed, region.refined, region.classified] for region in regions]
    overlap = overlap_matrix(boxes, truth)
    return Observed(
        np.array(says, np.float64).reshape(-1, 3),
        overlap.max(axis=1, initial=0) >= LEAST_OVERLAP,
        len(truth),
    )


def observed_pages(detector: Detector, data_dir: Path, split: str) -> Iterator[Observed]:
    """Observes the labelled pages of a split."""
    for labelled in labelled_pages(data_dir, split):
        page = _grey(labelled.path)
        # As decoders deliver it.
        scale = min(1.0, PAGE_LONG_SIDE / max(page.shape))
        page = np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        yield observe(detector, page, scale * labelled.signatures)


def observed_crops(
    detector: Detector, data_dir: Path, split: str
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Log odds of the crops of a split that are taken for single crops, and their labels."""
    odds, labels = [], []
    for crop in labelled_crops(data_dir, split):
        (regions,) = detector.regions([_grey(crop.path)])
        if regions and regions[0].alone:
            odds.append(regions[0].classified)
            labels.append(crop.label)
    return np.array(odds), np.array(labels)


def _grey(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def calibrate(chosen: list[Observed], crops: tuple[NDArray[np.float64], NDArray[np.str_]]) -> dict[str, Any]:
    """Fits everything.

    Args:
        chosen: Pages on which scale, offset and threshold are chosen.
        crops: Log odds of single crops, and their labels.

    Returns:
        `threshold`, `floor` and `calibration`, as `model.release.write_release` takes them.
    """
    sums = np.concatenate([page.says for page in chosen]) @ WEIGHTS
    (scale,), offset = _logistic(sums[:, None], np.concatenate([page.right for page in chosen]))
    weights = WEIGHTS * scale
    threshold = page_threshold(chosen, [page.says @ weights + offset for page in chosen])
    crop_scale, crop_offset = _logistic(crops[0][:, None], crops[1] == "signature")
    cut = crop_threshold(crops[0] * crop_scale[0] + crop_offset, crops[1])
    # One threshold serves both: the crops' scores are moved so that their best cut falls on it.
    crop_offset += threshold - cut
    return {
        "threshold": round(float(_sigmoid(np.array(threshold))), 3),
        "floor": FLOOR,
        "calibration": {
            "proposer": round(float(weights[0]), 4),
            "refiner": round(float(weights[1]), 4),
            "classifier": round(float(weights[2]), 4),
            "offset": round(float(offset), 4),
            "crop_classifier": round(float(crop_scale[0]), 4),
            "crop_offset": round(float(crop_offset), 4),
        },
    }


def page_threshold(pages: Sequence[Observed], odds: Sequence[NDArray[np.float64]]) -> float:
    """The threshold with the fewest errors of flags and of boxes, for one serves both.

    Args:
        pages: Pages.
        odds: Log odds of each page's regions.

    Returns:
        Log odds: where the share of signed pages missed, that of unsigned ones flagged and what the boxes' F1
        lacks are least in sum, all blurred as in `crop_threshold`.
    """
    highest = np.array([page.max(initial=UNLIKELY) for page in odds])
    signed = np.array([page.signatures > 0 for page in pages])
    right = np.concatenate([page.right for page in pages])
    cuts = np.linspace(highest.min(), highest.max(), CUTS)
    flagged, boxed = _above(highest, cuts), _above(np.concatenate(odds), cuts)
    signatures = sum(page.signatures for page in pages)
    f1 = 2 * boxed[:, right].sum(axis=1) / (boxed.sum(axis=1) + signatures)
    wrong = 1 - flagged[:, signed].mean(axis=1) + flagged[:, ~signed].mean(axis=1)
    return float(cuts[np.argmin(wrong - f1)])


def crop_threshold(odds: NDArray[np.float64], labels: NDArray[np.str_]) -> float:
    """The threshold with the fewest errors between signatures and print on crops like these, but not these.

    At most MOST_HANDWRITING of the other handwriting lies above it. Each crop is counted as if its log odds
    might as well have come out a little lower or higher, so that the threshold keeps away from many rather
    than hitting a gap between two.

    Args:
        odds: (n,), log odds.
        labels: (n,), see `model.labels.LabelledCrop`.

    Returns:
        Log odds.
    """
    # Up to where even the highest is hardly above, so that one cut at least leaves all handwriting out.
    cuts = np.linspace(odds.min(), odds.max() + 3 * BLUR / np.sqrt(len(odds)), CUTS)
    above = _above(odds, cuts)
    signature, text, handwriting = (labels == name for name in ("signature", "text", "handwriting"))
    wrong = above[:, text].sum(axis=1) - above[:, signature].sum(axis=1)
    too_many = above[:, handwriting].sum(axis=1) > MOST_HANDWRITING * handwriting.sum()
    return float(cuts[np.argmin(np.where(too_many, np.inf, wrong))])


def _above(odds: NDArray[np.float64], cuts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of each of n cases to lie above each of m cuts, (m, n), had it come out as well elsewhere."""
    return _sigmoid((odds - cuts[:, np.newaxis]) * np.sqrt(len(odds)) / BLUR)


def _logistic(says: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=10).fit(says, right)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _sigmoid(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-sums)))


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--release", required=True, help="folder of a release whose calibration does not matter"
    )
    options.add_argument("--data-dir", type=Path, required=True, help="folder of pages.json and crops.csv")
    options.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    given = options.parse_args()
    detector = Detector.load(given.release, engine="openvino")
    chosen = [*observed_pages(detector, given.data_dir, "validate")]
    crops = observed_crops(detector, given.data_dir, "validate")
    description = {**calibrate(chosen, crops), "metrics": {}}
    given.out.write_text(json.dumps(description, indent=2) + "\n", "utf-8")
    print(json.dumps(description))


if __name__ == "__main__":
    main()
