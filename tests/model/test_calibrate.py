"""Thresholds and honest scores from what the networks say."""

import numpy as np
import pytest

from model.calibrate import MOST_HANDWRITING, WEIGHTS, Observed, calibrate, crop_threshold, page_threshold


def _normal(centre: float, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(centre, 1, count)


def _pages(highest: np.ndarray, signed: np.ndarray) -> tuple[list[Observed], list[np.ndarray]]:
    """Pages of one region each, right where the page is signed."""
    pages = [Observed(np.zeros((1, 3)), np.array([is_signed]), int(is_signed)) for is_signed in signed]
    return pages, [np.array([odds]) for odds in highest]


def test_the_threshold_lies_between_signed_and_unsigned() -> None:
    odds = np.concatenate([_normal(4, 100, 1), _normal(-4, 50, 2)])
    threshold = page_threshold(*_pages(odds, np.arange(150) < 100))
    assert odds[100:].max() < threshold < odds[:100].min()


def test_one_page_does_not_move_the_threshold() -> None:
    odds = np.concatenate([_normal(4, 100, 1), _normal(-4, 50, 2)])
    signed = np.arange(150) < 100
    without = page_threshold(*_pages(odds, signed))
    odds[0] = -6.0
    assert page_threshold(*_pages(odds, signed)) == pytest.approx(without, abs=0.3)


def test_wrong_boxes_move_the_threshold_where_flags_do_not_care() -> None:
    odds = np.concatenate([_normal(6, 100, 1), _normal(-6, 50, 2)])
    pages, regions = _pages(odds, np.arange(150) < 100)
    without = page_threshold(pages, regions)
    # A date beside every signature: no flag is wrong for it, every box is.
    dated = [Observed(np.zeros((2, 3)), np.array([True, False]), 1) for _ in range(100)] + pages[100:]
    regions[:100] = [np.array([float(odds[0]), 1.0]) for odds in regions[:100]]
    threshold = page_threshold(dated, regions)
    assert without < 1.0 < threshold < odds[:100].min()


def test_crops_are_told_from_print_as_far_as_other_handwriting_allows() -> None:
    labels = np.repeat(["signature", "text", "handwriting"], (400, 1000, 500))
    odds = np.concatenate([_normal(3, 400, 1), _normal(-5, 1000, 2), _normal(-8, 500, 3)])
    assert crop_threshold(odds, labels) == pytest.approx(-1, abs=1)
    odds[1400:] = _normal(1, 500, 3)
    threshold = crop_threshold(odds, labels)
    assert (odds[1400:] > threshold).mean() == pytest.approx(MOST_HANDWRITING, abs=0.03)


def test_where_handwriting_looks_most_like_signatures_nothing_is_called_one() -> None:
    labels = np.repeat(["signature", "text", "handwriting"], (40, 100, 50))
    odds = np.concatenate([_normal(3, 40, 1), _normal(-5, 100, 2), np.full(50, 20.0)])
    assert crop_threshold(odds, labels) > odds.max()


def test_calibration_makes_scores_say_how_many_are_right() -> None:
    random = np.random.default_rng(3)
    pages = []
    for _ in range(600):
        says = random.normal(0, 1, (3, 3)) * [1, 4, 4]
        right = random.random(3) < 1 / (1 + np.exp(-2 * says @ WEIGHTS))
        pages.append(Observed(says, right, int(right.sum())))
    alone = random.normal(0, 3, 2000)
    signature = random.random(2000) < 1 / (1 + np.exp(-alone))
    found = calibrate(pages, (alone, np.where(signature, "signature", "text")))

    weights = found["calibration"]
    fitted = [weights[name] for name in ("proposer", "refiner", "classifier")]
    assert fitted == pytest.approx(2 * WEIGHTS, rel=0.2)
    assert weights["offset"] == pytest.approx(0, abs=0.4)
    assert weights["crop_classifier"] == pytest.approx(1, abs=0.2)
    assert 0 < found["floor"] < found["threshold"] < 1
