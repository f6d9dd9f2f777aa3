import csv
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from model.crops import BLUR_THRESHOLD, HEIGHT, WIDTH, normalise, sharpness
from model.errors import WrongTrainingData
from model.prepare import find_examples, prepare, split_by_group
from model.storage import StorageFailed, upload_folder
from tests.emulators.storage import StorageEmulator


@pytest.fixture
def folder(crop_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crop_folder, tmp_path / "crops"))


def test_splits_by_writer_and_keeps_the_unseen_set_apart(folder: Path, tmp_path: Path) -> None:
    prepared = prepare(str(folder), tmp_path / "cache")

    assert prepared.images.shape[1:] == (HEIGHT, WIDTH)
    assert set(prepared.splits) == {"train", "held", "unseen"}
    for path, split in zip(prepared.paths, prepared.splits, strict=True):
        assert ("unseen" in Path(path).parts) == (split == "unseen")
    writers = {
        split: {Path(p).parent for p, s in zip(prepared.paths, prepared.splits, strict=True) if s == split}
        for split in ("train", "held")
    }
    assert not writers["train"] & writers["held"]


def test_is_prepared_once_and_again_when_an_image_changes(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    prepare(str(folder), cache)
    first = {path.name for path in cache.glob("prepared-*.npz")}
    prepare(str(folder), cache)
    assert {path.name for path in cache.glob("prepared-*.npz")} == first

    Image.new("L", (90, 40), 255).save(folder / "text" / "w0" / "0.png")
    prepare(str(folder), cache)
    assert len(list(cache.glob("prepared-*.npz"))) == 2


def test_drops_what_is_blurred_and_lists_it(folder: Path, tmp_path: Path) -> None:
    drawn = np.full((70, 320), 255, np.uint8)
    cv2.putText(drawn, "agreement", (10, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 0, 3)
    assert sharpness(drawn) > BLUR_THRESHOLD
    blurred = folder / "text" / "w1" / "1.png"
    Image.fromarray(cv2.GaussianBlur(drawn, (0, 0), 9)).save(blurred)

    prepared = prepare(str(folder), tmp_path / "cache")

    with (tmp_path / "cache" / "dropped.csv").open(newline="") as file:
        listed = {row["path"]: row for row in csv.DictReader(file)}
    assert listed[str(blurred)]["reason"] == "blurred"
    assert float(listed[str(blurred)]["sharpness"]) < BLUR_THRESHOLD
    assert str(blurred) not in prepared.paths


def test_one_unreadable_image_is_dropped_and_many_refuse_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "text" / "w0" / "0.png").write_bytes(b"no image")
    prepared = prepare(str(folder), tmp_path / "cache")
    assert [drop.reason for drop in prepared.dropped if drop.path.endswith("text/w0/0.png")] == ["unreadable"]

    for path in (folder / "signature").rglob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(WrongTrainingData, match="cannot be read"):
        prepare(str(folder), tmp_path / "cache")


def test_an_empty_class_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "signature")
    with pytest.raises(WrongTrainingData, match="no signature images"):
        prepare(str(folder), tmp_path / "cache")


def test_an_unknown_label_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "signatures").mkdir()
    with pytest.raises(WrongTrainingData, match="signatures is not a label"):
        prepare(str(folder), tmp_path / "cache")


def test_an_unknown_label_in_a_table_is_named_with_its_line(folder: Path) -> None:
    (folder / "crops.csv").write_text("path,label\na.png,signature\nb.png,autograph\n")
    with pytest.raises(WrongTrainingData, match=r"line 3: label 'autograph'"):
        find_examples(folder)


def test_one_image_only_cannot_be_split(folder: Path, tmp_path: Path) -> None:
    images = sorted((folder / "signature").rglob("*.png"))
    for path in images[1:]:
        path.unlink()
    with pytest.raises(WrongTrainingData, match="one writer or page"):
        prepare(str(folder), tmp_path / "cache")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongTrainingData, match="nowhere"):
        prepare(str(tmp_path / "nowhere"), tmp_path / "cache")


def test_a_table_gives_group_and_split(folder: Path, tmp_path: Path) -> None:
    paths = [p.relative_to(folder) for p in sorted(folder.rglob("*.png")) if "unseen" not in p.parts]
    rows = [f"{p},{p.parts[0]},{p.parts[1]},{'validate' if p.name == '3.png' else 'train'}" for p in paths]
    (folder / "crops.csv").write_text("\n".join(["path,label,group,split", *rows]))

    prepared = prepare(str(folder), tmp_path / "cache")

    apart = {
        Path(path).name
        for path, split in zip(prepared.paths, prepared.splits, strict=True)
        if split == "unseen"
    }
    assert apart == {"3.png"}


def test_about_three_tenths_are_held_out_of_every_label() -> None:
    labels = ["signature"] * 200 + ["text"] * 300
    groups = [str(i // 4) for i in range(500)]
    held = split_by_group(labels, groups, seed=1)
    assert 0.2 < held[:200].mean() < 0.4
    assert 0.2 < held[200:].mean() < 0.4


def test_reads_a_bucket(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StorageEmulator() as storage:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage.host)
        storage.store.create_bucket("data")
        upload_folder(folder, "gs://data/crops")

        there = prepare("gs://data/crops", tmp_path / "there")
        here = prepare(str(folder), tmp_path / "here")

        assert there.counts() == here.counts()
        with pytest.raises(StorageFailed, match="gs://none"):
            prepare("gs://none/crops", tmp_path / "none")


@pytest.mark.parametrize("paper", [255, 190, 120])
def test_paper_and_contrast_tell_nothing(paper: int) -> None:
    drawn = np.zeros((60, 200), np.uint8)
    cv2.putText(drawn, "Adams", (10, 45), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.4, 255, 2)
    stroke = drawn.astype(np.float32) / 255
    on_white = (255 - 200 * stroke).astype(np.uint8)
    on_paper = (paper * (1 - 0.5 * stroke)).astype(np.uint8)

    difference = np.abs(normalise(on_white).astype(int) - normalise(on_paper))
    assert difference.mean() < 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 2), (2000, 3000)])
def test_any_shape_is_normalised(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    assert normalise(random.integers(0, 255, shape, dtype=np.uint8)).shape == (HEIGHT, WIDTH)


def test_a_blank_crop_stays_blank() -> None:
    assert not normalise(np.full((50, 90), 200, np.uint8)).any()
    assert sharpness(np.full((50, 90), 200, np.uint8)) == 0
