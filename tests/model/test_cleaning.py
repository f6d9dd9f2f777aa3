"""Specked and lined pages, and such whose back shows through, are judged as clean ones."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.scans import shown_through, speckled, squared, streaked
from model.cleaning import cleaned
from model.proposer import canvas
from tests.model.flagging import flagged

Page = NDArray[np.uint8]


@pytest.mark.parametrize("badly", [speckled, streaked, squared, shown_through])
def test_signatures_are_found_all_the_same(letters: list[Page], badly: Callable[[Page], Page]) -> None:
    dirty = [badly(letter) for letter in letters]
    assert sum(cleaned(page, canvas(page).ink) is not page for page in dirty) > len(letters) / 2
    assert flagged(dirty) >= len(letters) - 1


def test_specks_go_and_strokes_stay(letters: list[Page]) -> None:
    dirty = speckled(letters[0])
    clean = cleaned(dirty, canvas(dirty).ink)
    assert _small_pieces(dirty) > _small_pieces(letters[0]) + 500
    assert _small_pieces(clean) <= _small_pieces(letters[0])
    strokes = cv2.morphologyEx((letters[0] < 150).astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, 7), np.uint8))
    assert (clean[strokes > 0] < 150).mean() > 0.99


def _small_pieces(page: Page) -> int:
    """Pieces of ink of at most 5 pixels."""
    _, _, parts, _ = cv2.connectedComponentsWithStats((page < 150).astype(np.uint8))
    return int((parts[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) <= 5).sum())


def test_what_crosses_a_line_stays() -> None:
    page = np.full((1000, 800), 255, np.uint8)
    page[:, [300, 301, 500, 501]] = 0
    cv2.line(page, (200, 300), (600, 700), (0,), 8)
    stroke = cv2.line(np.zeros_like(page), (200, 300), (600, 700), (1,), 4)
    clean = cleaned(page, canvas(page).ink)
    assert (clean[:200] == 255).all()
    assert (clean[stroke > 0] == 0).all()


def test_only_what_shows_through_goes() -> None:
    page = np.full((1000, 800), 255, np.uint8)
    for row in range(100, 900, 40):
        page[row : row + 10, 100:700] = 20
        page[row + 20 : row + 30, 100:700] = 200
    clean = cleaned(page, canvas(page).ink)
    assert ((clean < 128) == (page == 20)).all()
    assert (clean[page == 200] == 255).all()


def test_clean_blank_and_odd_pages_stay_as_they_are(letters: list[Page]) -> None:
    grain = np.random.default_rng(1).integers(250, 256, (1100, 850)).astype(np.uint8)
    odd = [np.full((900, 700), 255, np.uint8), np.zeros((500, 500), np.uint8), grain, grain[:1, :1]]
    for page in [*letters, *odd]:
        assert cleaned(page, canvas(page).ink) is page
