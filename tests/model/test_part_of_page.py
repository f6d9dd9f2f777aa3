"""Parts cut out of pages are judged as if they lay on whole ones."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from model.detector import Detector
from model.evaluate import overlap_matrix
from model.part_of_page import LARGER, on_a_page
from model.proposer import canvas
from model.second_look import SIGNED, corrected
from model.sheet import Sheet
from model.threads import Threads
from model.values import PAGE_LONG_SIDE

PARTS = ((0.4, 0.3), (0.5, 0.3), (0.5, 0.25))
"""Shares of a page's width and height."""


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load(engine="openvino", threads=1)


def _box(detector: Detector, page: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Box of the likeliest signature in pixels, (4,), of no size if the page is not flagged."""
    (found,) = detector.detect([page])
    if found[0].score < detector.release.threshold:
        return np.zeros(4)
    box = found[0].box
    return np.asarray(np.array([box.x0, box.y0, box.x1, box.y1]) * np.tile(page.shape[::-1], 2))


def test_a_part_lies_in_the_middle_of_a_page_of_its_paper() -> None:
    part = np.full((90, 200), 210, np.uint8)
    part[40:50, 80:120] = 0
    whole = on_a_page(part)
    assert whole is not None
    height, width = whole.pixels.shape
    left, top = (width - 200) // 2, (height - 90) // 2
    assert width == LARGER * 200
    assert height > width
    assert (whole.pixels[top : top + 90, left : left + 200] == part).all()
    assert np.count_nonzero(whole.pixels != 210) == 400
    assert whole.in_picture((left + 80, top + 40, left + 120, top + 50)) == (80, 40, 120, 50)


def test_a_large_part_is_reduced_until_its_page_is_as_large_as_pages_are() -> None:
    part = np.full((500, 3000), 255, np.uint8)
    part[200:300, 900:1500] = 0
    whole = on_a_page(part)
    assert whole is not None
    assert max(whole.pixels.shape) == pytest.approx(PAGE_LONG_SIDE, abs=2)
    rows, columns = np.nonzero(whole.pixels < 128)
    box = float(columns.min()), float(rows.min()), columns.max() + 1.0, rows.max() + 1.0
    assert whole.in_picture(box) == pytest.approx((900, 200, 1500, 300), abs=1 / whole.scale)


def test_an_upright_page_is_no_part() -> None:
    assert on_a_page(np.full((1100, 850), 255, np.uint8)) is None


def test_a_signature_is_found_on_the_part_of_a_page_that_is_signed(
    detector: Detector, letters: list[NDArray[np.uint8]]
) -> None:
    overlaps = []
    for letter, share in product(letters, PARTS):
        box = _box(detector, letter)
        size = np.maximum(np.array(share) * letter.shape[::-1], 1.2 * (box[2:] - box[:2]))
        corner = np.clip((box[:2] + box[2:] - size) / 2, 0, letter.shape[::-1] - size).astype(int)
        (left, top), (wide, high) = corner, size.astype(int)
        part = np.ascontiguousarray(letter[top : top + high, left : left + wide])
        found = _box(detector, part) + np.tile(corner, 2)
        overlaps.append(overlap_matrix(found[np.newaxis], box[np.newaxis])[0, 0])
    assert np.mean(np.array(overlaps) > 0.2) > 0.8


def test_what_may_be_a_landscape_page_counts_only_where_it_is_sure(letters: list[NDArray[np.uint8]]) -> None:
    parts = [letters[0], np.ascontiguousarray(letters[1][: letters[1].shape[1] // 2])]
    sheets = [Sheet(part, 0, 0) for part in parts]
    again = corrected(sheets, dict(enumerate(map(canvas, parts))), None, Threads(1))
    assert [(index, page.least) for index, page in again] == [(1, SIGNED)]
    page = again[0][1]
    (height, width), (high, wide) = page.pixels.shape, parts[1].shape
    scale = page.sheet.scale
    left, top = (width - scale * wide) / 2, (height - scale * high) / 2
    in_the_middle = left, top, width - left, height - top
    assert page.as_scanned(in_the_middle) == pytest.approx((0, 0, wide, high), abs=1 / scale)
