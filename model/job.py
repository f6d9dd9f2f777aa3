"""A training run's job folder, and what the run does otherwise than its recipe says."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.storage import fetch_folder, is_remote, upload_folder


@dataclass(frozen=True)
class Changes:
    """What a run does otherwise than its recipe says: other epochs, or a part left out to show its use."""

    epochs: int | None = None
    steps: int | None = None
    """Batches an epoch."""
    rendered: int | None = None
    """Crops or pages to render besides the training folder's own."""
    augmented: bool = True
    dropout: bool = True
    start_from: str | None = None
    """A trained network of the same recipe, `.keras`, to go on from."""
    taught: bool | None = None
    """Whether the proposer, the classifier learn beside a wider network; None is where they begin from
    nothing on a GPU."""
    release: str | None = None
    """Folder or `gs://` prefix of the release whose proposer names what the refiner learns from; None is the
    one that ships."""


AS_THE_RECIPE_SAYS: Final = Changes()


@dataclass(frozen=True)
class Job:
    """Where a run keeps its parts: each a local folder, and where it is uploaded to if it is remote."""

    folder: Path
    uploads: Mapping[str, str]
    """Name of a part below `folder` (`.` for all of it) to a `gs://` prefix."""

    @property
    def cache(self) -> Path:
        """Prepared and rendered arrays, beside the job so that its neighbours find them; never uploaded."""
        return self.folder.parent / "cache"

    def part(self, name: str) -> Path:
        """The local folder of one part, made if it is not there."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def upload(self) -> None:
        """Uploads what is remote."""
        for name, place in self.uploads.items():
            if (self.folder / name).is_dir():
                upload_folder(self.folder / name, place)


def open_job(job_dir: str, environment: Mapping[str, str] = os.environ) -> Job:
    """Opens a job folder, with what an earlier run left in it.

    Args:
        job_dir: A local folder or `gs://bucket/prefix`.
        environment: AIP_MODEL_DIR, AIP_CHECKPOINT_DIR and AIP_TENSORBOARD_LOG_DIR are honoured.

    Returns:
        The job.
    """
    moved = {"model": "AIP_MODEL_DIR", "checkpoints": "AIP_CHECKPOINT_DIR", "logs": "AIP_TENSORBOARD_LOG_DIR"}
    places = {part: environment[variable] for part, variable in moved.items() if environment.get(variable)}
    folder = Path(tempfile.mkdtemp(prefix="countersign-")) / "job" if is_remote(job_dir) else Path(job_dir)
    fetch_folder(job_dir, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part, place in places.items():
        if not is_remote(place) and not (folder / part).exists():
            Path(place).mkdir(parents=True, exist_ok=True)
            (folder / part).symlink_to(Path(place).resolve(), target_is_directory=True)
    uploads = {part: place for part, place in places.items() if is_remote(place)}
    return Job(folder, {".": job_dir, **uploads} if is_remote(job_dir) else uploads)
