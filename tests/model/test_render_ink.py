"""Pens, kinematics and masks."""

import cv2
import numpy as np
import pytest

from model.render import ductus, figures, ink, scrawls
from model.render.kinematics import Pen, Plan, trajectory, written

BALLPOINT = Pen(width=2.5, thinning=0.2, darkness=0.9, dryness=0.0)


def test_a_trajectory_begins_and_ends_at_its_targets() -> None:
    points = np.array([[0, 0], [1, -2], [2, 0], [4, -1]], np.float32)
    path, speed = trajectory(points, np.zeros(3, np.float32), np.random.default_rng(1), overlap=0.5)
    assert np.abs(path[0] - points[0]).max() < 0.1
    assert np.abs(path[-1] - points[-1]).max() < 0.1
    assert path.dtype == speed.dtype == np.float32
    assert speed.min() >= 0


def test_overlapping_strokes_cut_the_corner() -> None:
    corner = np.array([[0, 0], [4, -4], [8, 0]], np.float32)
    tops = [
        trajectory(corner, np.zeros(2, np.float32), np.random.default_rng(1), overlap=overlap)[0][:, 1].min()
        for overlap in (0.0, 0.7)
    ]
    assert tops[0] < tops[1] < -1


@pytest.mark.parametrize("hand", [scrawls.scrawl, scrawls.arabic_hand, scrawls.han_hand, figures.figure])
def test_every_ductus_leaves_trimmed_ink(hand: object) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        mask = written(hand(rng), rng, BALLPOINT, x_height=16)  # type: ignore[operator]
        assert mask.max() > 200
        assert ink.trim(mask).shape == mask.shape


def test_a_writer_repeats_itself_in_style_but_not_in_ink() -> None:
    if not ductus.alphabet("scripts"):
        pytest.skip("the stroke letters are not installed (Debian: hershey-fonts-data)")
    rng = np.random.default_rng(3)
    writer = ductus.Writer(rng, legible=1.0)
    first, second = (written(writer.plan("Anna B. Cole", rng), rng, BALLPOINT, x_height=16) for _ in range(2))
    assert first.shape != second.shape or not np.array_equal(first, second)
    assert abs(first.shape[1] - second.shape[1]) < 0.25 * first.shape[1]


def test_some_hands_leave_much_room_between_words_and_some_between_the_figures_of_a_date() -> None:
    writers = [ductus.Writer(np.random.default_rng(seed), hurried=True) for seed in range(60)]

    assert 3 < sum(writer.gap > 0.7 * writer.width for writer in writers) < 30
    assert 10 < sum(writer.spacing > 0.16 for writer in writers) < 40


def test_extracted_ink_leaves_paper_and_neighbours_behind() -> None:
    crop = np.full((80, 200), 180, np.uint8)
    cv2.line(crop, (40, 60), (150, 20), 40, 4)
    crop[0:5, 10:20] = 30  # the foot of a letter that belongs to the line above
    mask = ink.extracted(crop)
    assert mask is not None
    assert mask.shape[1] == pytest.approx(115, abs=6)
    assert mask.shape[0] == pytest.approx(45, abs=6)
    assert ink.extracted(np.full((80, 200), 180, np.uint8)) is None


def test_ink_pasted_over_the_edge_is_cut_there() -> None:
    page = np.full((50, 50), 255, np.uint8)
    put = ink.paste(page, np.full((20, 20), 255, np.uint8), 40, -10, 1.0)
    assert put is not None
    x, y, part = put
    assert (x, y, part.shape) == (40, 0, (10, 10))
    assert (page == 0).sum() == 100
    assert ink.paste(page, part, 60, 60, 1.0) is None


def test_warped_ink_is_kept_whole() -> None:
    mask = written(
        Plan([np.array([[0, 0], [6, -1]], np.float32)]), np.random.default_rng(0), BALLPOINT, x_height=20
    )
    turned = ink.warped(mask, np.random.default_rng(0), turn=0.6, slant=0.2, wave=2.0)
    assert int(turned.sum()) == pytest.approx(int(mask.sum()), rel=0.2)
