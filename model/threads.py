"""Work on many images at once, in as many threads as a detector has cores.

NumPy and OpenCV let go of the interpreter's lock while they compute. Processes that share the machine's cores
are given their part of them (`workers.process`); with one core no thread is started here.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Threads:
    """Some threads, started when they first have something to share."""

    def __init__(self, count: int | None) -> None:
        """Starts nothing; nor may OpenCV and NumPy, whose own threads would fight over the same cores.

        Args:
            count: How many; None is one a core.
        """
        import cv2

        cv2.setNumThreads(1)
        # OpenBLAS's threads keep their cores busy for milliseconds after each product, waiting for the next.
        threadpool_limits(1, "blas")
        self._count = count or cores()
        self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="images")

    def map(self, call: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """What `call` makes of each item, in their order."""
        shares = min(self._count, len(items))
        if shares <= 1:
            return [call(item) for item in items]
        done: dict[int, Result] = {}
        # One task a thread and not one an item: handing a task over takes as long as a small crop.
        for share in self._pool.map(
            lambda start: _each(call, items, range(start, len(items), shares)), range(shares)
        ):
            done |= share
        return [done[place] for place in range(len(items))]


def _each(call: Callable[[Item], Result], items: Sequence[Item], places: range) -> dict[int, Result]:
    return {place: call(items[place]) for place in places}


def cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
