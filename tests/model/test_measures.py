import numpy as np
import pytest

from model.measures import calibration_error, fit_temperature, measure, reliability


def test_measures_signature_against_text_and_handwriting_apart() -> None:
    scores = np.array([0.9, 0.8, 0.2, 0.1, 0.7, 0.3, 0.6, 0.4], np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2])

    figures = measure(scores, labels)

    assert figures["accuracy"] == pytest.approx(4 / 6, abs=1e-4)
    assert figures["precision"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["text_flagged"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["handwriting_flagged"] == 0.5


def test_honest_scores_have_no_calibration_error() -> None:
    scores = np.repeat(np.array([0.25, 0.75], np.float32), 400)
    truth = np.concatenate([np.arange(400) < 100, np.arange(400) < 300])
    assert calibration_error(scores, truth) == pytest.approx(0)
    assert [count for _, _, count in reliability(scores, truth)] == [400, 400]


def test_scores_that_promise_too_much_are_found_out() -> None:
    scores = np.full(100, 0.99, np.float32)
    assert calibration_error(scores, np.arange(100) < 50) == pytest.approx(0.49, abs=0.01)


def test_temperature_cools_a_network_that_is_too_sure() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 1.5, (4000, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(3, p=row) for row in p])
    sure = np.exp(logits * 3)
    sure /= sure.sum(axis=1, keepdims=True)
    assert fit_temperature(sure.astype(np.float32), labels) == pytest.approx(3, rel=0.1)
