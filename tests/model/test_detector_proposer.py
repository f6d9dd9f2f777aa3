"""From a page to the canvas and from maps back to the page."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model import proposer


def _maps(shape: tuple[int, int], row: int, column: int, sides: tuple[float, ...]) -> np.ndarray:
    maps = np.full((shape[0] // proposer.STRIDE, shape[1] // proposer.STRIDE, 6), -9, np.float32)
    maps[..., 2:] = 0
    maps[row, column, 0] = 3
    near = np.s_[row - 1 : row + 2, column - 2 : column + 3]
    y, x = np.mgrid[-1:2, -2:3]
    left, top, right, bottom = sides
    maps[near][..., 2:] = np.log(np.stack([left + x, top + y, right - x, bottom - y], axis=-1))
    return maps


@pytest.mark.parametrize(("height", "width"), [(1664, 1286), (1286, 1664), (637, 480), (300, 700)])
def test_a_region_comes_back_in_page_pixels(height: int, width: int) -> None:
    seen = proposer.canvas(np.full((height, width), 255, np.uint8))
    maps = _maps(seen.ink.shape, 20, 30, (8, 3, 8, 3))
    (region,) = proposer.regions(maps, seen, (height, width), -4)
    cells = np.array([30.5 - 8, 20.5 - 3, 30.5 + 8, 20.5 + 3]) * proposer.STRIDE
    wanted = cells / [seen.scale_x, seen.scale_y, seen.scale_x, seen.scale_y]
    assert region.box == pytest.approx(np.clip(wanted, 0, [width, height, width, height]), abs=1)
    assert region.logit == 3


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_any_page_fits_its_canvas(height: int, width: int) -> None:
    seen = proposer.canvas(np.full((height, width), 200, np.uint8))
    assert seen.ink.shape == (proposer.PORTRAIT if height >= width else proposer.LANDSCAPE)
    assert round(height * seen.scale_y) <= seen.ink.shape[0]
    assert round(width * seen.scale_x) <= seen.ink.shape[1]
    assert not seen.ink.any()


@pytest.mark.parametrize("shape", [(1650, 1275), (1664, 1281), (1655, 1280), (1664, 1280), (1400, 1080)])
def test_a_page_keeps_its_ink_where_it_is_however_it_is_brought_to_size(shape: tuple[int, int]) -> None:
    """Against areas averaged exactly, which takes ten times as long."""
    random = np.random.default_rng(1)
    page = cv2.GaussianBlur(random.integers(0, 256, shape).astype(np.uint8), (0, 0), 4)
    page = cv2.normalize(page, None, 0, 255, cv2.NORM_MINMAX)
    seen = proposer.resized(page, 828, 640).astype(np.float64)
    exact = cv2.resize(page, (640, 828), interpolation=cv2.INTER_AREA)
    assert np.abs(seen - exact).mean() < 3
    assert np.abs(seen - exact).max() < 25


def test_overlapping_regions_leave_the_likelier_one() -> None:
    shape = proposer.PORTRAIT
    seen = proposer.canvas(np.full(shape, 255, np.uint8))
    maps = np.maximum(_maps(shape, 20, 30, (8, 3, 8, 3)), _maps(shape, 20, 34, (12, 3, 4, 3)))
    maps[20, 34, 0] = 2
    assert [region.logit for region in proposer.regions(maps, seen, shape, -4)] == [3]


def test_a_region_in_the_corner_of_the_page_is_read_from_the_cells_there() -> None:
    seen = proposer.canvas(np.full(proposer.PORTRAIT, 255, np.uint8))
    maps = np.full(
        (proposer.PORTRAIT[0] // proposer.STRIDE, proposer.PORTRAIT[1] // proposer.STRIDE, 6), -9.0
    )
    maps[..., 2:] = np.log(0.5)
    maps[0, 0] = (3, -9, *np.log([0.5, 0.5, 11.5, 3.5]))
    (region,) = proposer.regions(maps.astype(np.float32), seen, proposer.PORTRAIT, -4)
    assert region.box == pytest.approx((0, 0, 12 * proposer.STRIDE, 4 * proposer.STRIDE), abs=0.1)


def test_a_region_within_a_region_is_no_signature_of_its_own() -> None:
    shape = proposer.PORTRAIT
    seen = proposer.canvas(np.full(shape, 255, np.uint8))
    others = np.array([[250, 130, 380, 200.0], [310, 130, 440, 200.0]])
    part_and_neighbour = proposer.clashes(np.array([100, 100, 400, 220.0]), others)
    assert part_and_neighbour.tolist() == [True, False]
    maps = np.maximum(_maps(shape, 20, 30, (20, 8, 20, 8)), _maps(shape, 20, 44, (4, 3, 4, 3)))
    maps[20, 44, 0] = 2
    assert [region.logit for region in proposer.regions(maps, seen, shape, -4)] == [3]


def test_a_dark_page_is_turned_to_dark_on_light() -> None:
    page = np.zeros((100, 80), np.uint8)
    page[40:60, 20:60] = 255
    assert proposer.upright_ink(page)[0, 0] == 255
    assert proposer.upright_ink(255 - page)[0, 0] == 255


@pytest.mark.parametrize("light", [0.35, 0.2])
def test_an_underexposed_page_stays_dark_on_light(letters: list[NDArray[np.uint8]], light: float) -> None:
    for page in letters:
        dark, negative = (np.asarray(one * light, np.uint8) for one in (page, 255 - page))
        assert proposer.upright_ink(dark) is dark
        assert np.array_equal(proposer.upright_ink(negative), 255 - negative)
