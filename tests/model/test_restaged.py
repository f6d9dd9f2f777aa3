"""Real pages staged anew: what is added to them, and where."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.evaluate import overlap_matrix
from model.render import marks, restaged
from model.render.assets import Assets, RealPage
from model.render.canvas import Canvas
from model.render.dataset import page_rng
from model.render.pages import render_page


def _gaps(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels between every box and every other, (n, m); 0 where they meet."""
    apart = np.maximum(boxes[:, None, :2] - others[None, :, 2:], others[None, :, :2] - boxes[:, None, 2:])
    return np.asarray(np.linalg.norm(np.maximum(apart, 0), axis=2), np.float32)


@pytest.fixture(scope="module")
def letter(assets: Assets) -> RealPage:
    page = render_page(page_rng(3, 1), assets, long_side=1000, kind="letter", signed=True)
    assert len(page.signatures)
    return RealPage(page.image, page.signatures, "letters_small")


def test_words_hard_by_signatures_are_notes_that_meet_none(
    assets: Assets, letter: RealPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chance, value in {"ANNOTATED": 1.0, "DATED": 0.0, "COUNTERSIGNED": 0.0, "ERASE": 0.0}.items():
        monkeypatch.setattr(restaged, chance, value)
    monkeypatch.setattr(restaged, "NOTES", (1.0,))
    annotated = 0
    for seed in range(12):
        image, signatures, notes = restaged.restage(letter, assets, np.random.default_rng(seed))
        assert image.shape == letter.image.shape
        if not len(notes):
            continue
        annotated += 1
        assert not overlap_matrix(notes.astype(float), signatures.astype(float)).any()
        heights = signatures[:, 3] - signatures[:, 1]
        assert (_gaps(notes, signatures) <= 0.6 * heights).any(axis=1).all(), "not hard by any"
    assert annotated >= 4


def test_a_page_restaged_bare_keeps_no_signature(
    assets: Assets, letter: RealPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restaged, "KEEP", 0.0)
    monkeypatch.setattr(restaged, "ERASE", 1.0)
    monkeypatch.setattr(restaged, "COUNTERSIGNED", 0.0)
    monkeypatch.setattr(restaged, "STAMPED", 0.0)
    image, _, _ = restaged.restage(letter, assets, np.random.default_rng(2))
    x0, y0, x1, y1 = (int(side) for side in letter.signatures[0])
    before, after = letter.image[y0:y1, x0:x1], image[y0:y1, x0:x1]
    assert after.mean() > before.mean(), "ink was taken away"


def test_stamps_lie_on_what_is_signed_and_change_no_box(
    assets: Assets, letter: RealPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(6):
        monkeypatch.setattr(restaged, "STAMPED", 0.0)
        plain, signatures, notes = restaged.restage(letter, assets, np.random.default_rng(seed))
        monkeypatch.setattr(restaged, "STAMPED", 1.0)
        stamped, *boxes = restaged.restage(letter, assets, np.random.default_rng(seed))
        assert all(np.array_equal(*pair) for pair in zip((signatures, notes), boxes, strict=True))
        assert (stamped <= plain).all(), "a stamp darkens"
        for x0, y0, x1, y1 in signatures.astype(int):
            assert (stamped[y0:y1, x0:x1] < plain[y0:y1, x0:x1]).any()


def test_a_drawn_signature_is_stamped_over(assets: Assets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "STAMPED", 1.0)
    for seed in range(6):
        canvas = Canvas(np.random.default_rng(seed), assets, 700, 900)
        canvas.sign(200, 600, 240)
        marks.stamp_signatures(canvas)
        signature, stamp = canvas.hands
        assert (signature.label, stamp.label) == ("signature", "mark")
        boxes = [
            np.array([[hand.x, hand.y, hand.x + hand.mask.shape[1], hand.y + hand.mask.shape[0]]], float)
            for hand in (signature, stamp)
        ]
        assert overlap_matrix(*boxes).any()
