"""Crops whose line is turned are judged with it level."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier import Classifier
from model.crop_turn import LONG, SIDEWAYS, STEEP, levelled, turn
from model.engine import choose_engine
from model.release import read_release
from model.render.assets import Assets
from model.render.crops import Label, render_crop


def _written(degrees: float) -> NDArray[np.uint8]:
    page = np.full((700, 700), 240, np.uint8)
    cv2.putText(
        page, "Yours faithfully", (100, 370), cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 2, (30,), 3, cv2.LINE_AA
    )
    about = cv2.getRotationMatrix2D((350, 350), degrees, 1)
    return np.asarray(cv2.warpAffine(page, about, (700, 700), borderValue=(240,)), np.uint8)


@pytest.mark.parametrize("degrees", [-80, -50, -30, -10, 0, 10, 30, 50, 80])
def test_the_turn_of_a_line_is_told_to_a_few_degrees(degrees: int) -> None:
    assert abs(turn(_written(degrees)) - degrees) < 3


@pytest.mark.parametrize("degrees", [-70, -40, 40, 70])
def test_a_steep_line_is_made_level(degrees: int) -> None:
    level = levelled(_written(degrees))
    assert len(level) == (2 if abs(degrees) > SIDEWAYS else 1)
    assert all(abs(turn(crop)) < 3 for crop in level)


@pytest.mark.parametrize("degrees", [-20, 0, 20])
def test_a_line_that_climbs_as_hands_do_is_left_alone(degrees: int) -> None:
    crop = _written(degrees)
    assert abs(degrees) < STEEP
    assert levelled(crop) == []


def test_what_is_as_high_as_long_is_left_alone() -> None:
    crop = np.full((300, 300), 240, np.uint8)
    cv2.circle(crop, (150, 150), 90, (20,), 4)
    assert LONG > 1
    assert levelled(crop) == []
    assert levelled(np.full((1, 1), 255, np.uint8)) == []


def test_a_block_of_short_lines_of_print_is_no_signature() -> None:
    judge = Classifier(choose_engine("openvino", 1).load(read_release().folder, "classifier"))
    block = np.full((500, 300), 250, np.uint8)
    for row, words in enumerate(("19/9,", "Cheras,", "Selangor", "54200", "Tel: 03", "INVOICE")):
        cv2.putText(block, words, (10, 60 + 80 * row), cv2.FONT_HERSHEY_SIMPLEX, 1, (40,), 2, cv2.LINE_AA)
    assert levelled(block)
    assert judge.classify_alone([block])[0] < 0.2


@pytest.mark.parametrize("turns", [1, 3])
def test_sideways_print_is_print_and_most_sideways_signatures_are_found(assets: Assets, turns: int) -> None:
    judge = Classifier(choose_engine("openvino", 1).load(read_release().folder, "classifier"))
    found: dict[Label, float] = {}
    for label in ("signature", "text"):
        crops = [render_crop(np.random.default_rng([12, i]), assets, label) for i in range(24)]
        sideways = judge.classify_alone([np.rot90(crop, turns).copy() for crop in crops])
        found[label] = float(np.mean(sideways > 0.5))
    assert found["signature"] >= 0.5
    assert found["text"] <= 0.1
