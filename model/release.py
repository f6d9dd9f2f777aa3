"""Model releases: a folder of weights with the figures, threshold and hashes that belong to them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from model.errors import WrongRelease

WEIGHTS: Final = Path(__file__).parent / "weights"
"""Where the release that ships lies, in a folder of its own."""

NETWORKS: Final = ("proposer", "refiner", "classifier")
"""What a release holds, each as a Keras and an OpenVINO file."""

ORIENTATION: Final = "orientation"
"""The network that releases since 1.8.0 hold besides; without it, pages are judged as they were scanned."""

DESCRIPTION: Final = "release.json"
FORMAT: Final = 3
"""Changes when older code can no longer run newer releases."""

READ: Final = (2, 3)
"""Formats that this code runs; before 3, OpenVINO's proposer takes pages whole, not in cells."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a region's score follows from what the networks say: the logistic function of a weighted sum.

    Attributes:
        proposer: Weight of the proposer's logit.
        refiner: Weight of the refiner's log odds of a signature.
        classifier: Weight of the classifier's log odds of a signature.
        offset: Added to the sum.
        crop_classifier: The same for an input that is a single crop, which no other network sees.
        crop_offset: Added to that.
    """

    proposer: float
    refiner: float
    classifier: float
    offset: float
    crop_classifier: float
    crop_offset: float


@dataclass(frozen=True, slots=True)
class Release:
    """A model release.

    Attributes:
        name: Of the model.
        version: Of the weights and everything in `release.json`.
        content_sha256: One hash over all its files.
        threshold: Score from which a region is a signature.
        floor: Score from which a region is reported at all.
        metrics: What was measured before it was released, name to figure.
        calibration: How scores are made.
        folder: Where its files lie.
    """

    name: str
    version: str
    content_sha256: str
    threshold: float
    floor: float
    metrics: dict[str, float]
    calibration: Calibration
    folder: Path = field(compare=False)

    def has(self, network: str) -> bool:
        """Whether it holds a network."""
        return (self.folder / f"{network}.keras").exists()

    def file(self, name: str) -> Path:
        """Path of one of its files."""
        return self.folder / name


def read_release(place: str | Path | None = None) -> Release:
    """Reads and checks a release.

    Args:
        place: Its folder or `gs://` prefix; None is the one that ships.

    Returns:
        The release; every file has the hash that `release.json` gives.

    Raises:
        WrongRelease: it is not there, is damaged, or was made for other code.
        StorageFailed: the bucket does not answer.
    """
    folder = _local(place)
    try:
        content = (folder / DESCRIPTION).read_bytes()
        given: Any = json.loads(content)
    except FileNotFoundError:
        raise WrongRelease(f"{place or folder} has no {DESCRIPTION}") from None
    except (OSError, ValueError) as error:
        raise WrongRelease(f"{folder / DESCRIPTION} cannot be read: {error}") from None
    form = given.get("format") if isinstance(given, dict) else None
    if form not in READ:
        raise WrongRelease(f"{folder} has format {form!r}, this code reads {' and '.join(map(str, READ))}")
    try:
        _check_files(folder, given["files"])
        return Release(
            name=str(given["name"]),
            version=str(given["version"]),
            content_sha256=hashlib.sha256(content).hexdigest(),
            threshold=float(given["threshold"]),
            floor=float(given["floor"]),
            metrics={str(name): float(value) for name, value in given["metrics"].items()},
            calibration=Calibration(**{name: float(value) for name, value in given["calibration"].items()}),
            folder=folder,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongRelease(f"{folder / DESCRIPTION} lacks or misstates {error}") from None


def write_release(folder: Path, description: dict[str, Any]) -> Release:
    """Describes the files of a folder as a release.

    Args:
        folder: Holds the networks' files, all of which belong to the release.
        description: `name`, `version`, `threshold`, `floor`, `metrics` and `calibration`.

    Returns:
        The release, read back.
    """
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.name != DESCRIPTION}
    text = json.dumps({"format": FORMAT, **description, "files": files}, indent=2) + "\n"
    (folder / DESCRIPTION).write_text(text, "utf-8")
    return read_release(folder)


def file_sha256(path: Path) -> str:
    """Hash of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _local(place: str | Path | None) -> Path:
    if place is None:
        shipped = sorted(path.parent for path in WEIGHTS.glob(f"*/{DESCRIPTION}"))
        if len(shipped) != 1:
            raise WrongRelease(f"{WEIGHTS} should hold one release and holds {len(shipped)}")
        return shipped[0]
    if str(place).startswith("gs://"):
        from model.storage import fetch_folder

        return fetch_folder(str(place), Path(tempfile.mkdtemp(prefix="countersign-release-")))
    return Path(place)


def _check_files(folder: Path, files: dict[str, str]) -> None:
    for name, wanted in files.items():
        path = folder / name
        if not path.is_file():
            raise WrongRelease(f"{path} is missing")
        if file_sha256(path) != wanted:
            raise WrongRelease(f"{path} is not the file that {DESCRIPTION} names: its hash differs")
