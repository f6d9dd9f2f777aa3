"""Many pages with many processes, in shards.

A shard ``pages-00000.npz`` holds ``SHARD`` pages (the last one fewer), read with ``read_shard``:

=============  ====================  =========================================================
``jpeg``       uint8 (bytes,)        the pages as grey JPEG, one after the other
``offsets``    int64 (pages + 1,)    where each begins in ``jpeg``
``sizes``      int32 (pages, 2)      width, height in pixels
``boxes``      float32 (boxes, 4)    signatures: x0, y0, x1, y1 in pixels
``box_page``   int32 (boxes,)        the page of each box, from 0 in this shard
``notes``      float32 (notes, 4)    handwriting that is no signature, as ``boxes``
``note_page``  int32 (notes,)        the page of each
``kinds``      str (pages,)          kind of each page
=============  ====================  =========================================================

Page ``i`` of a data set follows from ``(seed, i)`` alone, whatever the number of processes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from model.render.assets import OTHER_SCRIPTS, Assets
from model.render.pages import RenderedPage, render_page

SHARD = 256
JPEG_QUALITY = 90

_assets: dict[str, Assets] = {}


def page_rng(seed: int, index: int) -> np.random.Generator:
    """The generator of page ``index`` of the data set ``seed``."""
    return np.random.default_rng([seed, index])


def render_dataset(
    out_dir: Path,
    pages: int,
    seed: int,
    processes: int = 1,
    *,
    train_dir: Path | None = None,
    long_side: int = 832,
    other_scripts: float = OTHER_SCRIPTS,
) -> list[Path]:
    """Render pages 0 to ``pages`` - 1 of a data set into shards; shards that are there already are kept.

    Args:
        out_dir: folder for the shards, made if needed.
        pages: how many.
        seed: of the data set.
        processes: rendered side by side.
        train_dir: the folder ``train`` of the real data, or None.
        long_side: longer side of the stored pages; they are drawn at twice that and reduced.
        other_scripts: share of pages whose print is in another script than Latin.

    Returns:
        The shards' paths, in order.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = [out_dir / f"pages-{number:05d}.npz" for number in range((pages + SHARD - 1) // SHARD)]
    jobs = [
        (path, seed, number * SHARD, min(pages, (number + 1) * SHARD), train_dir, long_side, other_scripts)
        for number, path in enumerate(paths)
        if not path.exists()
    ]
    context = multiprocessing.get_context("spawn")
    with Progress() as progress, context.Pool(processes) as pool:
        task = progress.add_task(
            "Rendering pages", total=pages, completed=pages - sum(job[3] - job[2] for job in jobs)
        )
        for done in pool.imap_unordered(_render_shard, jobs):
            progress.advance(task, done)
    return paths


def _render_shard(job: tuple[Path, int, int, int, Path | None, int, float]) -> int:
    path, seed, start, stop, train_dir, long_side, other_scripts = job
    cv2.setNumThreads(1)
    key = f"{train_dir} {other_scripts}"
    if key not in _assets:
        _assets[key] = replace(Assets.load(train_dir), other_scripts=other_scripts)
    rendered = (
        render_page(page_rng(seed, index), _assets[key], long_side=2 * long_side)
        for index in range(start, stop)
    )
    arrays = _packed([halved(page) for page in rendered])
    scratch = path.with_suffix(".partial.npz")
    np.savez(scratch, allow_pickle=False, **arrays)
    scratch.rename(path)
    return stop - start


def halved(page: RenderedPage) -> RenderedPage:
    """A page at half its size, and its boxes: what is drawn large and reduced has edges as scanned."""
    small = cv2.resize(page.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return RenderedPage(
        np.asarray(small, np.uint8),
        page.signatures * np.float32(0.5),
        page.handwriting * np.float32(0.5),
        page.kind,
    )


def _packed(pages: list[RenderedPage]) -> dict[str, NDArray[np.generic]]:
    coded = [cv2.imencode(".jpg", page.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1] for page in pages]
    indices = np.arange(len(pages), dtype=np.int32)
    return {
        "jpeg": np.concatenate(coded),
        "offsets": np.concatenate([[0], np.cumsum([len(data) for data in coded])]).astype(np.int64),
        "sizes": np.array([page.image.shape[::-1] for page in pages], np.int32),
        "boxes": np.concatenate([page.signatures for page in pages]),
        "box_page": np.repeat(indices, [len(page.signatures) for page in pages]),
        "notes": np.concatenate([page.handwriting for page in pages]),
        "note_page": np.repeat(indices, [len(page.handwriting) for page in pages]),
        "kinds": np.array([page.kind for page in pages]),
    }


def read_shard(path: Path) -> Iterator[RenderedPage]:
    """Pages of a shard in order."""
    with np.load(path, allow_pickle=False) as shard:
        arrays = {name: shard[name] for name in shard.files}
    for index in range(len(arrays["sizes"])):
        data = arrays["jpeg"][arrays["offsets"][index] : arrays["offsets"][index + 1]]
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
        yield RenderedPage(
            image,
            arrays["boxes"][arrays["box_page"] == index],
            arrays["notes"][arrays["note_page"] == index],
            str(arrays["kinds"][index]),
        )
