from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import page_report
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


def test_of_equal_scores_none_counts_alone() -> None:
    signed = np.array([True, True, False, False])
    sure = evaluate.flag_figures(np.array([0.9, 0.0, 0.0, 0.0]), signed, 0.5)
    assert sure.average_precision == pytest.approx(0.5 + 0.5 * 2 / 4)


def test_pages_are_reported_as_curves_and_misses(tmp_path: Path) -> None:
    pages, files = [], []
    for number, (box, score) in enumerate([([0.0, 0, 10, 10], 0.9), ([50.0, 50, 60, 60], 0.7)]):
        pages.append(_page([box], [score], [[0, 0, 10, 10]]))
        files.append(tmp_path / f"{number}.png")
        Image.new("L", (80, 100), 255).save(files[-1])
    pages.append(_page([], [], []))
    files.append(files[0])
    page_report.write(files, pages, np.array([0.9, 0.7, 0.0]), 0.5, tmp_path / "out")
    kinds = ("precision-recall", "thresholds", "reliability")
    drawn = {f"{what}-{kind}.png" for what in ("boxes", "flags") for kind in kinds}
    assert {path.name for path in (tmp_path / "out").iterdir()} == drawn | {
        "flags-confusion.png",
        "misses.png",
    }
    with Image.open(tmp_path / "out" / "misses.png") as sheet:
        assert {page_report.WANTED, page_report.WRONG} <= {
            colour for _, colour in sheet.getcolors(2**24) or ()
        }
