"""Labelled folders in, cleaned and cached arrays out.

A training folder holds either a `crops.csv` (columns `path`, `label` and, where known, `group` and `split`;
rows whose split is `validate` or `unseen` are set apart) or one folder a label:

    signature/writer-7/a.png      the folder below the label is the group: a writer or a page
    text/b.png                    without one, an image is a group of its own
    unseen/signature/c.png        set apart: never trained on, never used to choose anything

Blurred images are dropped and listed (not from the unseen set: what is measured must not be chosen); the
rest is brought to the network's form (`model.crops`) and split 70/30 by group, so that no writer or page is
on both sides.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model import crops
from model.classifier import LABELS
from model.errors import WrongTrainingData
from model.storage import fetch_folder

REQUIRED: Final = ("signature", "text")
HELD_SHARE: Final = 0.3
"""Share held out of training to stop early and to choose by."""

MOST_UNREADABLE: Final = 0.1
"""More unreadable images than this share, and the folder is refused rather than learnt from."""

SPLITS: Final = {"": "", "train": "", "validate": "unseen", "unseen": "unseen"}
SUFFIXES: Final = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"}


@dataclass(frozen=True)
class Example:
    """One labelled image before it is prepared."""

    path: Path
    label: str
    group: str
    source: str
    unseen: bool


@dataclass(frozen=True)
class Dropped:
    """One image that is not learnt from, and why."""

    path: str
    reason: str
    sharpness: float


@dataclass(frozen=True)
class Prepared:
    """Cleaned arrays; the first axis of each is the example."""

    images: NDArray[np.uint8]
    """Shape (n, crops.HEIGHT, crops.WIDTH): ink, 0 none to 255 darkest."""
    labels: NDArray[np.int64]
    """Shape (n,): index into `model.classifier.LABELS`."""
    splits: NDArray[np.str_]
    """Shape (n,): `train`, `held` or `unseen`."""
    sources: NDArray[np.str_]
    paths: NDArray[np.str_]
    dropped: tuple[Dropped, ...] = ()

    def part(self, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Images and labels of one split."""
        chosen = self.splits == split
        return self.images[chosen], self.labels[chosen]

    def counts(self) -> dict[str, dict[str, int]]:
        """Examples by split and label."""
        pairs = Counter(zip(self.splits.tolist(), self.labels.tolist(), strict=True))
        return {
            split: {name: pairs[split, index] for index, name in enumerate(LABELS)}
            for split in ("train", "held", "unseen")
        }


def prepare(
    train_dir: str, cache: Path, *, seed: int = 0, blur_threshold: float = crops.BLUR_THRESHOLD
) -> Prepared:
    """Prepares a training folder, or finds it prepared already.

    Args:
        train_dir: A local folder or `gs://bucket/prefix`.
        cache: Folder for the prepared arrays (`prepared-*.npz`) and the list of dropped images
            (`dropped.csv`).
        seed: Seed of the 70/30 split.
        blur_threshold: Least `crops.sharpness` of an image worth learning from.

    Returns:
        The prepared arrays.

    Raises:
        WrongTrainingData: an unknown label, an empty class, too few groups to split, too many unreadable
            images.
        StorageFailed: the bucket cannot be read.
    """
    folder = fetch_folder(train_dir, cache / "fetched")
    examples = find_examples(folder)
    saved = cache / f"prepared-{_fingerprint(examples, seed, blur_threshold)}.npz"
    if not saved.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _save(_clean(examples, seed, blur_threshold), saved)
    return _load(saved)


def find_examples(folder: Path) -> list[Example]:
    """Lists the labelled images of a training folder.

    Args:
        folder: A local folder with `crops.csv` or one folder a label.

    Returns:
        The examples, in the order of their paths.

    Raises:
        WrongTrainingData: the folder is missing, holds an unknown label, or lacks a class.
    """
    if not folder.is_dir():
        raise WrongTrainingData(f"there is no folder {folder}")
    table = folder / "crops.csv"
    examples = _from_table(table) if table.exists() else [*_from_folders(folder, False), *_unseen(folder)]
    seen = Counter(example.label for example in examples if not example.unseen)
    for label in REQUIRED:
        if not seen[label]:
            raise WrongTrainingData(f"{folder} has no {label} images; it needs some of each of {REQUIRED}")
    return sorted(examples, key=lambda example: str(example.path))


def split_by_group(labels: Sequence[str], groups: Sequence[str], seed: int) -> NDArray[np.bool_]:
    """Chooses HELD_SHARE of the examples of each label, whole groups at a time.

    Args:
        labels: One label an example.
        groups: The writer or page of each example.
        seed: Which of the possible choices.

    Returns:
        Shape (n,): True for the examples held out.

    Raises:
        WrongTrainingData: a label has fewer than two groups.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    for label in sorted(set(labels)):
        if len({group for name, group in zip(labels, groups, strict=True) if name == label}) < 2:
            raise WrongTrainingData(f"all {label} images are of one writer or page; at least two are needed")
    folds = min(10, len(set(groups)))
    held = np.zeros(len(labels), bool)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = [test for _, test in splitter.split(np.zeros(len(labels)), list(labels), list(groups))]
    for part in parts[: max(1, round(folds * HELD_SHARE))]:
        held[part] = True
    return held


def _from_table(table: Path) -> list[Example]:
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    examples = []
    for line, row in enumerate(rows, start=2):
        label, path, split = row.get("label") or "", row.get("path") or "", row.get("split") or ""
        if label not in LABELS or not path or split not in SPLITS:
            raise WrongTrainingData(
                f"{table} line {line}: label {label!r}, path {path!r}, split {split!r}; labels are {LABELS}, "
                f"splits {tuple(filter(None, SPLITS))}"
            )
        group, source = row.get("group") or path, row.get("source") or ""
        unseen = bool(SPLITS[split])
        examples.append(Example(table.parent / path, label, f"{source}/{group}", source, unseen))
    return examples


def _from_folders(folder: Path, unseen: bool) -> list[Example]:
    examples = []
    for entry in sorted(folder.iterdir()):
        if not entry.is_dir() or entry.name == "unseen" or entry.name.startswith("."):
            continue
        if entry.name not in LABELS:
            raise WrongTrainingData(f"{entry} is not a label; the folders must be among {LABELS}")
        for path in sorted(entry.rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                inner = path.relative_to(entry).parts
                group = inner[0] if len(inner) > 1 else path.name
                examples.append(Example(path, entry.name, f"{entry.name}/{group}", entry.name, unseen))
    return examples


def _unseen(folder: Path) -> list[Example]:
    apart = folder / "unseen"
    return _from_folders(apart, True) if apart.is_dir() else []


def _clean(examples: list[Example], seed: int, blur_threshold: float) -> Prepared:
    """Reads, drops, normalises and splits."""
    kept, images, dropped = [], [], []
    for example in examples:
        crop = _read(example.path)
        if crop is None:
            dropped.append(Dropped(str(example.path), "unreadable", 0.0))
            continue
        sharp = crops.sharpness(crop)
        if not sharp or (sharp < blur_threshold and not example.unseen):
            dropped.append(Dropped(str(example.path), "blurred" if sharp else "blank", round(sharp, 5)))
            continue
        kept.append(example)
        images.append(crops.normalise(crop))
    _check_kept(examples, kept, dropped)
    splits = np.array(["unseen" if example.unseen else "train" for example in kept], dtype="<U6")
    seen = np.flatnonzero(splits == "train")
    held = split_by_group([kept[i].label for i in seen], [kept[i].group for i in seen], seed)
    splits[seen[held]] = "held"
    return Prepared(
        images=np.stack(images),
        labels=np.array([LABELS.index(example.label) for example in kept]),
        splits=splits,
        sources=np.array([example.source for example in kept]),
        paths=np.array([str(example.path) for example in kept]),
        dropped=tuple(dropped),
    )


def _check_kept(examples: list[Example], kept: list[Example], dropped: list[Dropped]) -> None:
    unreadable = [drop.path for drop in dropped if drop.reason == "unreadable"]
    if len(unreadable) > MOST_UNREADABLE * len(examples):
        raise WrongTrainingData(
            f"{len(unreadable)} of {len(examples)} images cannot be read, {unreadable[0]} first"
        )
    left = {example.label for example in kept if not example.unseen}
    for label in sorted({example.label for example in examples if not example.unseen} - left):
        raise WrongTrainingData(f"every {label} image was dropped as blurred, blank or unreadable")


def _read(path: Path) -> NDArray[np.uint8] | None:
    """Grey pixels on white, or None for a file that is no image."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    white = Image.new("RGBA", upright.size, "white")
    return np.asarray(Image.alpha_composite(white, upright).convert("L"))


def _fingerprint(examples: list[Example], seed: int, blur_threshold: float) -> str:
    """Changes when an image, a label, the split or the way of preparing changes."""
    steps = Path(crops.__file__).read_bytes()
    digest = hashlib.sha256(steps + repr((seed, blur_threshold)).encode())
    for example in examples:
        size = example.path.stat().st_size if example.path.exists() else -1
        digest.update(repr((example, size)).encode())
    return digest.hexdigest()[:16]


def _save(prepared: Prepared, saved: Path) -> None:
    """Writes to a name of its own and renames, so that a killed run leaves no half cache."""
    with (saved.parent / "dropped.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "reason", "sharpness"])
        writer.writerows([drop.path, drop.reason, drop.sharpness] for drop in prepared.dropped)
    columns = np.array([[drop.path, drop.reason, str(drop.sharpness)] for drop in prepared.dropped])
    partial = saved.with_suffix(".partial.npz")
    np.savez_compressed(
        partial,
        images=prepared.images,
        labels=prepared.labels,
        splits=prepared.splits,
        sources=prepared.sources,
        paths=prepared.paths,
        dropped=columns.reshape(-1, 3).astype(str),
    )
    partial.rename(saved)


def _load(saved: Path) -> Prepared:
    with np.load(saved) as arrays:
        dropped = tuple(
            Dropped(path, reason, float(sharp)) for path, reason, sharp in arrays["dropped"].tolist()
        )
        return Prepared(
            images=arrays["images"],
            labels=arrays["labels"],
            splits=arrays["splits"],
            sources=arrays["sources"],
            paths=arrays["paths"],
            dropped=dropped,
        )
