"""Processes that make batches of pages: what they hand over, and how they end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from model.errors import FeederDied
from model.feeder import Feeder, Food
from model.proposer import LANDSCAPE, PORTRAIT, STRIDE
from tests.waiting import until

SHARES = {"rendered": 1.0}
SIZE = 2


@pytest.fixture(scope="module")
def train_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "train").mkdir()
    Image.new("L", (64, 64), 255).save(folder / "train" / "blank.png")
    (folder / "pages.json").write_text('{"pages": []}')
    (folder / "crops.csv").write_text("path,split,label,source,group\n")
    return folder / "train"


@pytest.fixture
def feeder(train_dir: Path) -> Iterator[Feeder]:
    food = Food(train_dir, SHARES, restaged=0.0, size=SIZE, long_side=320, seed=4, kept=3)
    with Feeder(food, processes=2) as running:
        yield running


def test_batches_hold_pages_of_one_orientation_and_what_is_wanted_of_them(feeder: Feeder) -> None:
    batches = feeder.batches()
    seen = [next(batches) for _ in range(6)]
    assert {ink.shape[1:3] for ink, _ in seen[:2]} == {PORTRAIT, LANDSCAPE}
    for ink, maps in seen:
        assert ink.dtype == np.uint8
        assert ink.shape[0] == maps.shape[0] == SIZE
        assert tuple(side // STRIDE for side in ink.shape[1:3]) == maps.shape[1:3]
        assert ink.any()
    assert len({ink.tobytes() for ink, _ in seen}) == len(seen), "ever new looks"


def test_a_process_that_ended_is_an_error_and_not_a_wait(feeder: Feeder) -> None:
    next(feeder.batches())
    os.kill(_feeding()[0].pid, signal.SIGKILL)
    with pytest.raises(FeederDied):
        for _ in feeder.batches():
            pass


def test_no_process_is_left_behind(train_dir: Path) -> None:
    with Feeder(Food(train_dir, SHARES, 0.0, SIZE, 320, 5, kept=1), processes=1) as running:
        next(running.batches())
        assert len(_feeding()) == 1
    until(lambda: not _feeding())


def _feeding() -> list[psutil.Process]:
    """Processes that were started to make batches."""
    return [
        child
        for child in psutil.Process().children()
        if any("multiprocessing.spawn" in part for part in child.cmdline())
    ]
