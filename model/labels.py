"""What people say of the images of a data folder: its `pages.json` and its `crops.csv`."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LabelledPage:
    """A page and where its signatures are.

    Attributes:
        path: The image.
        source: Data set it is from.
        label: `signed` or `unsigned`; empty where nobody says.
        handwriting: Whether there is other handwriting on it.
        signatures: float64 (n, 4), boxes x0, y0, x1, y1 in pixels of the stored image.
        ignored: float64 (k, 4), boxes where a detection is neither right nor wrong.
        size: Width and height of the image; 0 where nobody says.
    """

    path: Path
    source: str
    label: str
    handwriting: bool
    signatures: NDArray[np.float64]
    ignored: NDArray[np.float64]
    size: tuple[int, int]


@dataclass(frozen=True)
class LabelledCrop:
    """A crop and what it shows: `signature`, `text` or `handwriting`."""

    path: Path
    source: str
    label: str


def labelled_pages(folder: Path, split: str) -> list[LabelledPage]:
    """The pages of a split, but for those labelled `ambiguous`.

    Args:
        folder: Of `pages.json`: `pages`, each with `path`, `split`, `label`, `source`, `signatures`, and
            where it has them `ignore`, `handwriting`, `width` and `height`.
        split: `train` or `validate`.
    """
    listed = json.loads((folder / "pages.json").read_text("utf-8"))["pages"]
    return [
        LabelledPage(
            folder / page["path"],
            page["source"],
            page["label"],
            bool(page.get("handwriting")),
            _boxes(page["signatures"]),
            _boxes(page.get("ignore", [])),
            (page.get("width", 0), page.get("height", 0)),
        )
        for page in listed
        if page["split"] == split and page["label"] != "ambiguous"
    ]


def labelled_crops(folder: Path, split: str) -> list[LabelledCrop]:
    """The crops of a split.

    Args:
        folder: Of `crops.csv`, with columns `path`, `split`, `label` and `source`.
        split: `train` or `validate`.
    """
    with (folder / "crops.csv").open(newline="", encoding="utf-8") as rows:
        return [
            LabelledCrop(folder / row["path"], row["source"], row["label"])
            for row in csv.DictReader(rows)
            if row["split"] == split
        ]


def _boxes(sides: list[list[float]]) -> NDArray[np.float64]:
    return np.array(sides, np.float64).reshape(-1, 4)
