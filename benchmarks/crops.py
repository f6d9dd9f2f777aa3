"""Labelled crops as people may cut and scan them otherwise."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.arrays import Pixels
from benchmarks.scans import UNDEREXPOSED
from benchmarks.scribbles import scribbled_crop
from model.labels import LabelledCrop

OF_PRINT: Final = 5
"""Of the crops of print every so manieth is taken: there are three times as many as of signatures."""

FRAME: Final = 0.2
"""Space between a crop and the frame about it, as a share of the crop's height."""

LINE: Final = 0.006
"""Width of a frame's line, as a share of the crop's width."""

FINER: Final = 4
"""How many times as many pixels a crop has that was scanned finely or photographed nearby."""

PAPER: Final = 1.5
"""Paper on each side of a crop that was cut loosely, as a share of the crop's size."""

GRAIN: Final = 8
"""Standard deviation of a sensor's grain in the dark, in grey levels."""


def cut_otherwise(crops: Sequence[LabelledCrop], folder: Path) -> dict[str, list[LabelledCrop]]:
    """Crops in a frame, with more pixels, grainy, too dark, on their side, loose; and scribbles.

    Args:
        crops: As they are.
        folder: Where the others are written to.

    Returns:
        One of each crop but for most of print, by kind: `framed`, `fine`, `grainy`, `dark`, `sideways`,
        `loose` with much paper around them; `scribbled`, drawn instead of each signature.
    """
    print_ = [crop for crop in crops if crop.label == "text"]
    chosen = [crop for crop in crops if crop.label != "text"] + print_[::OF_PRINT]
    made: defaultdict[str, list[LabelledCrop]] = defaultdict(list)
    for number, crop in enumerate(chosen):
        grey = np.asarray(cv2.imread(str(crop.path), cv2.IMREAD_GRAYSCALE), np.uint8)
        random = np.random.default_rng([3, number])
        kinds = [*_kinds(grey, random)]
        if crop.label == "signature":
            kinds.append(("scribbled", scribbled_crop(grey, random)))
        for kind, pixels in kinds:
            path = folder / f"{kind}-crop-{number}.png"
            cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            made[kind].append(replace(crop, path=path))
    return dict(made)


def _kinds(crop: Pixels, random: np.random.Generator) -> Iterator[tuple[str, Pixels]]:
    yield "framed", _framed(crop)
    finer = cv2.resize(crop, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    yield "fine", np.asarray(finer, np.uint8)
    yield "grainy", np.asarray(np.clip(crop + random.normal(0, GRAIN, crop.shape), 0, 255), np.uint8)
    yield "dark", np.asarray(crop * UNDEREXPOSED, np.uint8)
    yield "sideways", np.rot90(crop, int(random.choice([1, 3])))
    down, across = (round(PAPER * side) for side in crop.shape)
    yield "loose", np.pad(crop, ((down, down), (across, across)), constant_values=_paper(crop))


def _framed(crop: Pixels) -> Pixels:
    """The crop as it stands in a form's field: some paper about it, and a line about that."""
    space, line = round(FRAME * crop.shape[0]), max(1, round(LINE * crop.shape[1]))
    paper = _paper(crop)
    for wide, tone in ((space, paper), (line, 50), (line, paper)):
        crop = np.pad(crop, wide, constant_values=tone)
    return crop


def _paper(crop: Pixels) -> int:
    return int(np.quantile(crop, 0.7))
