"""What tests of the model share: a small training folder that the project draws itself."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.render.assets import Assets
from model.render.crops import render_crop

WRITERS = 6
"""Groups of each label."""


@pytest.fixture(scope="session")
def assets() -> Assets:
    """Fonts and pens, no real ink."""
    return Assets.load()


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
