"""Real training runs, on a few crops and for a few batches."""

import importlib
import json
import os
from functools import partial
from pathlib import Path

import pytest

from model import train
from model.errors import NoRoom, WrongStart
from model.job import Changes, open_job
from model.storage import fetch_folder
from model.train import disk_errors, history_column, trained_network
from tests.emulators.storage import StorageEmulator
from tests.model.running import STEPS, epochs_done, finished, killed, training

pytestmark = pytest.mark.timeout(900)

_reference = partial(training, recipe="reference")


def test_a_killed_run_resumes_after_its_last_whole_epoch(crop_folder: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    done = killed(_reference(crop_folder, job, "--epochs", "500"), job)

    output = finished(_reference(crop_folder, job, "--epochs", str(done[-1] + 3)))

    assert epochs_done(job) == list(range(done[-1] + 3)), "an epoch was left out or done twice"
    assert set(json.loads(output.splitlines()[-1])) >= {"accuracy", "precision", "recall", "f1"}
    for left in ("model.keras", "model/saved_model.pb", "checkpoints/best.keras", "metrics.json"):
        assert (job / left).exists(), left
    assert list((job / "logs").rglob("events.out.tfevents.*"))


def test_a_run_that_goes_on_draws_the_batches_that_come_next(tmp_path: Path) -> None:
    job = open_job(str(tmp_path / "job"))
    (job.folder / "history.csv").write_text("epoch,loss\n0,0.5\n1,0.4\n")
    assert train.epochs_done(job) == 0, "whole; a run into its folder begins anew"
    job.part("backup")
    assert train.epochs_done(job) == 2


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 with NumPy 2
def test_the_rate_falls_to_zero_over_the_run_and_what_is_left_computes_in_full(
    crop_folder: Path, tmp_path: Path
) -> None:
    import keras

    importlib.import_module("model.recipes.classifier")  # Keras then knows its loss
    job = tmp_path / "job"
    finished(training(crop_folder, job, "--epochs", "3", recipe="classifier"))
    trained = keras.saving.load_model(job / "checkpoints" / "best.keras")
    rate = trained.optimizer.get_config()["learning_rate"]["config"]
    assert rate["warmup_steps"] + rate["decay_steps"] == 3 * STEPS
    left = keras.saving.load_model(job / "model.keras", compile=False)
    assert {layer.compute_dtype for layer in left.layers} == {"float32"}


def test_an_epoch_is_as_many_crops_whatever_the_batch() -> None:
    from model.crop_training import updates_an_epoch
    from model.recipes import classifier

    assert updates_an_epoch(classifier, Changes(), classifier.BATCH) == classifier.STEPS
    fewer = updates_an_epoch(classifier, Changes(), classifier.GPU_BATCH)
    assert fewer == classifier.STEPS * classifier.BATCH // classifier.GPU_BATCH
    assert updates_an_epoch(classifier, Changes(steps=STEPS), classifier.GPU_BATCH) == STEPS


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 with NumPy 2
def test_the_classifier_learns_beside_its_teacher_and_is_what_is_left(
    crop_folder: Path, tmp_path: Path
) -> None:
    import keras

    from model.recipes import classifier

    job = tmp_path / "job"
    finished(training(crop_folder, job, "--epochs", "2", "--taught", recipe="classifier"))
    for column in ("val_accuracy", "val_teacher_accuracy"):
        assert len(history_column(job / "history.csv", column)) == 2
    left = [keras.saving.load_model(job / f"{name}.keras", compile=False) for name in ("model", "teacher")]
    made = [classifier.network(), classifier.teacher()]
    assert [network.count_params() for network in left] == [network.count_params() for network in made]
    learner = keras.saving.load_model(job / "checkpoints" / "best.keras", compile=False)
    for network in left:
        kernel = learner.get_layer(network.name).get_weights()[0]
        assert (network.get_weights()[0] == kernel).all(), "not what was learnt"


def test_a_learner_gives_the_scores_of_both_and_its_loss_moves_both() -> None:
    import keras
    import numpy as np

    from model.crop_training import learner
    from model.recipes import classifier

    keras.utils.set_random_seed(1)
    networks = [classifier.network(dropout=0.0), classifier.teacher(dropout=0.0)]
    learning = learner(networks, classifier.augmentation())
    classifier.compile_learner(learning, updates=10, size=8)
    ink = np.random.default_rng(1).integers(0, 256, (8, *networks[0].input_shape[1:]), np.uint8)
    expected = [network.predict(ink / np.float32(255), verbose=0) for network in networks]
    assert np.allclose(learning.predict(ink, verbose=0), np.concatenate(expected, axis=1), atol=1e-5)
    before = [network.get_weights() for network in networks]
    learning.fit(ink, np.arange(8) % 3, epochs=1, verbose=0)
    for network, weights in zip(networks, before, strict=True):
        assert all((new != old).any() for new, old in zip(network.get_weights(), weights, strict=True))


def test_batches_hold_pools_by_their_shares_and_labels_alike() -> None:
    import numpy as np

    from model.crop_batches import CropBatches
    from model.pools import Pool

    few = Pool("few", np.full((4, 2, 3), 1, np.uint8), np.array([0, 1, 1, 1]), 0.25)
    many = Pool("many", np.full((90, 2, 3), 2, np.uint8), np.full(90, 2), 0.75)
    batches = CropBatches([few, many], size=4000, steps=1, seed=5)
    images, labels = batches[0]
    assert images.shape == (4000, 2, 3, 1)
    assert ((labels == 2) == (images[:, 0, 0, 0] == 2)).all(), "crops and labels are of different pools"
    assert np.allclose([(labels == label).mean() for label in range(3)], [0.125, 0.125, 0.75], atol=0.03)
    again = CropBatches([few, many], size=4000, steps=1, seed=5)
    assert (again[0][1] == labels).all()
    batches.on_epoch_end()
    assert (batches[0][1] != labels).any()
    later = CropBatches([few, many], size=4000, steps=1, seed=5, epoch=1)
    assert (later[0][1] == batches[0][1]).all()


@pytest.mark.slow
def test_trains_in_the_cloud_s_own_folders(crop_folder: Path, tmp_path: Path) -> None:
    with StorageEmulator() as storage:
        storage.store.create_bucket("jobs")
        places = {
            "AIP_MODEL_DIR": "gs://jobs/vertex/model/",
            "AIP_CHECKPOINT_DIR": "gs://jobs/vertex/checkpoints/",
            "AIP_TENSORBOARD_LOG_DIR": "gs://jobs/vertex/logs/",
        }
        surroundings = {**os.environ, "STORAGE_EMULATOR_HOST": storage.host, **places}
        finished(_reference(crop_folder, "gs://jobs/mine", "--epochs", "1", environment=surroundings))

        os.environ["STORAGE_EMULATOR_HOST"] = storage.host
        try:
            fetched = fetch_folder("gs://jobs", tmp_path / "fetched")
        finally:
            del os.environ["STORAGE_EMULATOR_HOST"]
    assert (fetched / "vertex" / "model" / "saved_model.pb").exists()
    assert (fetched / "vertex" / "checkpoints" / "best.keras").exists()
    assert list((fetched / "vertex" / "logs").rglob("events.out.tfevents.*"))
    assert (fetched / "mine" / "metrics.json").exists()
    assert not (fetched / "mine" / "cache").exists()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 with NumPy 2
def test_goes_on_from_a_trained_network(tmp_path: Path) -> None:
    from model.recipes import classifier, reference

    trained = classifier.network()
    trained.save(tmp_path / "trained.keras")
    loaded = trained_network(str(tmp_path / "trained.keras"), classifier.network())
    assert all((a == b).all() for a, b in zip(loaded.get_weights(), trained.get_weights(), strict=True))
    with pytest.raises(WrongStart, match="another network than the recipe's"):
        trained_network(str(tmp_path / "trained.keras"), reference.network())


def test_a_file_that_is_no_network_ends_in_one_line(crop_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.keras").write_bytes(b"not a network")
    run = _reference(crop_folder, tmp_path / "job", "--start-from", str(tmp_path / "photo.keras"))
    _, errors = run.communicate()
    assert run.returncode == 1
    assert "Traceback" not in errors
    assert "photo.keras is no trained network" in errors.splitlines()[-1]


def test_bad_training_data_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data" / "signature").mkdir(parents=True)
    run = _reference(tmp_path / "data", tmp_path / "job")
    _, errors = run.communicate()
    assert run.returncode == 1
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("error: The training data cannot make a good model")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_named() -> None:
    with pytest.raises(NoRoom, match="The disk is full"), disk_errors(), Path("/dev/full").open("w") as full:
        full.write("x" * 100_000)


def test_a_cloud_folder_that_is_mounted_is_used_as_it_is(tmp_path: Path) -> None:
    job = open_job(str(tmp_path / "job"), {"AIP_MODEL_DIR": str(tmp_path / "mounted" / "model")})
    (job.part("model") / "saved_model.pb").write_bytes(b"")
    assert (tmp_path / "mounted" / "model" / "saved_model.pb").exists()
    assert not job.uploads
