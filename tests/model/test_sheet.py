"""Pages that lie on something dark are judged as if there were nothing around them."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.detector import Detector
from model.sheet import sheet
from model.skew import straightened
from tests.model.flagging import flagged


def _on(tone: int, page: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """The page on a bed of a tone that leaves a share of its size free on each side."""
    down, across = (round(share * side) for side in page.shape)
    return np.pad(page, ((down, down), (across, across)), constant_values=tone)


@pytest.mark.parametrize("tone", [0, 60])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_page_on_a_dark_bed_is_judged_by_itself(
    letters: list[NDArray[np.uint8]], tone: int, share: float
) -> None:
    detector = Detector.load(engine="openvino", threads=1)
    alone, surrounded = (
        detector.detect(letters),
        detector.detect([_on(tone, page, share) for page in letters]),
    )
    same = 0
    for as_is, on_bed in zip(alone, surrounded, strict=True):
        if not as_is or not on_bed:
            continue
        box, moved = as_is[0].box, on_bed[0].box
        whole = 1 + 2 * share
        wanted = [(side + share) / whole for side in (box.x0, box.y0, box.x1, box.y1)]
        same += np.allclose(wanted, (moved.x0, moved.y0, moved.x1, moved.y1), atol=0.01)
    assert same >= len(letters) - 1


def test_what_lies_in_a_deep_shadow_is_not_cut_away(letters: list[NDArray[np.uint8]]) -> None:
    shadowed = [_shadowed(page) for page in letters]
    assert any(
        sheet(page) not in (None, (slice(0, page.shape[0]), slice(0, page.shape[1]))) for page in shadowed
    )
    assert flagged(shadowed) >= len(letters) - 1


def _shadowed(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page with its lower half in a quarter of the light."""
    light = np.ones((page.shape[0], 1), np.float32)
    light[page.shape[0] // 2 :] = 0.25
    return np.asarray(page * cv2.blur(light, (1, 61)), np.uint8)


@pytest.mark.parametrize("degrees", [40.0, 130.0])
def test_a_page_that_lies_aslant_on_a_dark_bed_is_not_white_on_black(
    letters: list[NDArray[np.uint8]], degrees: float
) -> None:
    assert flagged([_aslant(page, degrees) for page in letters]) >= len(letters) - 1


def _aslant(page: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """The page turned, all of it, on a dark bed that it touches at its corners alone."""
    turned = straightened(np.pad(page, 2, constant_values=40), degrees)
    assert np.mean(turned < 90) > 0.5
    return turned


def test_the_sheet_is_found_to_a_few_pixels() -> None:
    bed = np.full((1600, 1400), 30, np.uint8)
    bed[300:1200, 200:1000] = 230
    bed[400:1100:30, 260:940] = 20  # lines of text
    found = sheet(bed)
    assert found is not None
    edges = [edge for part in found for edge in (part.start, part.stop)]
    assert edges == pytest.approx([300, 1200, 200, 1000], abs=16)


def test_a_page_that_fills_its_picture_is_left_alone(letters: list[NDArray[np.uint8]]) -> None:
    assert sheet(letters[0]) is None
    assert sheet(np.full((900, 700), 255, np.uint8)) is None
    assert sheet(np.zeros((0, 0), np.uint8)) is None


def test_white_writing_on_black_is_no_sheet(letters: list[NDArray[np.uint8]]) -> None:
    assert all(sheet(255 - page) is None for page in letters)
    assert sheet(np.zeros((900, 700), np.uint8)) is None
