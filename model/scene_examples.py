"""Scenes the refiner learns from: regions that a proposer names, with what is really there.

The proposer of a release looks at rendered pages and at real ones, restaged; each region it names is kept
with a little more around it than a scene shows, so that every look can frame it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from model import proposer, scenes
from model.cache_key import cache_key
from model.engine import Network, choose_engine
from model.evaluate import overlap_matrix
from model.release import Release
from model.render.assets import Assets
from model.render.pages import RenderedPage, render_page

ROOM: Final = 1.25
"""A patch is so much larger than a scene."""

HIGH, WIDE = round(ROOM * scenes.HEIGHT), round(ROOM * scenes.WIDTH)

LEAST_LOGIT: Final = -2.3
"""The proposer's logit from which a region is learnt from; a detector looks at hardly any below."""

REAL: Final = 0.55
"""Share of pages that are real ones, restaged."""

COARSER: Final = 0.3
"""Share of pages reduced by up to a half, as from a coarser scanner."""

FRAMED: Final = 2
"""Frames drawn about each true box, besides what the proposer names: it misses what is hardest."""

NOTES: Final = 3
"""Lines of other handwriting on a page that are framed so, once each."""

RIGHT, WRONG = 0.45, 0.3
"""Intersection over union with a signature from which a region is one, and below which it is none."""

BOXED: Final = 0.25
"""Intersection over union from which the region learns that signature's box."""

JITTER: Final = 0.07
"""Spread of the move of each side, as a share of the region's size."""

KINDS: Final = ("signature", "handwriting", "other")
"""What a region shows."""

CHUNK: Final = 64
"""Pages that one task of a process looks at."""


@dataclass(frozen=True)
class Scenes:
    """Patches around regions.

    Attributes:
        patches: Grey uint8 (n, HIGH, WIDE), each around its region's middle, at its scene's scale.
        regions: float32 (n, 4), the region in pixels of its patch.
        truths: float32 (n, 4), the signature it meets most, in pixels of its patch; 0 where it meets none.
        kinds: int (n,), index in KINDS.
    """

    patches: NDArray[np.uint8]
    regions: NDArray[np.float32]
    truths: NDArray[np.float32]
    kinds: NDArray[np.int64]


def propose(train_dir: Path, cache: Path, pages: int, seed: int, release: Release, processes: int) -> Scenes:
    """Renders pages and looks at them with a release's proposer; what is there already is kept.

    Args:
        train_dir: Folder `train` of the real data.
        cache: Where patches are kept.
        pages: How many pages.
        seed: Of the pages.
        release: Whose proposer names regions.
        processes: Side by side.

    Returns:
        All patches.
    """
    sources = proposer.__file__, scenes.__file__, __file__
    folder = cache / cache_key((seed, release.content_sha256), *sources)
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, pages, CHUNK)
    jobs = [
        (folder / f"{start:06d}.npz", train_dir, release.folder, seed, start, min(pages, start + CHUNK))
        for start in starts
    ]
    wanted = [job for job in jobs if not job[0].exists()]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as running:
        for _ in track(running.map(_propose, wanted), "Proposing regions", total=len(wanted)):
            pass
    parts = [np.load(job[0]) for job in jobs]
    columns = (np.concatenate([part[name] for part in parts]) for name in Scenes.__dataclass_fields__)
    return Scenes(*columns)


def _propose(job: tuple[Path, Path, Path, int, int, int]) -> None:
    path, train_dir, release, seed, start, stop = job
    cv2.setNumThreads(1)
    assets, network = _tools(train_dir, release)
    found = []
    for index in range(start, stop):
        random = np.random.default_rng([seed, index])
        kind = "real" if assets.pages and random.random() < REAL else None
        page = _coarser(render_page(random, assets, kind=kind), random)
        found += list(_patches(page, _regions(page.image, network), random))
    scratch = path.with_suffix(".partial.npz")
    columns = dict(zip(Scenes.__dataclass_fields__, map(np.stack, zip(*found, strict=True)), strict=True))
    np.savez(scratch, allow_pickle=False, **columns)
    scratch.rename(path)


@lru_cache(maxsize=1)
def _tools(train_dir: Path, release: Path) -> tuple[Assets, Network]:
    return Assets.load(train_dir), choose_engine("openvino", 1).load(release, "proposer")


def _coarser(page: RenderedPage, random: np.random.Generator) -> RenderedPage:
    if random.random() >= COARSER:
        return page
    scale = float(random.uniform(0.5, 1))
    image = np.asarray(
        cv2.resize(page.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )
    signatures, handwriting = (boxes * np.float32(scale) for boxes in (page.signatures, page.handwriting))
    return RenderedPage(image, signatures, handwriting, page.kind)


def _regions(page: NDArray[np.uint8], network: Network) -> scenes.Boxes:
    canvas = proposer.canvas(page)
    (maps,) = network(canvas.ink[np.newaxis, ..., np.newaxis])
    found = proposer.regions(maps, canvas, page.shape[:2], LEAST_LOGIT)
    return np.array([region.box for region in found], np.float64).reshape(-1, 4)


def _patches(
    page: RenderedPage, regions: scenes.Boxes, random: np.random.Generator
) -> Iterator[tuple[Any, ...]]:
    """Patch, region, truth and kind of every region, and of frames about every true box."""
    truths, notes = page.signatures.astype(np.float64), page.handwriting.astype(np.float64)
    framed = np.concatenate([np.repeat(truths, FRAMED, axis=0), random.permutation(notes)[:NOTES]])
    regions = np.concatenate([regions, jittered(framed, random, 2 * JITTER)])
    for region in regions[(regions[:, 2:] - regions[:, :2] > 2).all(axis=1)]:
        scale = scenes.scale_of(region)
        x, y = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
        corner = np.tile([x - WIDE / scale / 2, y - HIGH / scale / 2], 2)
        met, noted = (overlap_matrix(region[np.newaxis], boxes)[0] for boxes in (truths, notes))
        truth = truths[int(met.argmax())] if met.max(initial=0) >= BOXED else corner
        kind = 0 if met.max(initial=0) >= RIGHT else 1 if noted.max(initial=0) >= WRONG else 2
        yield (
            scenes.window(page.image, x, y, scale, HIGH, WIDE),
            ((region - corner) * scale).astype(np.float32),
            ((truth - corner) * scale).astype(np.float32),
            np.int64(kind),
        )


def jittered(boxes: scenes.Boxes, random: np.random.Generator, spread: float) -> scenes.Boxes:
    """Boxes (n, 4), each side of which has moved by a share of the box's size, `spread` on average."""
    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return boxes + random.normal(0, spread, boxes.shape) * sizes
