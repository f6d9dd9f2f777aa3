"""Thresholds and honest scores from what the networks say."""

import numpy as np
import pytest

from model.calibrate import WEIGHTS, Observed, best_threshold, calibrate


def _normal(centre: float, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(centre, 1, count)


def test_the_threshold_lies_between_signed_and_unsigned() -> None:
    odds = np.concatenate([_normal(4, 100, 1), _normal(-4, 50, 2)])
    threshold = best_threshold(odds, np.arange(150) < 100)
    assert odds[100:].max() < threshold < odds[:100].min()


def test_one_case_does_not_move_the_threshold() -> None:
    odds = np.concatenate([_normal(4, 100, 1), _normal(-4, 50, 2)])
    signed = np.arange(150) < 100
    without = best_threshold(odds, signed)
    odds[0] = -6.0
    assert best_threshold(odds, signed) == pytest.approx(without, abs=0.3)


def test_kinds_weigh_the_same_however_many_there_are_unless_each_case_does() -> None:
    odds = np.concatenate([_normal(1, 40, 1), _normal(-1, 4000, 2)])
    signed = np.arange(4040) < 40
    assert best_threshold(odds, signed) < best_threshold(odds, signed, evenly=False)


def test_calibration_makes_scores_say_how_many_are_right() -> None:
    random = np.random.default_rng(3)
    pages = []
    for _ in range(600):
        says = random.normal(0, 1, (3, 3)) * [1, 4, 4]
        right = random.random(3) < 1 / (1 + np.exp(-2 * says @ WEIGHTS))
        pages.append(Observed(says, right, bool(right.any())))
    alone = random.normal(0, 3, 2000)
    found = calibrate(pages, (alone, random.random(2000) < 1 / (1 + np.exp(-alone))))

    weights = found["calibration"]
    fitted = [weights[name] for name in ("proposer", "refiner", "classifier")]
    assert fitted == pytest.approx(2 * WEIGHTS, rel=0.2)
    assert weights["offset"] == pytest.approx(0, abs=0.4)
    assert weights["crop_classifier"] == pytest.approx(1, abs=0.2)
    assert 0 < found["floor"] < found["threshold"] < 1
