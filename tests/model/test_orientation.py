"""Pages that were scanned sideways or upside down are judged as upright ones."""

import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.detector import Detector
from model.orientation import FIRST, TILES, Orientation, as_turned, tiles
from model.proposer import canvas
from model.release import DESCRIPTION, ORIENTATION, read_release, write_release
from model.values import Signature


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load(engine="openvino", threads=1)


def _sides(found: list[Signature]) -> NDArray[np.float64]:
    return np.array([(s.box.x0, s.box.y0, s.box.x1, s.box.y1, s.score) for s in found], np.float64).reshape(
        -1, 5
    )


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_has_the_signatures_of_the_upright_one(
    detector: Detector, letters: list[NDArray[np.uint8]], turns: int
) -> None:
    as_read = [_sides(found) for found in detector.detect(letters)]
    found = detector.detect([np.ascontiguousarray(np.rot90(letter, turns)) for letter in letters])
    same = 0
    for sides, scanned in zip(as_read, found, strict=True):
        wanted = [as_turned((x0, y0, x1, y1), turns, (1, 1)) for x0, y0, x1, y1, _ in sides.tolist()]
        same += np.allclose(np.column_stack([wanted, sides[:, 4]]), _sides(scanned), atol=1e-6)
    assert same >= len(letters) - 1


def test_pages_that_say_nothing_are_taken_as_they_are(detector: Detector) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1100, 850), dtype=np.uint8)
    stripes = np.tile(np.repeat(np.array([0, 255], np.uint8), 20), (1100, 20))
    looked = Orientation(_Says([0.3, 0.2, 0.3, 0.2]))
    for page in (noise, stripes, np.full((900, 700), 255, np.uint8)):
        assert looked.turns([canvas(page).ink]) == [0]
    assert looked.turns([]) == []


class _Says:
    """A network that says the same of every tile, and counts them."""

    def __init__(self, odds: list[float]) -> None:
        self.odds = odds
        self.seen = 0

    def __call__(self, rows: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += len(rows)
        return np.tile(np.array(self.odds, np.float32), (len(rows), 1))


def test_a_clearly_upright_page_costs_its_first_tiles_alone(letters: list[NDArray[np.uint8]]) -> None:
    ink = canvas(letters[0]).ink
    assert len(tiles(ink)) == TILES
    sure, torn = _Says([0.97, 0.01, 0.01, 0.01]), _Says([0.4, 0.1, 0.4, 0.1])
    assert Orientation(sure).turns([ink, ink]) == [0, 0]
    assert sure.seen == 2 * FIRST
    assert Orientation(torn).turns([ink]) == [0]
    assert torn.seen == TILES
    assert Orientation(_Says([0.01, 0.01, 0.97, 0.01])).turns([ink]) == [2]


def test_no_signature_is_lost_where_the_network_errs(
    detector: Detector, letters: list[NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_read = detector.detect(letters)
    monkeypatch.setattr(detector, "_orientation", Orientation(_Says([0.01, 0.01, 0.97, 0.01])))
    for right, found in zip(as_read, detector.detect(letters), strict=True):
        assert max(s.score for s in found) >= max(s.score for s in right)


def test_one_tile_alone_turns_no_page(letters: list[NDArray[np.uint8]]) -> None:
    ink = np.zeros((832, 640), np.uint8)
    ink[100:180, 100:180] = canvas(letters[0]).ink[300:380, 200:280]
    assert 1 <= len(tiles(ink)) <= 4
    one = np.zeros_like(ink)
    one[10:80, 10:80] = np.random.default_rng(0).integers(0, 256, (70, 70))
    assert len(tiles(one)) == 1
    assert Orientation(_Says([0.0, 0.0, 1.0, 0.0])).turns([one]) == [0]


def test_a_release_without_the_network_takes_pages_as_they_were_scanned(
    tmp_path: Path, detector: Detector, letters: list[NDArray[np.uint8]]
) -> None:
    folder = tmp_path / "release"
    shutil.copytree(read_release().folder, folder, ignore=shutil.ignore_patterns(f"{ORIENTATION}.*"))
    shipped = read_release()
    (folder / DESCRIPTION).unlink()
    description = {
        "name": shipped.name,
        "version": shipped.version,
        "threshold": shipped.threshold,
        "floor": shipped.floor,
        "metrics": shipped.metrics,
        "calibration": asdict(shipped.calibration),
    }
    write_release(folder, description)
    older = Detector.load(folder, engine="openvino", threads=1)
    assert older.detect(letters[:2]) == detector.detect(letters[:2])
    sideways = [np.ascontiguousarray(np.rot90(letter)) for letter in letters]
    assert older.detect(sideways) != detector.detect(sideways)
