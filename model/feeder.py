"""Batches of pages for `fit` where a GPU learns: many processes render pages and look at them without end.

A GPU takes a thousand pages a second, more than threads beside it can look at, and would know any number of
pages by heart that one waits for. So each process renders pages of its own, looks at each a few times, and
forgets it. Batches pass through shared memory: pickled, half of the time would go into copying them.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from queue import Empty
from threading import Thread
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import FeederDied
from model.page_examples import WIDE_EVERY, Example, Looks
from model.page_targets import MAPS
from model.proposer import PORTRAIT, STRIDE
from model.render.assets import OTHER_SCRIPTS, Assets
from model.render.dataset import JPEG_QUALITY, halved
from model.render.pages import render_page

KEPT: Final = 96
"""Rendered pages that a process looks at in turn."""

SEEN: Final = 8
"""Looks at a rendered page, on average, before it is forgotten."""

QUEUED: Final = 3
"""Batches in shared memory for each process."""

Shared = Any
"""What multiprocessing shares."""

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


@dataclass(frozen=True)
class Food:
    """What processes look at.

    Attributes:
        train_dir: Folder `train` of the real data.
        shares: Source to its share of the looks.
        restaged: Share of looks at real pages that are restaged.
        size: Looks in a batch.
        long_side: Of rendered pages.
        seed: With the number of a process, seed of all that it draws.
        other_scripts: Share of rendered pages whose print is in another script than Latin.
        kept: Rendered pages that a process looks at in turn.
    """

    train_dir: Path
    shares: Mapping[str, float]
    restaged: float
    size: int
    long_side: int
    seed: int
    other_scripts: float = OTHER_SCRIPTS
    kept: int = KEPT

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of a portrait batch's ink and of its maps."""
        high, wide = PORTRAIT
        return (self.size, high, wide, 1), (self.size, high // STRIDE, wide // STRIDE, MAPS)


class Feeder:
    """Processes that make batches, of both orientations.

    Which batch comes when depends on which process is done first; what is in it does not.
    """

    def __init__(self, food: Food, processes: int) -> None:
        """Starts the processes.

        Args:
            food: What they look at.
            processes: How many.
        """
        context = multiprocessing.get_context("spawn")  # a fork would share what a GPU's driver holds
        slots = [_Slot(context, food) for _ in range(processes * QUEUED)]
        self._slots, self._free, self._full = slots, context.SimpleQueue(), context.Queue()
        for number in range(len(slots)):
            self._free.put(number)
        self._processes = [
            context.Process(target=_feed, args=(food, index, slots, self._free, self._full), daemon=True)
            for index in range(processes)
        ]
        for process in self._processes:
            process.start()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.kill()
            process.join()

    def batches(self) -> Iterator[Batch]:
        """Batches without end, the first two of one orientation each.

        Yields:
            Ink (size, height, width, 1), and target maps.

        Raises:
            FeederDied: a process ended.
        """
        begun = [self._taken()]  # Keras learns from the first two which sides may differ
        while begun[-1][0].shape == begun[0][0].shape:
            begun.append(self._taken())
        yield begun.pop()
        yield from begun
        while True:
            yield self._taken()

    def _taken(self) -> Batch:
        number, wide = None, False
        while number is None:
            if not all(process.is_alive() for process in self._processes):
                raise FeederDied
            with suppress(Empty):
                number, wide = self._full.get(timeout=5)
        ink, maps = (array.copy() for array in self._slots[number].arrays(wide))
        self._free.put(number)
        return ink, maps


class _Slot:
    """Room for one batch, in memory that processes share."""

    def __init__(self, context: Shared, food: Food) -> None:
        self._shapes = food.shapes
        kinds = ctypes.c_uint8, ctypes.c_float
        self._rooms = [
            context.RawArray(kind, int(np.prod(shape)))
            for kind, shape in zip(kinds, self._shapes, strict=True)
        ]

    def arrays(self, wide: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        """Ink and maps, views of the memory."""
        ink, maps = (
            np.frombuffer(room, dtype).reshape(_turned(shape) if wide else shape)
            for room, dtype, shape in zip(self._rooms, (np.uint8, np.float32), self._shapes, strict=True)
        )
        return ink, maps


def _turned(shape: tuple[int, ...]) -> tuple[int, ...]:
    size, high, wide, deep = shape
    return size, wide, high, deep


def _feed(food: Food, index: int, slots: list[_Slot], free: Shared, full: Shared) -> None:
    Thread(target=_outlived, daemon=True).start()
    cv2.setNumThreads(1)
    assets = replace(Assets.load(food.train_dir), other_scripts=food.other_scripts)
    rng = np.random.default_rng((food.seed, index))
    pages = [_rendered(assets, rng, food.long_side) for _ in range(food.kept)]
    new = 0.0
    for number in count():
        looks = Looks(assets, pages, food.shares, food.restaged)
        wide = (number + index) % WIDE_EVERY == 0
        ink, maps = looks.batch(rng, food.size, wide)
        slot = free.get()
        room_of_ink, room_of_maps = slots[slot].arrays(wide)
        room_of_ink[:], room_of_maps[:] = ink, maps
        full.put((slot, wide))
        new += food.size * food.shares["rendered"] / sum(food.shares.values()) / SEEN
        fresh = [_rendered(assets, rng, food.long_side) for _ in range(int(new))]
        pages, new = [*pages[len(fresh) :], *fresh], new % 1


def _outlived() -> None:
    """Ends this process once the one that learns is gone, however that ended."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(0)


def _rendered(assets: Assets, rng: np.random.Generator, long_side: int) -> Example:
    page = halved(render_page(rng, assets, long_side=2 * long_side))
    code = cv2.imencode(".jpg", page.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    source = "rendered_wide" if page.image.shape[1] > page.image.shape[0] else "rendered"
    return Example(np.asarray(code, np.uint8), page.signatures, page.handwriting, source, page.kind != "real")
