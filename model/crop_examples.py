"""What the crop networks learn from: labelled crops, crops cut from pages, crops that the project renders."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from model import crops, word_crops
from model.cache_key import cache_key
from model.classifier import LABELS
from model.crops import normalise
from model.page_crops import cut
from model.pools import Part, Pool
from model.prepare import Prepared, prepare
from model.render.assets import Assets
from model.render.crops import Label, render_crop
from model.storage import is_remote
from model.word_crops import printed_word

CROPS, PAGES, RENDERED, WORDS = 0.24, 0.12, 0.44, 0.2
"""Shares of a batch: real crops, what real pages show around and beside signatures, rendered crops, words."""

RENDERED_CROPS: Final = 60_000
"""Crops to render, of KINDS in turn; a third as many words besides."""

KINDS: Final = ("signature", "text", "handwriting", "signature", "word")
"""`text` is whatever is printed or stamped, `word` a printed word or two alone."""

CHUNK: Final = 250
"""Crops that one task of a rendering process draws."""


def training_pools(train_dir: str, cache: Path, seed: int, count: int) -> tuple[list[Pool], Part]:
    """Everything a crop network learns from.

    Args:
        train_dir: Training folder, local or `gs://`; its pages are used where it has a `pages.json`.
        cache: Where prepared and rendered arrays are kept.
        seed: Seed of split, frames and rendering.
        count: How many crops to render; 0 learns from the training folder alone.

    Returns:
        Training pools, and the held-out part of the labelled crops.

    Raises:
        WrongTrainingData: see `model.prepare`.
    """
    prepared = prepare(train_dir, cache, seed=seed)
    folder = cache / "fetched" if is_remote(train_dir) else Path(train_dir)
    pools = _by_source(prepared)
    if count:
        pools.append(rendered(folder, cache, seed, count, KINDS, RENDERED))
        pools.append(rendered(folder, cache, seed, count // 3, ("word",), WORDS))
    if (folder / "pages.json").exists():
        pools.append(_pool("pages", ((crop.pixels, crop.label) for crop in cut(folder, seed=seed)), PAGES))
    return pools, prepared.part("held")


def rendered(folder: Path, cache: Path, seed: int, count: int, kinds: Sequence[str], share: float) -> Pool:
    """Rendered crops, drawn once and kept.

    Args:
        folder: Training folder; where it has a `train` folder beside its `crops.csv`, real ink is drawn with
            too.
        cache: Where they are kept, as `rendered-*.npz`.
        seed: Seed of the drawing.
        count: How many.
        kinds: Of which kinds, in turn; see KINDS.
        share: Share of each batch.

    Returns:
        The crops, labelled.
    """
    real = folder / "train" if (folder / "crops.csv").exists() and (folder / "train").is_dir() else None
    drawn_kinds = [kinds[i % len(kinds)] for i in range(count)]
    key = cache_key((seed, real, drawn_kinds), word_crops.__file__, crops.__file__)
    saved = cache / f"rendered-{key}.npz"
    if not saved.exists():
        cache.mkdir(parents=True, exist_ok=True)
        jobs = [(real, seed, start, drawn_kinds[start : start + CHUNK]) for start in range(0, count, CHUNK)]
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
            drawn = list(track(processes.map(_draw, jobs), "Rendering crops", total=len(jobs)))
        partial = saved.with_suffix(".partial.npz")
        np.savez_compressed(partial, images=np.concatenate(drawn))
        partial.rename(saved)
    with np.load(saved) as arrays:
        images = arrays["images"]
    labels = ["text" if kind == "word" else kind for kind in drawn_kinds]
    return Pool("rendered", images, np.array([LABELS.index(label) for label in labels]), share)


def _draw(job: tuple[Path | None, int, int, list[str]]) -> NDArray[np.uint8]:
    """Draws and normalises the crops from `start` on; crop i follows from the seed and i alone."""
    import cv2

    real, seed, start, kinds = job
    cv2.setNumThreads(1)
    assets = _assets(real)
    randoms = (np.random.default_rng([seed, i]) for i in range(start, start + len(kinds)))
    drawn = (
        printed_word(random, assets) if kind == "word" else render_crop(random, assets, cast(Label, kind))
        for random, kind in zip(randoms, kinds, strict=True)
    )
    return np.stack([normalise(crop) for crop in drawn])


@lru_cache(maxsize=1)
def _assets(real: Path | None) -> Assets:
    return Assets.load(real)


def without_handwriting(part: Part) -> Part:
    """The signatures and the print of a part, for a network that knows only these two."""
    images, labels = part
    known = labels <= LABELS.index("text")
    return images[known], labels[known]


def _by_source(prepared: Prepared) -> list[Pool]:
    """A pool for each source, by the square root of its size: many crops of one hand teach little more."""
    train = prepared.splits == "train"
    names, sizes = np.unique(prepared.sources[train], return_counts=True)
    shares = CROPS * np.sqrt(sizes) / np.sqrt(sizes).sum()
    pools = []
    for name, share in zip(names.tolist(), shares.tolist(), strict=True):
        chosen = train & (prepared.sources == name)
        pools.append(Pool(name, prepared.images[chosen], prepared.labels[chosen], share))
    return pools


def _pool(name: str, labelled: Iterable[tuple[NDArray[np.uint8], str]], share: float) -> Pool:
    pairs = [(normalise(pixels), LABELS.index(label)) for pixels, label in labelled]
    return Pool(name, np.stack([ink for ink, _ in pairs]), np.array([label for _, label in pairs]), share)
