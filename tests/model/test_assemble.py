"""A release made of trained networks."""

import json
from pathlib import Path

import keras
import numpy as np
import openvino
import pytest
import tensorflow as tf

from model.assemble import assemble
from model.cells import CELL
from model.engine import OpenVinoEngine, TensorFlowEngine
from model.errors import WrongStart
from model.proposer_network import plain
from model.recipes import classifier, reference
from model.release import DESCRIPTION as DESCRIPTION_FILE
from model.release import read_release, write_release

# Keras 3.15 with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

DESCRIPTION = {
    "name": "mean",
    "version": "0.1",
    "threshold": 0.5,
    "floor": 0.05,
    "calibration": {
        "proposer": 1.0,
        "refiner": 1.0,
        "classifier": 1.0,
        "offset": 0.0,
        "crop_classifier": 1.0,
        "crop_offset": 0.0,
    },
    "metrics": {},
}


def saved(network: keras.Model, path: Path) -> Path:
    network.save(path, include_optimizer=False)
    return path


def test_networks_of_one_kind_are_averaged(tmp_path: Path) -> None:
    one = classifier.network()
    other = keras.models.clone_model(one)
    other.set_weights([weights + 0.5 for weights in one.get_weights()])
    files = [saved(one, tmp_path / "one.keras"), saved(other, tmp_path / "other.keras")]

    assemble({"classifier": files}, tmp_path / "release", DESCRIPTION, {})

    release = read_release(tmp_path / "release")
    mean = keras.models.load_model(release.folder / "classifier.keras", compile=False)
    for found, weights in zip(mean.get_weights(), one.get_weights(), strict=True):
        assert np.allclose(found, weights + 0.25, rtol=4e-3, atol=2e-3), "but for shorter numbers"


def test_networks_of_different_kinds_are_not(tmp_path: Path) -> None:
    files = [
        saved(classifier.network(), tmp_path / "one.keras"),
        saved(reference.network(), tmp_path / "other.keras"),
    ]
    with pytest.raises(WrongStart, match=r"other\.keras"):
        assemble({"classifier": files}, tmp_path / "release", DESCRIPTION, {})


@pytest.mark.parametrize("celled", [True, False], ids=["in cells", "whole, as until format 2"])
def test_both_engines_say_the_same_of_a_page(tmp_path: Path, *, celled: bool) -> None:
    release = assemble(
        {"proposer": [saved(_proposer(), tmp_path / "one.keras")]}, tmp_path / "release", DESCRIPTION, {}
    )
    if not celled:
        _take_pages_whole(release.folder)
        release = read_release(release.folder)
    taken = openvino.Core().read_model(release.file("proposer.xml")).input(0).partial_shape[3]
    assert taken == (CELL**2 if celled else 1)
    pages = np.random.default_rng(0).integers(0, 256, (3, 128, 192, 1), dtype=np.uint8)
    found, wanted = (
        engine.load(release.folder, "proposer")(pages)
        for engine in (OpenVinoEngine(1), TensorFlowEngine(None))
    )
    assert wanted.std(axis=(0, 1, 2)).min() > 0
    assert np.allclose(found, wanted, rtol=1e-3, atol=1e-4 * wanted.std())


def _proposer() -> keras.Model:
    """An untrained one, all of whose maps depend on the page."""
    network = plain()
    random = np.random.default_rng(1)
    network.set_weights([random.normal(0, 0.1, weights.shape) for weights in network.get_weights()])
    return network


def _take_pages_whole(folder: Path) -> None:
    """Makes a release one of format 2."""
    network = keras.models.load_model(folder / "proposer.keras", compile=False)
    traced = tf.function(lambda rows: network(rows, training=False)).get_concrete_function(
        tf.TensorSpec((None, None, None, 1), tf.uint8)
    )
    openvino.save_model(openvino.convert_model(traced), folder / "proposer.xml", compress_to_fp16=True)
    (folder / DESCRIPTION_FILE).unlink()
    write_release(folder, DESCRIPTION)
    path = folder / DESCRIPTION_FILE
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "format": 2}), "utf-8")
