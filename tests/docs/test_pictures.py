"""The pictures in the docs show what countersign shows today."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.docs.blocks import PAGES, ROOT
from tests.docs.pictures import NAMES, draw

ALIKE = 12.0
"""Most that two pictures, reduced to 64 x 64 grey pixels, may differ on average, of 255."""


@pytest.mark.timeout(600)
def test_pictures_are_up_to_date(tmp_path: Path) -> None:
    draw(tmp_path)
    for name in NAMES:
        shown, now = (
            Image.open(folder / name).convert("L").resize((64, 64))
            for folder in (ROOT / "docs/images", tmp_path)
        )
        assert ImageStat.Stat(ImageChops.difference(shown, now)).mean[0] < ALIKE, (
            f"run `make docs` for {name}"
        )


def test_every_picture_is_on_a_page() -> None:
    pages = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in NAMES if f"images/{name})" not in pages] == []
