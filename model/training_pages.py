"""The pages that networks learn from: labelled real ones, and rendered ones."""

import os
from pathlib import Path
from typing import Final

from model.errors import WrongTrainingData
from model.page_examples import Example, rendered_examples
from model.render.assets import OTHER_SCRIPTS, Assets
from model.render.dataset import render_dataset
from model.storage import fetch_folder

RENDERED: Final = 6144
"""Pages; each is seen about six times, varied anew every time."""

SEED: Final = 7

LONG_SIDE: Final = 960
"""Of rendered pages as they are kept: enough for most zooms."""


def labelled_folder(train_dir: str, cache: Path) -> Path:
    """Fetches a folder of labelled pages.

    Args:
        train_dir: Folder of `pages.json`, `crops.csv` and the images they name, local or `gs://`.
        cache: Where a remote one is kept.

    Returns:
        The local folder.

    Raises:
        WrongTrainingData: there are no labelled pages.
        StorageFailed: the bucket does not answer.
    """
    folder = fetch_folder(train_dir, cache / "train")
    if not (folder / "pages.json").exists():
        raise WrongTrainingData(f"{train_dir} has no pages.json, the list of labelled pages")
    return folder


def training_pages(
    folder: Path, cache: Path, rendered: int | None, other_scripts: float = OTHER_SCRIPTS
) -> tuple[Assets, list[Example]]:
    """Renders pages beside the labelled ones; those that are in the cache already are kept.

    Args:
        folder: Of the labelled pages, see `labelled_folder`.
        cache: Where pages are kept.
        rendered: How many to render; None is RENDERED.
        other_scripts: Share of these whose print is in another script than Latin.

    Returns:
        The real pages and what pages are drawn with, and the rendered pages.
    """
    real = folder / "train"
    count = RENDERED if rendered is None else rendered
    kept = cache / f"pages-{other_scripts}"
    render_dataset(
        kept,
        count,
        SEED,
        os.cpu_count() or 1,
        train_dir=real,
        long_side=LONG_SIDE,
        other_scripts=other_scripts,
    )
    return Assets.load(real), rendered_examples(kept)
