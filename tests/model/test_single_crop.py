"""Cropped words and signatures are told from pages, small scans of forms among them."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.render.assets import Assets
from model.render.crops import Label, render_crop
from model.render.pages import render_page
from model.single_crop import single_crop

EACH = 8


@pytest.mark.parametrize("long_side", [600, 1000])
@pytest.mark.parametrize("kind", ["form", "certificate", "letter", "receipt"])
def test_a_small_scan_of_a_page_is_a_page(assets: Assets, kind: str, long_side: int) -> None:
    pages = [
        render_page(np.random.default_rng([5, i]), assets, kind=kind, long_side=long_side).image
        for i in range(EACH)
    ]
    assert sum(single_crop(page) is None for page in pages) >= EACH - 1


@pytest.mark.parametrize("label", ["signature", "text", "handwriting"])
def test_a_cropped_word_is_a_crop(assets: Assets, label: Label) -> None:
    crops = [render_crop(np.random.default_rng([6, i]), assets, label) for i in range(EACH)]
    assert sum(single_crop(crop) is not None for crop in crops) >= EACH - 1


def _form(words: float) -> NDArray[np.uint8]:
    """Ruled cells, all one connected piece, with words of a height in pixels."""
    page = np.full((1000, 760), 255, np.uint8)
    for y in range(100, 901, 80):
        cv2.line(page, (60, y), (700, y), (0,), 2)
        cv2.putText(page, "name of applicant", (70, y + 30), cv2.FONT_HERSHEY_SIMPLEX, words, (0,), 1)
    for x in (60, 700):
        cv2.line(page, (x, 100), (x, 900), (0,), 2)
    return page


def test_rules_that_join_a_whole_form_do_not_make_it_one_word() -> None:
    assert single_crop(_form(0.5)) is None


def test_words_that_flow_together_with_slanting_rules_do_not_make_a_form_one_word() -> None:
    turn = cv2.getRotationMatrix2D((380, 500), 5, 1)
    assert single_crop(np.asarray(cv2.warpAffine(_form(0.5), turn, (760, 1000), borderValue=(255,)))) is None


def test_a_receipt_of_which_only_the_heading_is_dark_is_a_page() -> None:
    receipt = np.full((1000, 400), 250, np.uint8)
    for y in range(230, 960, 28):
        cv2.putText(receipt, "Bread 1.20", (60, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (150,), 1)
    cv2.putText(receipt, "SHOP", (20, 160), cv2.FONT_HERSHEY_SIMPLEX, 4, (0,), 20)
    assert single_crop(receipt) is None


@pytest.mark.parametrize("scale", [1, 4])
def test_the_box_of_a_crop_is_its_ink(scale: int) -> None:
    crop = np.full((120, 300), 255, np.uint8)
    curve = np.array([(40 + 4 * i, round(60 + 30 * np.sin(i / 3))) for i in range(50)], np.int32)
    cv2.polylines(crop, [curve], False, (0,), 3)
    crop = np.kron(crop, np.ones((scale, scale), np.uint8))
    found = single_crop(crop)
    assert found is not None
    assert np.allclose(np.array(found.ink) / scale, (39, 29, 238, 92), atol=4)


def _wedge(page: NDArray[np.uint8]) -> None:
    cv2.fillPoly(page, [np.array([(0, 0), (600, 0), (0, 30)], np.int32)], (20,))


def _corner(page: NDArray[np.uint8]) -> None:
    cv2.fillPoly(page, [np.array([(0, 0), (70, 0), (0, 70)], np.int32)], (120,))


def _holes(page: NDArray[np.uint8]) -> None:
    for y in (200, 400, 600):
        cv2.circle(page, (30, y), 12, (30,), -1)


def _edge(page: NDArray[np.uint8]) -> None:
    page[:, 590:] = 15


def _staple(page: NDArray[np.uint8]) -> None:
    cv2.line(page, (36, 40), (51, 48), (60,), 3)


@pytest.mark.parametrize("left_by", [_edge, _wedge, _corner, _holes, _staple])
def test_what_scanners_leave_on_a_blank_page_is_no_crop(
    left_by: Callable[[NDArray[np.uint8]], None],
) -> None:
    page = np.full((800, 600), 250, np.uint8)
    left_by(page)
    assert single_crop(page) is None


@pytest.mark.parametrize("label", ["signature", "handwriting"])
@pytest.mark.parametrize("scale", [4, 9])
def test_a_crop_is_one_at_any_resolution(assets: Assets, label: Label, scale: int) -> None:
    small = [render_crop(np.random.default_rng([7, i]), assets, label) for i in range(EACH)]
    large = [cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) for crop in small]
    assert sum(single_crop(np.asarray(crop, np.uint8)) is not None for crop in large) >= EACH - 1


@pytest.mark.parametrize("size", [(500, 700), (1650, 1275), (1275, 1650)])
@pytest.mark.parametrize("label", ["signature", "handwriting"])
def test_a_crop_with_much_paper_around_it_is_cut_to_its_ink(
    assets: Assets, label: Label, size: tuple[int, int]
) -> None:
    height, width = size
    close = 0
    for seed in range(EACH):
        small = render_crop(np.random.default_rng([9, seed]), assets, label)
        scale = min(0.3 * width / small.shape[1], 0.3 * height / small.shape[0])
        crop = np.asarray(cv2.resize(small, None, fx=scale, fy=scale), np.uint8)
        page = np.full(size, np.median(crop), np.uint8)
        top, left = height // 2, width // 3
        page[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
        found = single_crop(page)
        if found:
            assert 0 <= found.rows.start <= found.ink[1] < found.ink[3] <= found.rows.stop <= height
            assert 0 <= found.columns.start <= found.ink[0] < found.ink[2] <= found.columns.stop <= width
            close += page[found.rows, found.columns].size < 3 * crop.size
    assert close >= EACH - 1


def test_a_few_lines_of_print_on_a_page_are_no_crop() -> None:
    page = np.full((1650, 1275), 250, np.uint8)
    for y in range(700, 900, 40):
        cv2.putText(page, "This page is left blank", (300, y), cv2.FONT_HERSHEY_SIMPLEX, 1, (0,), 2)
    assert single_crop(page) is None


def test_grain_does_not_make_a_page_of_a_crop() -> None:
    crop = np.full((240, 480), 225, np.uint8)
    curve = np.array([(40 + i, round(120 + 60 * np.sin(i / 20))) for i in range(400)], np.int32)
    cv2.polylines(crop, [curve], False, (60,), 3)
    grain = np.random.default_rng(8).normal(0, 9, crop.shape)
    assert single_crop(np.asarray(np.clip(crop + grain, 0, 255), np.uint8)) is not None


def test_nothing_at_all_is_no_crop() -> None:
    assert single_crop(np.full((80, 300), 255, np.uint8)) is None
