"""The whole recipes of the page networks, on a few drawn pages that stand for real ones."""

import json
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from model.proposer_network import plain
from model.render.assets import Assets
from model.render.dataset import page_rng
from model.render.pages import render_page
from tests.model.running import epochs_done, finished, killed, training

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def page_folder(tmp_path_factory: pytest.TempPathFactory, assets: Assets) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "train").mkdir()
    entries = []
    for number, source in enumerate(("letters_small", "rf100_web", "tapuscorpus", "tesseract_test")):
        page = render_page(page_rng(3, number), assets, long_side=640, kind="letter", signed=number < 2)
        path = folder / "train" / f"{number}.png"
        Image.fromarray(page.image).save(path)
        entry = {"path": f"train/{number}.png", "split": "train", "label": "", "source": source}
        entries.append({**entry, "signatures": page.signatures.tolist()})
    (folder / "pages.json").write_text(json.dumps({"pages": entries}))
    (folder / "crops.csv").write_text("path,split,label,source,group\n")
    return folder


_refiner = partial(training, recipe="refiner", rendered=8)
_proposer = partial(training, recipe="proposer", rendered=8)
_orientation = partial(training, recipe="orientation", rendered=8)


def test_a_killed_run_of_the_orientation_network_resumes(page_folder: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    done = killed(_orientation(page_folder, job, "--epochs", "500"), job)
    finished(_orientation(page_folder, job, "--epochs", str(len(done) + 1)))
    assert epochs_done(job) == list(range(len(done) + 1))

    further = tmp_path / "further"
    start = str(job / "orientation.keras")
    finished(_orientation(page_folder, further, "--epochs", "1", "--start-from", start))
    assert json.loads((further / "metrics.json").read_text()).keys() == {"loss", "accuracy"}


def test_a_killed_run_of_the_refiner_resumes(page_folder: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    done = killed(_refiner(page_folder, job, "--epochs", "500"), job)
    finished(_refiner(page_folder, job, "--epochs", str(len(done) + 1)))
    assert epochs_done(job) == list(range(len(done) + 1))

    further = tmp_path / "further"
    finished(_refiner(page_folder, further, "--epochs", "1", "--start-from", str(job / "refiner.keras")))
    assert (further / "refiner.keras").exists()


def test_a_killed_run_resumes_and_both_stages_are_whole(page_folder: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    done = killed(_proposer(page_folder, job, "--epochs", "50"), job)
    finished(_proposer(page_folder, job, "--epochs", str(len(done) + 1)))
    assert epochs_done(job) == [*range(len(done) + 1), 0], "the second stage has one epoch"

    further = tmp_path / "further"
    finished(_proposer(page_folder, further, "--epochs", "1", "--start-from", str(job / "proposer.keras")))
    assert (further / "proposer.keras").exists()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 with NumPy 2
def test_a_killed_run_beside_a_wide_teacher_resumes(page_folder: Path, tmp_path: Path) -> None:
    import keras

    job = tmp_path / "job"
    done = killed(_proposer(page_folder, job, "--epochs", "50", "--taught"), job)
    finished(_proposer(page_folder, job, "--epochs", str(len(done) + 1), "--taught"))
    assert epochs_done(job) == [*range(len(done) + 1), 0], "both stages"
    trained = keras.saving.load_model(job / "proposer.keras", compile=False)
    assert [weights.shape for weights in trained.weights] == [weights.shape for weights in plain().weights]
