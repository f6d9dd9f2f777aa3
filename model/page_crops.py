"""Crops cut from labelled pages: signatures with their surroundings, print with its logos and rules.

A crop dataset shows words that someone cut out with care; a detector sees what a proposer frames. These
crops look like the second: boxes a little off, text under a signature, letterheads, blocks of several lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.errors import WrongTrainingData
from model.labels import labelled_pages

Box = tuple[float, float, float, float]

LOOSEST: Final = 0.35
"""A framed signature may have this share of its size added on a side."""

TIGHTEST: Final = 0.08
"""Or this share cut off."""

LEAST_INK: Final = 0.02
"""A block with less ink than this is paper."""

PRINT_SOURCES: Final = ("letters_small", "tapuscorpus", "tesseract_test")
"""Sources whose pages have every signature boxed, so that all else on them is not a signature."""


@dataclass(frozen=True)
class PageCrop:
    """One crop cut from a page."""

    pixels: NDArray[np.uint8]
    """Grey, shape (height, width)."""
    label: str
    page: str


def cut(folder: Path, *, seed: int, variants: int = 6, blocks: int = 60) -> Iterator[PageCrop]:
    """Cuts crops from the pages of a training folder.

    Args:
        folder: Folder with `pages.json`, see `model.labels`.
        seed: Seed of the frames.
        variants: Frames drawn around each signature.
        blocks: Blocks of print drawn from each page whose signatures are all known.

    Yields:
        Crops from pages of split `train`, labelled `signature` or `text`.

    Raises:
        WrongTrainingData: a page cannot be read.
    """
    from PIL import Image

    random = np.random.default_rng(seed)
    for page in labelled_pages(folder, "train"):
        name = str(page.path.relative_to(folder))
        try:
            with Image.open(page.path) as image:
                pixels = np.asarray(image.convert("L"))
        except (OSError, ValueError, SyntaxError) as error:
            raise WrongTrainingData(f"the page {name} cannot be read: {error}") from None
        signatures: list[Box] = [(x0, y0, x1, y1) for x0, y0, x1, y1 in page.signatures.tolist()]
        for box in signatures:
            for _ in range(variants):
                yield PageCrop(_slice(pixels, _jittered(box, random)), "signature", name)
        if page.source in PRINT_SOURCES and not page.handwriting:
            for crop in _blocks(pixels, signatures, blocks, random):
                yield PageCrop(crop, "text", name)


def _jittered(box: Box, random: np.random.Generator) -> Box:
    """The box with each side moved in or out on its own."""
    x0, y0, x1, y1 = box
    left, top, right, bottom = random.uniform(-TIGHTEST, LOOSEST, 4)
    width, height = x1 - x0, y1 - y0
    return x0 - left * width, y0 - top * height, x1 + right * width, y1 + bottom * height


def _slice(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The pixels in a box, clipped to the page and never empty."""
    height, width = pixels.shape
    x0, y0 = min(max(0, int(box[0])), width - 1), min(max(0, int(box[1])), height - 1)
    return pixels[y0 : max(y0 + 1, int(box[3])), x0 : max(x0 + 1, int(box[2]))]


def _blocks(
    pixels: NDArray[np.uint8], signatures: list[Box], count: int, random: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """Inked blocks of signature-like sizes that keep clear of every signature."""
    height, width = pixels.shape
    paper = float(np.median(pixels))
    for _ in range(count):
        block_height = height * float(np.exp(random.uniform(np.log(0.012), np.log(0.12))))
        block_width = block_height * float(np.exp(random.uniform(np.log(0.8), np.log(6))))
        x0, y0 = random.uniform(0, max(1, width - block_width)), random.uniform(0, height - block_height)
        box = (x0, y0, x0 + block_width, y0 + block_height)
        crop = _slice(pixels, box)
        if np.mean(crop < paper * 0.75) >= LEAST_INK and not any(_touch(box, other) for other in signatures):
            yield crop


def _touch(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
