"""The whole recipes of proposer and refiner, on a few drawn pages that stand for real ones."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from model.render.assets import Assets
from model.render.dataset import page_rng
from model.render.pages import render_page

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


def _train(folder: Path, job: Path, *options: str, recipe: str = "proposer") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "model.train", "--recipe", recipe, "--rendered", "8", "--steps", "2"]
    command += ["--train-dir", str(folder), "--job-dir", str(job), *options]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def _epochs(job: Path) -> list[int]:
    history = job / "history.csv"
    if not history.exists():
        return []
    with history.open(newline="") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file) if row.get("loss")]


def _killed(run: subprocess.Popen[str], job: Path) -> list[int]:
    """The epochs of a run that is killed after its second."""
    while len(_epochs(job)) < 2 and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    done = _epochs(job)
    assert done == list(range(len(done)))
    return done


def test_a_killed_run_of_the_refiner_resumes(page_folder: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    done = _killed(_train(page_folder, job, "--epochs", "500", recipe="refiner"), job)
    again = _train(page_folder, job, "--epochs", str(len(done) + 1), recipe="refiner")
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert _epochs(job) == list(range(len(done) + 1))

    further = ["--epochs", "1", "--start-from", str(job / "refiner.keras")]
    on = _train(page_folder, tmp_path / "further", *further, recipe="refiner")
    _, errors = on.communicate()
    assert on.returncode == 0, errors
    assert (tmp_path / "further" / "refiner.keras").exists()


def test_a_killed_run_resumes_and_both_stages_are_whole(page_folder: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    done = _killed(_train(page_folder, job, "--epochs", "50"), job)
    again = _train(page_folder, job, "--epochs", str(len(done) + 1))
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    assert _epochs(job) == [*range(len(done) + 1), 0], "the second stage has one epoch"

    further = _train(
        page_folder, tmp_path / "further", "--epochs", "1", "--start-from", str(job / "proposer.keras")
    )
    _, errors = further.communicate()
    assert further.returncode == 0, errors
    assert (tmp_path / "further" / "proposer.keras").exists()
