"""Regions seen with their surroundings, what the refiner learns from them, and a few steps of learning it."""

from pathlib import Path

import numpy as np
import pytest

from model import scenes
from model.proposer import Region
from model.refiner import Refiner
from model.release import read_release
from model.scene_batches import SceneBatches, look
from model.scene_examples import HIGH, RIGHT, WIDE, Scenes, propose

PAGE = np.full((1600, 1200), 255, np.uint8)


def _box(*sides: float) -> np.ndarray:
    return np.array(sides, np.float64)


@pytest.mark.parametrize(
    "box",
    [
        _box(300, 700, 600, 780),
        _box(0, 0, 40, 30),
        _box(1150, 1580, 1200, 1600),
        _box(0, 0, 1200, 1600),
        _box(10, 10, 11, 11),
        _box(0, 800, 1200, 802),
    ],
)
def test_a_region_of_any_size_and_place_is_in_the_middle_of_its_scene(box: np.ndarray) -> None:
    seen = scenes.scene(PAGE, box)
    assert seen.shape == (scenes.HEIGHT, scenes.WIDTH, 2)
    rows, columns = np.nonzero(seen[..., 1])
    assert abs(rows.mean() - scenes.HEIGHT / 2) <= 1
    assert abs(columns.mean() - scenes.WIDTH / 2) <= 1
    assert not seen[..., 0].any(), "neither paper nor what is beyond the page is ink"


def test_ink_lies_in_the_scene_where_it_lies_about_the_region() -> None:
    page = PAGE.copy()
    page[740:760, 420:480] = 0  # in the region's middle
    page[840:850, 300:600] = 0  # a rule below it
    box = _box(300, 700, 600, 800)
    seen = scenes.scene(page, box)
    scale = scenes.scale_of(box)
    rows = np.flatnonzero(seen[..., 0].max(axis=1) > 128)
    below = scenes.HEIGHT / 2 + (845 - 750) * scale
    assert rows.min() == pytest.approx(scenes.HEIGHT / 2 - 10 * scale, abs=1.5)
    assert rows.max() == pytest.approx(below, abs=3)


def test_sides_move_a_part_of_the_way_and_stay_on_the_page() -> None:
    boxes = np.array([[100, 100, 200, 150], [0, 0, 50, 50], [10, 10, 12, 12]], np.float64)
    moves = np.array([[0.2, 0.2, -0.2, -0.2], [-1, -1, 0, 0], [3, 3, -3, -3]], np.float32)
    moved = scenes.refined(boxes, moves, PAGE.shape)
    left, top, right, bottom = scenes.FOLLOWED
    assert moved[0] == pytest.approx([100 + 20 * left, 100 + 10 * top, 200 - 20 * right, 150 - 10 * bottom])
    assert moved[1] == pytest.approx([0, 0, 50, 50])
    assert moved[2] == pytest.approx(boxes[2]), "what would vanish stays as it was"


def test_regions_come_back_with_their_pages() -> None:
    def network(rows: np.ndarray) -> np.ndarray:
        says = np.zeros((len(rows), 5), np.float32)
        says[:, 0] = rows[..., 1].sum(axis=(1, 2))  # tells regions apart by their shape
        return says

    wide, tall = Region((100, 100, 400, 150), 0.0), Region((100, 100, 150, 400), 0.0)
    found = Refiner(network).refine([PAGE, PAGE, PAGE], [[wide], [], [tall, wide]])
    assert [len(boxes) for boxes, _ in found] == [1, 0, 2]
    assert found[2][0] == pytest.approx(np.array([tall.box, wide.box]))
    assert (np.abs(found[2][1]) <= scenes.SURE).all()
    assert Refiner(network).refine([PAGE], [[]])[0][0].shape == (0, 4)


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """Regions of a few pages without real ink."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "crops.csv").write_text("path,split,label,source,group\n")
    (folder / "pages.json").write_text('{"pages": []}')
    (folder / "train").mkdir()
    return propose(folder / "train", folder / "cache", 8, 3, read_release(), processes=1)


def test_proposed_regions_are_labelled_by_what_they_meet(proposed: Scenes) -> None:
    assert proposed.patches.shape[1:] == (HIGH, WIDE)
    signatures = proposed.kinds == 0
    assert signatures.any()
    assert (~signatures).any()
    assert proposed.truths[signatures].any(axis=1).all(), "a signature's box is known"


def test_a_look_asks_for_the_box_where_the_signature_lies(proposed: Scenes) -> None:
    random = np.random.default_rng(2)
    for index in np.flatnonzero(proposed.kinds == 0)[:10]:
        seen, wanted = look(proposed, int(index), random)
        x0, y0, x1, y1 = wanted[2:6]
        assert seen.shape == (scenes.HEIGHT, scenes.WIDTH, 2)
        if wanted[0]:
            meeting = (min(x1, 1) - max(x0, 0)) * (min(y1, 1) - max(y0, 0))
            union = 1 + (x1 - x0) * (y1 - y0) - meeting
            assert meeting / union == pytest.approx(max(meeting / union, RIGHT), abs=1e-3)


def test_batches_of_scenes_are_the_same_for_the_same_seed(proposed: Scenes) -> None:
    one, same, other = (SceneBatches(proposed, size=4, steps=2, seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(one[0], same[0])
    assert np.array_equal(one[1], same[1])
    assert not np.array_equal(one[0], other[0])


@pytest.mark.timeout(300)
def test_a_step_of_learning_lowers_the_loss(proposed: Scenes) -> None:
    from model.recipes import refiner

    model = refiner.network(steps=30)
    seen, wanted = SceneBatches(proposed, size=16, steps=1, seed=1)[0]
    losses = [float(model.train_on_batch(seen, wanted)) for _ in range(12)]
    assert losses[-1] < losses[0]


def test_the_loss_is_nothing_for_what_is_wanted_and_counts_no_box_of_nothing() -> None:
    from model.recipes.refiner import SMOOTHING, loss

    wanted = np.array([[1, 1, 0.1, 0.0, 0.9, 1.2, 1], [0, 1, 5, 5, 9, 9, 0]], np.float32)
    sure = float(np.log((1 - SMOOTHING / 2) / (SMOOTHING / 2)))
    right = np.array([[sure, 0.1, 0.0, -0.1, 0.2], [-sure, 0, 0, 0, 0]], np.float32)
    wrong = right.copy()
    wrong[0, 1:] = 0
    least = float(loss(wanted, right))
    assert least == pytest.approx(-(0.99 * np.log(0.99) + 0.01 * np.log(0.01)), abs=1e-3)
    assert float(loss(wanted, wrong)) > least


def test_training_names_what_is_missing(tmp_path: Path) -> None:
    from model.errors import WrongTrainingData
    from model.train import train

    with pytest.raises(WrongTrainingData, match=r"pages\.json"):
        train(str(tmp_path), str(tmp_path / "job"), "refiner")
