"""Paper in a deep shadow is told from what a sheet lies on."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.shadow import out_of_the_shadow, written_around
from model.sheet import Sheet, cut_out

Page = NDArray[np.uint8]


def _half_in_shadow(page: Page) -> Page:
    light = np.ones((page.shape[0], 1), np.float32)
    light[page.shape[0] // 2 :] = 0.25
    return np.asarray(page * cv2.blur(light, (1, 61)), np.uint8)


def _on_bed(page: Page, tone: int, grain: float) -> Page:
    height, width = page.shape
    bed = np.random.default_rng(4).normal(tone, grain, (height * 4 // 3, width * 4 // 3))
    bed[height // 6 : height // 6 + height, width // 6 : width // 6 + width] = page
    return np.asarray(np.clip(bed, 0, 255), np.uint8)


def _written() -> Page:
    """A page of print, light all over."""
    page = np.full((1100, 850), 245, np.uint8)
    for y in range(120, 1000, 40):
        cv2.putText(page, "all goods remain property of the seller", (60, y), 0, 1, (20,), 2)
    return page


def test_the_half_of_a_page_that_is_in_a_shadow_is_lit_and_put_back() -> None:
    page = _written()
    sheet = cut_out(_half_in_shadow(page))
    assert sheet.pixels.shape[0] < 0.7 * page.shape[0]
    whole = out_of_the_shadow(sheet)
    assert whole is not None
    assert whole.pixels.shape == page.shape
    assert np.median(whole.pixels[-200:]) > 200
    assert whole.in_picture((0, 0, 10, 10)) == (-sheet.left, -sheet.top, 10 - sheet.left, 10 - sheet.top)


def test_a_desk_or_a_lid_is_no_paper_in_a_shadow() -> None:
    for tone, grain in ((0, 0.0), (20, 3.0), (60, 4.0)):
        sheet = cut_out(_on_bed(_written(), tone, grain))
        assert sheet.picture is not None
        assert not written_around(sheet)
        assert out_of_the_shadow(sheet) is None


def test_a_page_that_fills_its_picture_has_no_surroundings() -> None:
    page = _written()
    assert not written_around(Sheet(page, 0, 0))
    assert not written_around(cut_out(page))
