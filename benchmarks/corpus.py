"""Files to time the pipeline with: scanned letters, and rendered A4 pages at 300 dpi."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.figures import DATA
from results.values import Arrival

A4_LONG_SIDE = 3508
"""Pixels of A4 at 300 dpi."""


def letters() -> list[Path]:
    """The scanned letters of the validation data, 1275 x 1650; empty where the data are absent."""
    return sorted((DATA / "validate" / "pages" / "letters").glob("*.png"))


def rendered(folder: Path, pages: int, seed: int = 0) -> list[Path]:
    """Renders pages and writes each as JPEG, as PNG and as 1-bit G4 TIFF.

    Args:
        folder: Where to.
        pages: How many.
        seed: They follow from it.

    Returns:
        Three paths a page.
    """
    from model.render.assets import Assets
    from model.render.pages import render_page

    rng, assets = np.random.default_rng(seed), Assets.load()
    paths = []
    for number in range(pages):
        page = render_page(rng, assets, long_side=A4_LONG_SIDE, kind="letter", way="scan").image
        image = Image.fromarray(page)
        paths += [folder / f"page{number}.{suffix}" for suffix in ("jpg", "png", "tif")]
        image.convert("RGB").save(paths[-3], quality=85, dpi=(300, 300))
        image.save(paths[-2], dpi=(300, 300))
        image.point(lambda grey: 255 * (grey > 160)).convert("1").save(
            paths[-1], compression="group4", dpi=(300, 300)
        )
    return paths


def repeated(files: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Hard links to the files, over and over, so that each of them is a document of its own.

    Args:
        files: What to link to.
        folder: Where to, on the same file system as the files, or else they are copied.
        count: How many links.

    Returns:
        Their paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for number in range(count):
        original = files[number % len(files)]
        link = folder / f"{number:06}{original.suffix}"
        try:
            os.link(original, link)
        except OSError:
            link.write_bytes(original.read_bytes())
        links.append(link)
    return links


def arrival(path: Path) -> Arrival:
    """A file as the folder source notices it."""
    stat = path.stat()
    return Arrival(path.as_uri(), f"{stat.st_size}-{stat.st_mtime_ns}", "benchmark", None, stat.st_size)
