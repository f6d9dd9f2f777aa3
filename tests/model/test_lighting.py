"""Pages in a shadow and pale ones are judged as well lit ones."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from model.lighting import BLANK, evenly_lit
from tests.model.flagging import flagged

Page = NDArray[np.uint8]


def _pale(page: Page) -> Page:
    return np.asarray(255 - (255 - page.astype(int)) * 0.12, np.uint8)


def _in_shadow(page: Page) -> Page:
    """The right part darker by half, as where an arm keeps the light off."""
    across = np.arange(page.shape[1]) - 0.6 * page.shape[1]
    return np.asarray(page * (1 - 0.55 / (1 + np.exp(-across / 15))), np.uint8)


@pytest.mark.parametrize("badly", [_pale, _in_shadow])
def test_signatures_are_found_all_the_same(letters: list[Page], badly: Callable[[Page], Page]) -> None:
    assert flagged([badly(letter) for letter in letters]) >= len(letters) - 1


def test_paper_is_white_where_the_shadow_was(letters: list[Page]) -> None:
    lit = evenly_lit(_in_shadow(letters[0]))
    shaded = lit[:, -100:]
    assert np.quantile(shaded, 0.5) >= 240
    assert lit.min() < 100


def test_pale_ink_is_dark_afterwards(letters: list[Page]) -> None:
    pale = _pale(letters[0])
    assert pale.min() > 200
    assert evenly_lit(pale).min() < 60


def test_well_lit_blank_and_odd_pages_stay_as_they_are(letters: list[Page]) -> None:
    grain = np.random.default_rng(1).integers(240, 240 + BLANK // 2, (1100, 850)).astype(np.uint8)
    odd = [np.full((900, 700), 255, np.uint8), np.zeros((500, 500), np.uint8), grain, grain[:1, :1]]
    for page in [*letters, *odd]:
        assert evenly_lit(page) is page
