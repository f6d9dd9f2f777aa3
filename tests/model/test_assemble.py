"""A release made of trained networks."""

from pathlib import Path

import keras
import numpy as np
import pytest

from model.assemble import assemble
from model.errors import WrongStart
from model.recipes import classifier, reference
from model.release import read_release

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
