"""Frames of fields and edges of scans are no ink of the crop inside of them."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.single_crop import SingleCrop, single_crop

HEIGHT, WIDTH = 220, 480
INK = (60, 42, 413, 179)
"""Box of what `_signed` draws."""


def _signed() -> NDArray[np.uint8]:
    crop = np.full((HEIGHT, WIDTH), 245, np.uint8)
    curve = np.array([(62 + i, round(110 + 66 * np.sin(i / 19))) for i in range(350)], np.int32)
    cv2.polylines(crop, [curve], False, (60,), 3, cv2.LINE_AA)
    return crop


def _found(crop: NDArray[np.uint8]) -> SingleCrop:
    found = single_crop(crop)
    assert found is not None
    assert np.allclose(found.ink, INK, atol=4)
    return found


def test_without_a_frame_all_of_a_crop_is_judged() -> None:
    found = _found(_signed())
    assert (found.rows, found.columns) == (slice(0, HEIGHT), slice(0, WIDTH))


@pytest.mark.parametrize("inset", [0, 1, 12, 30])
@pytest.mark.parametrize("thick", [1, 3, 8])
def test_a_frame_is_left_out_at_any_distance_from_the_ends(inset: int, thick: int) -> None:
    crop = _signed()
    corners = (inset, inset), (WIDTH - 1 - inset, HEIGHT - 1 - inset)
    cv2.rectangle(crop, *corners, (40,), thick)
    found = _found(crop)
    assert crop[found.rows, found.columns].min() >= 55
    assert found.rows.stop - found.rows.start > HEIGHT - 2 * (inset + thick) - 12


def test_a_frame_in_a_frame_is_left_out() -> None:
    crop = _signed()
    for inset in (4, 12):
        cv2.rectangle(crop, (inset, inset), (WIDTH - 1 - inset, HEIGHT - 1 - inset), (40,), 2)
    assert _found(crop).rows.start > 12


@pytest.mark.parametrize("turns", range(4))
def test_the_edge_of_a_scan_is_left_out_on_any_side(turns: int) -> None:
    crop = np.rot90(_signed(), -turns).copy()
    crop[:, -5:] = 20
    found = single_crop(crop)
    assert found is not None
    kept = np.zeros(crop.shape, bool)
    kept[found.rows, found.columns] = True
    assert not kept[:, -5:].any()
    assert kept[:, :-10].all()


def test_a_slightly_slanting_frame_is_left_out() -> None:
    crop = _signed()
    cv2.line(crop, (0, 4), (WIDTH, 9), (40,), 3)
    assert 8 <= _found(crop).rows.start <= 16


def test_the_rule_below_a_signature_that_crosses_it_is_kept() -> None:
    crop = _signed()
    cv2.line(crop, (0, 140), (WIDTH, 140), (60,), 2)
    found = single_crop(crop)
    assert found is not None
    assert found.rows == slice(0, HEIGHT)


def test_a_short_stroke_along_an_end_is_kept() -> None:
    crop = _signed()
    cv2.line(crop, (100, 190), (300, 190), (60,), 3)
    found = single_crop(crop)
    assert found is not None
    assert found.rows == slice(0, HEIGHT)


def test_an_empty_field_is_no_crop() -> None:
    field = np.full((HEIGHT, WIDTH), 245, np.uint8)
    cv2.rectangle(field, (4, 4), (WIDTH - 5, HEIGHT - 5), (40,), 2)
    assert single_crop(field) is None


def test_the_grain_of_blank_paper_inside_a_frame_is_no_crop() -> None:
    grain = np.random.default_rng(1).normal(235, 1.5, (800, 600))
    page = np.asarray(np.clip(grain, 0, 255), np.uint8)
    page[:, :9] = page[:, -9:] = 30
    assert single_crop(page) is None


@pytest.mark.parametrize("size", [(1, 200), (3, 200), (5, 5), (200, 2), (70, 70), (130, 66)])
def test_stripes_of_any_kind_leave_nothing_or_a_part(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    for share in np.linspace(0, 1, 40):
        crop = np.full(size, 255, np.uint8)
        crop[rng.random(size[0]) < share] = 0
        crop[:, rng.random(size[1]) < share] = 255 * int(rng.integers(2))
        found = single_crop(crop)
        if found is not None:
            x0, y0, x1, y1 = found.ink
            assert 0 <= x0 < x1 <= size[1]
            assert 0 <= y0 < y1 <= size[0]
            assert crop[found.rows, found.columns].size
