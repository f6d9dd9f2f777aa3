import numpy as np
import pytest

from model import evaluate
from model.evaluate import JudgedPage


def _page(boxes: list[list[float]], scores: list[float], truth: list[list[float]]) -> JudgedPage:
    found, there = (np.array(some, float).reshape(-1, 4) for some in (boxes, truth))
    return JudgedPage(found, np.array(scores, float), there, np.zeros((0, 4)))


def test_a_true_box_is_found_once_however_often_it_is_drawn() -> None:
    page = _page([[0, 0, 10, 10], [1, 0, 10, 10]], [0.9, 0.8], [[0, 0, 10, 10]])
    found = evaluate.matches([page])
    assert found.right.tolist() == [True, False]
    figures = evaluate.figures(found, 0.5)
    assert (figures.precision, figures.recall) == (0.5, 1.0)
    assert figures.average_precision == 1.0


def test_half_an_overlap_is_not_enough() -> None:
    found = evaluate.matches([_page([[0, 0, 10, 10]], [0.9], [[5, 0, 15, 10]])])
    assert not found.right.any()
    assert evaluate.average_precision(found) == 0


def test_average_precision_falls_with_errors_above_the_hits() -> None:
    truth = [[0.0, 0, 10, 10]]
    pages = [_page([[50, 50, 60, 60]], [0.9], []), _page([[0, 0, 10, 10]], [0.8], truth)]
    assert evaluate.average_precision(evaluate.matches(pages)) == 0.5


def test_a_detection_on_an_ignored_box_counts_neither_way() -> None:
    box = np.array([[0.0, 0, 10, 10]])
    page = JudgedPage(box, np.array([0.9]), np.zeros((0, 4)), box)
    assert len(evaluate.matches([page]).scores) == 0


def test_nothing_to_find_has_no_figures() -> None:
    figures = evaluate.figures(evaluate.matches([]), 0.5)
    assert np.isnan(figures.average_precision)
    assert np.isnan(figures.precision)


def test_a_score_that_means_what_it_says_has_no_calibration_error() -> None:
    scores = np.full(10, 0.9)
    assert evaluate.calibration_error(scores, np.arange(10) < 9) == pytest.approx(0)
    assert evaluate.calibration_error(scores, np.zeros(10, bool)) == pytest.approx(0.9)


def test_flags_are_judged_by_page() -> None:
    figures = evaluate.flag_figures(np.array([0.9, 0.2, 0.7]), np.array([True, True, False]), 0.5)
    assert (figures.precision, figures.recall) == (0.5, 0.5)
