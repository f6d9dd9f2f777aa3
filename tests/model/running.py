"""Training runs in processes of their own, as people start them, and what they have done so far."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

STEPS = 2
"""Batches an epoch."""


def training(
    train_dir: Path,
    job_dir: Path | str,
    *options: str,
    recipe: str,
    rendered: int = 0,
    environment: Mapping[str, str] = os.environ,
) -> subprocess.Popen[str]:
    """Starts a run."""
    command = [sys.executable, "-m", "model.train", "--recipe", recipe, "--rendered", str(rendered)]
    command += ["--train-dir", str(train_dir), "--job-dir", str(job_dir), "--steps", str(STEPS), *options]
    quiet = {**environment, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=quiet)


def finished(run: subprocess.Popen[str]) -> str:
    """What a run that must end well has printed."""
    output, errors = run.communicate()
    assert run.returncode == 0, errors
    return output


def epochs_done(job: Path) -> list[int]:
    """The epochs that the history of a job folder lists whole."""
    history = job / "history.csv"
    if not history.exists():
        return []
    with history.open(newline="") as file:
        rows = csv.DictReader(file)
        last = (rows.fieldnames or ["epoch"])[-1]
        return [int(row["epoch"]) for row in rows if row.get(last)]


def killed(run: subprocess.Popen[str], job: Path) -> list[int]:
    """The epochs that a run had done when it was killed, some time after its second."""
    while len(epochs_done(job)) < 2 and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    done = epochs_done(job)
    assert done == list(range(len(done)))
    return done
