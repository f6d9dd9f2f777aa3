"""Small documents of every format, some of them broken, quick to judge: for runs of many thousands."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP", "PDF")
BROKEN_SHARE = 0.08


def small_documents(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Writes documents of one to three small pages with scribbles, all different.

    Args:
        folder: Where to.
        count: How many.
        seed: They follow from it.

    Returns:
        Their paths.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        format = FORMATS[number % len(FORMATS)]
        content = _document(rng, format)
        if rng.random() < BROKEN_SHARE:
            content = content[: len(content) // 2]
        path = folder / f"{number:06}.{format.lower()}"
        path.write_bytes(content)
        paths.append(path)
    return paths


def _document(rng: np.random.Generator, format: str) -> bytes:
    several = {"save_all": True, "append_images": [_page(rng) for _ in range(rng.integers(0, 3))]}
    file = io.BytesIO()
    _page(rng).save(file, format, **(several if format in ("TIFF", "PDF") else {}))
    return file.getvalue()


def _page(rng: np.random.Generator) -> Image.Image:
    """A page with a curve across some part of it."""
    raster = np.full((440, 340), 250, np.uint8)
    steps = rng.normal(0, 3, (400, 2)).cumsum(axis=0) + rng.uniform((60, 60), (380, 280))
    rows, columns = np.clip(steps.astype(int), 0, (437, 337)).T
    for shift in range(3):
        raster[rows + shift, columns] = 20
    return Image.fromarray(raster)
