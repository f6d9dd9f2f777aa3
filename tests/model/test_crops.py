"""What the crop networks see does not depend on how fast it is computed."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from model import crops
from model.crops import normalise
from model.ranks import ranked
from model.render.assets import Assets
from model.render.crops import Label, render_crop

Crop = NDArray[np.uint8]

SAMPLES = Path(__file__).parents[2] / "samples"
WINDOW = (crops.PAPER_WINDOW, crops.PAPER_WINDOW)


def plainly_normalised(crop: Crop) -> Crop:
    """The definition, step by step and with no regard for time; networks were trained on what it gives."""
    image = _resized(crop, min(1.0, crops.WORKING_SIDE / max(crop.shape)))
    brightest = cv2.dilate(image, np.ones(WINDOW, np.uint8))
    paper = _sums(brightest) / _sums(np.ones_like(image))
    ink = np.clip(1 - image / np.maximum(paper, 1), 0, 1)
    ordered = np.sort(ink, axis=None)
    darkest = max(float(ordered[ink.size - 1 - ink.size // 100]), crops.LEAST_CONTRAST)
    grain = min(2 * float(ordered[ink.size // 2]), crops.MOST_GRAIN * darkest)
    ink = np.clip((ink - grain) / (darkest - grain), 0, 1)
    return _plainly_placed(np.where(ink < crops.NOISE, 0, ink).astype(np.float32))


def _sums(image: NDArray[np.generic]) -> NDArray[np.float32]:
    edge = cv2.BORDER_CONSTANT
    return np.asarray(cv2.boxFilter(image, cv2.CV_32F, WINDOW, normalize=False, borderType=edge), np.float32)


def _plainly_placed(ink: NDArray[np.float32]) -> Crop:
    canvas = np.zeros((crops.HEIGHT, crops.WIDTH), np.uint8)
    if not ink.any():
        return canvas
    (top, bottom), (left, right) = (_extent(ink.sum(axis=axis)) for axis in (1, 0))
    room = crops.HEIGHT - 2 * crops.MARGIN, crops.WIDTH - 2 * crops.MARGIN
    placed = _resized(ink[top:bottom, left:right], min(room[0] / (bottom - top), room[1] / (right - left)))
    y, x = (crops.HEIGHT - placed.shape[0]) // 2, (crops.WIDTH - placed.shape[1]) // 2
    canvas[y : y + placed.shape[0], x : x + placed.shape[1]] = np.rint(placed * 255)
    return canvas


def _extent(profile: NDArray[np.float32]) -> tuple[int, int]:
    mass = np.cumsum(profile, dtype=np.float64)
    first = int(np.searchsorted(mass, mass[-1] * crops.INK_TRIM, side="right"))
    last = int(np.searchsorted(mass, mass[-1] * (1 - crops.INK_TRIM), side="left"))
    return first, max(first, last) + 1


def _resized(image: NDArray[np.generic], scale: float) -> NDArray[np.generic]:
    size = [max(1, round(side * scale)) for side in image.shape[::-1]]
    return np.asarray(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    )


def _close(crop: Crop) -> bool:
    """Equal but for one grey level in a few pixels: machines differ in the last digit of a float."""
    difference = np.abs(normalise(crop).astype(int) - plainly_normalised(crop))
    return bool(difference.max() <= 1 and (difference > 0).mean() < 0.01)


@pytest.mark.parametrize("label", ["signature", "text", "handwriting"])
def test_rendered_crops_come_out_as_defined(assets: Assets, label: Label) -> None:
    random = np.random.default_rng(11)
    assert all(_close(render_crop(random, assets, label)) for _ in range(60))


@pytest.mark.parametrize("name", ["letter-signed.png", "memo-photographed-signed.jpg", "cheque-signed.png"])
def test_crops_of_scans_come_out_as_defined(name: str) -> None:
    page = np.asarray(Image.open(SAMPLES / name).convert("L"))
    random = np.random.default_rng(12)
    for _ in range(60):
        height, width = random.integers(8, 300), random.integers(20, 700)
        y, x = (random.integers(0, max(1, side - 8)) for side in page.shape)
        assert _close(page[y : y + height, x : x + width])


@settings(deadline=None)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    greys=st.integers(1, 256),
    ink=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_crop_comes_out_as_defined(height: int, width: int, greys: int, ink: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = 255 - random.integers(0, greys, (height, width), dtype=np.uint8)
    assert _close(np.where(random.random((height, width)) < ink, noise, 255).astype(np.uint8))


@settings(deadline=None)
@given(
    shape=st.tuples(st.integers(1, 256), st.integers(1, 256)),
    steps=st.sampled_from([1, 2, 3, 100, 255, 10**4, 10**7]),
    narrow=st.sampled_from([1.0, 1e-2, 1e-6]),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0, 1),
)
def test_ranks_are_those_of_sorting(
    shape: tuple[int, int], steps: int, narrow: float, seed: int, share: float
) -> None:
    random = np.random.default_rng(seed)
    values = (0.3 + 0.7 * narrow * random.integers(0, steps + 1, shape) / steps).astype(np.float32)
    values[random.random(shape) < share] = 0
    ranks = (0, values.size // 3, values.size // 2, values.size - 1)
    assert ranked(values, ranks) == [float(value) for value in np.sort(values, axis=None)[list(ranks)]]
