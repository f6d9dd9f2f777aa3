"""What the proposer learns from, and one real step of learning it."""

from pathlib import Path

import numpy as np
import pytest

from model.page_batches import PageBatches
from model.page_examples import rendered_examples, varied
from model.page_targets import targets
from model.proposer import LANDSCAPE, PORTRAIT, STRIDE, canvas, regions
from model.render.assets import Assets
from model.render.dataset import render_dataset

SHARES = {"rendered": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    render_dataset(folder, 6, seed=2, processes=1, long_side=480)
    return folder


def _boxes(*boxes: tuple[float, ...]) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


def test_targets_read_back_as_the_boxes_they_were_made_of() -> None:
    wanted = _boxes((100, 300, 260, 360), (400, 700, 520, 740))
    maps = targets(PORTRAIT, wanted, _boxes(), _boxes(), known=True)
    sides = np.log(np.maximum(maps[..., 2:6], 0.05))
    logits = np.where(maps[..., :1] >= 1, 5, -5)
    read = np.concatenate([logits, logits, sides], axis=-1).astype(np.float32)
    page = np.full(PORTRAIT, 255, np.uint8)
    found = sorted(region.box for region in regions(read, canvas(page), page.shape, 0))
    assert np.array(found) == pytest.approx(wanted, abs=STRIDE)


def test_a_box_weighs_one_whatever_its_size() -> None:
    maps = targets(PORTRAIT, _boxes((10, 10, 60, 40), (100, 200, 600, 500)), _boxes(), _boxes(), known=True)
    assert maps[..., 6].sum() == pytest.approx(2, abs=1e-4)


def test_nothing_is_learnt_where_a_signature_is_cut_by_the_edge() -> None:
    maps = targets(PORTRAIT, _boxes(), _boxes(), _boxes((0, 0, 80, 80)), known=True)
    assert maps[5, 5, 7] == 0
    assert maps[50, 50, 7] == 1


def test_a_page_varied_keeps_its_signatures_inside(folder: Path) -> None:
    rng = np.random.default_rng(4)
    for example in rendered_examples(folder):
        ink, signatures, handwriting, _ = varied(example, PORTRAIT, rng)
        assert ink.shape == PORTRAIT
        for boxes in (signatures, handwriting):
            assert (boxes >= 0).all()
            assert (boxes[:, 2:] <= [PORTRAIT[1], PORTRAIT[0]]).all()


def _batches(folder: Path, *, size: int, steps: int, seed: int) -> PageBatches:
    examples = rendered_examples(folder)
    return PageBatches(Assets.load(), examples, SHARES, size=size, steps=steps, seed=seed, restaged=0)


def test_batches_are_the_same_for_the_same_seed(folder: Path) -> None:
    batches = [_batches(folder, size=2, steps=2, seed=seed)[0] for seed in (1, 1, 2)]
    assert (batches[0][0] == batches[1][0]).all()
    assert batches[0][0].shape != batches[2][0].shape or (batches[0][0] != batches[2][0]).any()


def test_keras_takes_batches_of_both_orientations(folder: Path) -> None:
    import keras

    batches = _batches(folder, size=1, steps=3, seed=1)
    assert {batches[index][0].shape[1:3] for index in range(len(batches))} == {PORTRAIT, LANDSCAPE}
    page = keras.Input((None, None, 1), dtype="uint8")
    maps = keras.layers.Conv2D(9, STRIDE, STRIDE)(keras.layers.Rescaling(1 / 255)(page))
    model = keras.Model(page, maps)
    model.compile(loss="mse")
    history = model.fit(batches, verbose=0)
    assert np.isfinite(history.history["loss"][0])


@pytest.mark.parametrize("shape", [PORTRAIT, LANDSCAPE])
def test_the_loss_falls_on_one_batch(shape: tuple[int, int]) -> None:
    from model.recipes import proposer as recipe

    maps = targets(shape, _boxes((100, 300, 260, 360)), _boxes((300, 100, 400, 130)), _boxes(), known=True)[
        None
    ]
    perfect = np.concatenate(
        [20 * (maps[..., :2] >= 1) - 10, np.log(np.maximum(maps[..., 2:6], 0.05))], axis=-1
    )
    ignorant = np.zeros_like(perfect)
    assert float(recipe.loss(maps, perfect.astype(np.float32))) < 0.1
    assert float(recipe.loss(maps, ignorant.astype(np.float32))) > 1


def test_folding_changes_nothing() -> None:
    import keras

    from model.normed import NormedConv
    from model.proposer_network import folded, network

    keras.utils.set_random_seed(1)
    trained = network()
    rng = np.random.default_rng(1)
    for layer in trained.layers:
        if isinstance(layer, NormedConv):
            layer.mean.assign(rng.normal(0, 0.1, layer.filters))
            layer.variance.assign(rng.uniform(0.5, 2, layer.filters))
    pages = rng.integers(0, 256, (1, 128, 192, 1), np.uint8)
    assert folded(trained)(pages).numpy() == pytest.approx(trained(pages).numpy(), abs=1e-3)


def test_unfolding_changes_nothing() -> None:
    import keras

    from model.normed import unfold
    from model.proposer_network import folded, network

    keras.utils.set_random_seed(2)
    plain, trained = network(keras.layers.Conv2D), network()
    pages = np.random.default_rng(2).integers(0, 256, (2, 128, 192, 1), np.uint8)
    unfold(plain, trained, [pages[:1], pages[1:]])
    assert trained(pages).numpy() == pytest.approx(plain(pages).numpy(), abs=1e-3)
    refolded = folded(trained)
    assert refolded(pages).numpy() == pytest.approx(plain(pages).numpy(), abs=1e-3)


def test_a_teacher_is_followed_where_something_is_seen() -> None:
    from model.recipes import proposer as recipe

    wanted = targets(PORTRAIT, _boxes((100, 300, 260, 360)), _boxes(), _boxes(), known=True)[None]
    maps = np.random.default_rng(6).normal(-1, 1, (*wanted.shape[:3], 6)).astype(np.float32)
    agreed = recipe.taught_loss(wanted, np.concatenate([maps, maps], axis=-1))
    assert float(agreed) == pytest.approx(recipe.LABELS_WEIGHT * float(recipe.loss(wanted, maps)), rel=1e-5)
    teacher = maps + np.array([1, 0, 0, 0, 0, 0], np.float32)
    apart = recipe.taught_loss(wanted, np.concatenate([maps, teacher], axis=-1))
    assert float(apart) > float(agreed) + 0.5
