"""Pages that were scanned or photographed askew are judged as straight ones."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.orientation import as_turned
from model.proposer import canvas
from model.second_look import Corrected, corrected
from model.sheet import Sheet
from model.skew import LEAST, SLANTS, as_skewed, skew, straightened
from model.threads import Threads
from tests.model.flagging import flagged

ASKEW = [-24.0, -15.0, 9.0, 18.0]
STEP = SLANTS[1] - SLANTS[0]


def _askew(page: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """The page turned counterclockwise, on a desk."""
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.75)
    return np.asarray(cv2.warpAffine(page, turn, (width, height), borderValue=(70,)), np.uint8)


@pytest.mark.parametrize("degrees", [9.0, 15.0, 24.0, 40.0])
def test_lines_tell_how_far_a_page_is_askew(letters: list[NDArray[np.uint8]], degrees: float) -> None:
    for letter in letters:
        for quarter in (0, 1):
            both = (np.rot90(_askew(letter, by), quarter) for by in (degrees, -degrees))
            left, right = (skew(canvas(np.ascontiguousarray(page)).ink) for page in both)
            # Letters are drawn a degree or two askew themselves.
            assert left - right == pytest.approx(2 * degrees, abs=STEP)
            assert left == pytest.approx(degrees, abs=2 * STEP)


def test_a_page_that_is_straight_or_has_no_lines_stays(letters: list[NDArray[np.uint8]]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1100, 850), dtype=np.uint8)
    bare = [noise, np.full((900, 700), 255, np.uint8), np.zeros((500, 500), np.uint8), noise[:1, :1]]
    assert [skew(canvas(page).ink) for page in [*letters, *bare]] == [0.0] * (len(letters) + len(bare))
    # Letters are drawn a degree or two askew themselves.
    assert [skew(canvas(_askew(letter, LEAST - 2 * STEP)).ink) for letter in letters] == [0.0] * len(letters)


@pytest.mark.parametrize("degrees", ASKEW)
def test_a_box_lies_around_the_pixels_that_it_lay_around(degrees: float) -> None:
    page = np.full((300, 200), 255, np.uint8)
    page[140:160, 60:120] = 0
    straight = straightened(page, degrees)
    rows, columns = np.nonzero(straight < 128)
    box = float(columns.min()), float(rows.min()), columns.max() + 1.0, rows.max() + 1.0
    x0, y0, x1, y1 = as_skewed(box, degrees, page.shape)
    assert x0 <= 61
    assert y0 <= 141
    assert x1 >= 119
    assert y1 >= 159
    back = straightened(straight, -degrees)
    assert cv2.countNonZero((back < 128).astype(np.uint8)) == pytest.approx(20 * 60, rel=0.05)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_box_goes_where_its_pixels_went(turns: int) -> None:
    page = np.zeros((60, 40), np.uint8)
    page[10:25, 4:12] = 1
    scanned = np.rot90(page, turns)
    x0, y0, x1, y1 = (int(side) for side in as_turned((4, 10, 12, 25), turns, page.shape))
    assert scanned[y0:y1, x0:x1].all()
    assert scanned.sum() == (y1 - y0) * (x1 - x0)
    found = Corrected(page, turns, Sheet(scanned, 7, 3), 0.0, (80, 80))
    assert found.as_scanned((4, 10, 12, 25)) == (x0 + 7, y0 + 3, x1 + 7, y1 + 3)


def test_what_lies_upright_is_not_touched(letters: list[NDArray[np.uint8]]) -> None:
    pages = [letters[0], _askew(letters[1], 12.0)]
    turned = corrected(
        [Sheet(page, 0, 0) for page in pages], dict(enumerate(map(canvas, pages))), None, Threads(1)
    )
    assert [index for index, _ in turned] == [1]
    assert turned[0][1].degrees == pytest.approx(12.0, abs=STEP)


@pytest.mark.parametrize("degrees", [-40.0, -20.0, 20.0])
def test_signatures_are_found_on_pages_askew(letters: list[NDArray[np.uint8]], degrees: float) -> None:
    pages = [_askew(letter, degrees) for letter in letters]
    pages += [np.ascontiguousarray(np.rot90(page, 2)) for page in pages]
    assert flagged(pages) >= len(pages) - 1
