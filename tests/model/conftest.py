"""What tests of the model share: letters and a small training folder that the project draws itself."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.cleaning import cleaned
from model.detector import Detector
from model.lighting import evenly_lit
from model.proposer import canvas
from model.render.assets import Assets
from model.render.crops import render_crop
from model.render.pages import render_page
from model.second_look import SIGNED
from model.sheet import sheet
from model.values import PAGE_LONG_SIDE

WRITERS = 6
"""Groups of each label."""

LETTERS = 8


@pytest.fixture(scope="session")
def assets() -> Assets:
    """Fonts and pens, no real ink."""
    return Assets.load()


@pytest.fixture(scope="session")
def letters(assets: Assets) -> list[NDArray[np.uint8]]:
    """Well scanned letters with a signature that is found for sure, whatever fonts there are to draw them."""
    return [*islice(_letters(assets), LETTERS)]


def _letters(assets: Assets) -> Iterator[NDArray[np.uint8]]:
    detector = Detector.load(engine="openvino", threads=1)
    for number in count():
        drawn = render_page(np.random.default_rng([11, number]), assets, kind="letter", signed=True).image
        scale = min(1.0, PAGE_LONG_SIDE / max(drawn.shape))
        page = np.asarray(cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        as_it_is = evenly_lit(page) is page and cleaned(page, canvas(page).ink) is page
        if as_it_is and sheet(page) is None and np.median(page) > 200:
            (found,) = detector.detect([page])
            if found and found[0].score >= SIGNED:
                yield page


@pytest.fixture(scope="session")
def crop_folder(tmp_path_factory: pytest.TempPathFactory, assets: Assets) -> Path:
    """One folder a label, one folder a writer or page in it, and an unseen set; do not change it."""
    folder = tmp_path_factory.mktemp("crops")
    random = np.random.default_rng(5)
    for label in ("signature", "text", "handwriting"):
        for writer in range(WRITERS):
            for number in range(4):
                _write(folder / label / f"w{writer}" / f"{number}.png", render_crop(random, assets, label))
        for number in range(4):
            _write(folder / "unseen" / label / f"{number}.png", render_crop(random, assets, label))
    return folder


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
