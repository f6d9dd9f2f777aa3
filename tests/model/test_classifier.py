from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier import ALONE, CROPS_AT_ONCE, LABELS, LOOKS, PARTS, Classifier
from model.crops import HEIGHT, WIDTH, normalise
from model.layers import RandomFrame, RandomPenWidth, RandomScan
from model.measures import measure
from model.recipes import classifier, reference
from model.render.assets import Assets
from model.render.crops import render_crop
from model.report import write


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return classifier.network()


def test_every_crop_gets_scores_that_sum_to_one(network: keras.Model, assets: Assets) -> None:
    random = np.random.default_rng(2)
    crops = [render_crop(random, assets, label) for label in ("signature", "text", "handwriting")]
    judge = Classifier(lambda rows: np.asarray(network(rows, training=False)))

    scores = judge.scores([*crops, np.full((1, 1), 255, np.uint8)])

    assert scores.shape == (4, len(LABELS))
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(judge.classify(crops), scores[:3, 0])


def test_a_crop_alone_is_judged_by_the_mean_of_its_looks(assets: Assets) -> None:
    given: list[NDArray[np.float32]] = []
    answers = np.array([[0.9, 0.05, 0.05], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], np.float32)

    def answer(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        given.append(rows)
        return np.tile(answers, (len(rows) // len(LOOKS), 1))  # the same of each part

    crops = [render_crop(np.random.default_rng(3), assets, "signature")] * 2
    scores = Classifier(answer).classify_alone(crops)

    mean = answers.prod(axis=0) ** (1 / 3) * [ALONE[label] for label in LABELS]
    assert scores == pytest.approx([mean[0] / mean.sum()] * 2, abs=1e-5)
    each = len(PARTS) * len(LOOKS)
    assert len(np.concatenate(given)) == 2 * each
    looks = [np.concatenate(given)[place::each] for place in range(len(LOOKS))]
    assert np.array_equal(looks[0][0, ..., 0], normalise(crops[0]) / np.float32(255))
    centres = [np.average(np.arange(WIDTH), weights=look[0, ..., 0].sum(axis=0) + 1e-9) for look in looks]
    # Ink that lies a quarter of the frame's height above its middle moves aside by so much.
    aside = np.sin(np.radians(max(LOOKS))) * HEIGHT / 4
    assert centres == pytest.approx([centres[0]] * 3, abs=aside + 1), "turned in its place"
    assert not np.array_equal(looks[1], looks[2])


def test_a_crop_alone_is_looked_at_in_parts_in_which_its_letters_are_larger() -> None:
    given: list[NDArray[np.float32]] = []

    def answer(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        given.append(rows)
        return np.full((len(rows), len(LABELS)), 1 / 3, np.float32)

    name = np.full((60, 700), 255, np.uint8)
    for x in range(20, 660, 40):  # letters
        cv2.rectangle(name, (x, 20), (x + 20, 40), (0,), 2)
    Classifier(answer).classify_alone([name])
    (rows,) = given
    high = [np.count_nonzero(row[..., 0].any(axis=1)) for row in rows[:: len(LOOKS)]]
    assert len(high) == len(PARTS)
    assert high[1:] == pytest.approx([high[0] / 0.6] * 2, abs=2)


def test_many_crops_come_back_in_their_order_and_each_for_itself(assets: Assets) -> None:
    def ink_of(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        share = rows.mean(axis=(1, 2, 3))
        return np.stack([share, share, 1 - 2 * share], axis=1)

    random = np.random.default_rng(8)
    crops = [render_crop(random, assets, "signature") for _ in range(3 * CROPS_AT_ONCE + 5)]

    scores = Classifier(ink_of).classify(crops)

    assert scores == pytest.approx([np.mean(normalise(crop) / np.float32(255)) for crop in crops], abs=1e-6)


def test_no_crops_are_no_scores() -> None:
    def never(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        raise AssertionError(rows.shape)

    assert Classifier(never).classify([]).shape == (0,)
    assert Classifier(never).classify_alone([]).shape == (0,)


def test_networks_are_as_small_as_they_should_be(network: keras.Model) -> None:
    assert network.count_params() <= 500_000
    assert reference.network().output_shape == (None, 1)


def test_calibration_changes_how_sure_it_is_and_never_what_it_thinks(network: keras.Model) -> None:
    random = np.random.default_rng(4)
    images = random.integers(0, 255, (40, HEIGHT, WIDTH), dtype=np.uint8)
    ink = images[..., np.newaxis] / np.float32(255)
    before = np.asarray(network(ink, training=False))

    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    classifier.calibrate(copy, (images, random.integers(0, 3, 40)))
    after = np.asarray(copy(ink, training=False))

    assert np.array_equal(before.argmax(axis=1), after.argmax(axis=1))


LAYERS = [RandomFrame(0.3, 0.2, 0.2, (0.7, 1.1), 0.1), RandomPenWidth(), RandomScan()]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_augmentation_keeps_ink_in_range_and_rests_outside_training(layer: keras.layers.Layer) -> None:
    ink = np.zeros((6, HEIGHT, WIDTH, 1), np.float32)
    ink[:, 20:28, 30:90] = 1

    drawn = np.asarray(layer(ink, training=True))

    assert drawn.shape == ink.shape
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert not np.array_equal(drawn, ink)
    assert np.array_equal(np.asarray(layer(ink, training=False)), ink)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_augmentation_survives_being_saved(layer: keras.layers.Layer, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((HEIGHT, WIDTH, 1)), type(layer).from_config(layer.get_config())])
    model.save(tmp_path / "model.keras")

    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[0]

    wanted = {key: value for key, value in layer.get_config().items() if key not in ("name", "dtype")}
    found = loaded.get_config()
    assert {key: _plain(found[key]) for key in wanted} == {
        key: _plain(value) for key, value in wanted.items()
    }


def test_a_frame_that_changes_nothing_is_the_image_itself() -> None:
    ink = np.random.default_rng(1).random((2, HEIGHT, WIDTH, 1), np.float32)
    still = RandomFrame(0.0, 0.0, 0.0, (1.0, 1.0), 0.0)
    assert np.allclose(np.asarray(still(ink, training=True)), ink, atol=1e-5)


def test_the_report_has_its_figures_and_pictures(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    labels = random.integers(0, 3, 300)
    scores = np.clip(random.normal(np.where(labels == 0, 0.8, 0.2), 0.2), 0, 1).astype(np.float32)
    images = random.integers(0, 255, (300, HEIGHT, WIDTH), dtype=np.uint8)

    figures = write(scores, labels, images, np.array(["somewhere"] * 300), tmp_path / "report")

    assert figures == measure(scores, labels)
    written = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert f"{figures['recall']:.4f}" in written
    pictures = {path.stem for path in (tmp_path / "report").glob("*.png")}
    assert pictures == {"precision-recall", "thresholds", "reliability", "confusion", "misses"}
    assert all(f"({name}.png)" in written for name in pictures)


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
