"""Real training runs, on a few crops and for a few batches."""

import importlib
import json
import os
from functools import partial
from pathlib import Path

import pytest

from model.errors import NoRoom, WrongStart
from model.job import Changes, open_job
from model.storage import fetch_folder
from model.train import disk_errors, trained_network, updates_an_epoch
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
    from model.recipes import classifier

    assert updates_an_epoch(classifier, Changes(), classifier.BATCH) == classifier.STEPS
    fewer = updates_an_epoch(classifier, Changes(), classifier.GPU_BATCH)
    assert fewer == classifier.STEPS * classifier.BATCH // classifier.GPU_BATCH
    assert updates_an_epoch(classifier, Changes(steps=STEPS), classifier.GPU_BATCH) == STEPS


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
