"""What the detector costs without decoding: milliseconds of one core a letter page, start-up and memory.

Most of the rendered letters are signed; those that are not cost more, for only of a page without a sure
signature is it asked whether it was scanned well. What is drawn depends on the fonts of the machine, and is
dirtier than most that people scan: the scanned letters of the validation data, if there are any, cost less.

python -m benchmarks.detector [--engine openvino] [--pages 60] [--beside DIR_OR_GS] [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks import figures as bench

LETTER = (1664, 1286)
"""Pixels of a letter page as decoders deliver it."""


def main() -> None:
    """Command line."""
    options = bench.parser(__doc__.splitlines()[0])
    options.add_argument("--engine", choices=("openvino", "tensorflow"), default="openvino")
    options.add_argument("--pages", type=int, default=60, help="letters to judge")
    options.add_argument(
        "--beside", help="another release, folder or gs:// prefix, measured in turns with it"
    )
    given = options.parse_args()
    # Imports are part of a worker's start-up.
    began = time.perf_counter()
    from model.detector import Detector

    detector = Detector.load(engine=given.engine, threads=1)
    loaded = time.perf_counter() - began
    letters, unsigned = _letters(12), _letters(12, signed=False)
    found = detector.detect(letters)
    detector.detect(unsigned)
    memory = psutil.Process().memory_info().rss
    compared = [detector]
    if given.beside:
        compared.append(Detector.load(given.beside, engine=given.engine, threads=1))
        compared[1].detect(letters)
    rounds = 1 if given.quick else max(1, given.pages // len(letters))
    spent = np.array([[_milliseconds(one.detect, letters) for one in compared] for _ in range(rounds)])
    cpu, wall = spent.mean(axis=0).T
    unsigned_cpu = np.mean([_milliseconds(detector.detect, unsigned)[0] for _ in range(rounds)])
    scanned = _scanned(len(letters) if given.quick else given.pages)
    results = {
        "engine": given.engine,
        "pages": rounds * len(letters),
        "regions_per_page": round(sum(map(len, found)) / len(letters), 2),
        "cpu_ms_per_page": round(cpu[0], 2),
        "wall_ms_per_page": round(wall[0], 2),
        "unsigned_cpu_ms_per_page": round(float(unsigned_cpu), 2),
        "scanned_cpu_ms_per_page": round(_milliseconds(detector.detect, scanned)[0], 2) if scanned else None,
        "start_seconds": round(loaded, 2),
        "memory_mb": round(memory / 1e6),
        "weights_mb": round(sum(p.stat().st_size for p in detector.release.folder.iterdir()) / 1e6, 2),
    }
    if given.beside:
        results |= {"beside_cpu_ms_per_page": round(cpu[1], 2), "ratio": round(cpu[0] / cpu[1], 3)}
    bench.report(results)


def _milliseconds(
    detect: Callable[[list[NDArray[np.uint8]]], object], letters: list[NDArray[np.uint8]]
) -> tuple[float, float]:
    """Processor and wall time of one round over the letters, a page."""
    cpu, wall = time.process_time(), time.perf_counter()
    detect(letters)
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return 1000 * spent[0] / len(letters), 1000 * spent[1] / len(letters)


def _scanned(count: int) -> list[NDArray[np.uint8]]:
    """Letters of the validation data, as decoders deliver them; none where the data are absent."""
    from benchmarks.corpus import letters
    from workers.decode import pages

    return [page for file in letters()[:count] for page in pages(file)]


def _letters(count: int, *, signed: bool | None = None) -> list[NDArray[np.uint8]]:
    """Rendered letters, most of them signed, or as it is given."""
    import cv2

    from model.render.assets import Assets
    from model.render.pages import render_page

    assets = Assets.load()
    pages = [
        render_page(np.random.default_rng([3, i]), assets, kind="letter", signed=signed).image
        for i in range(count)
    ]
    return [
        np.asarray(cv2.resize(page, LETTER[::-1], interpolation=cv2.INTER_AREA), np.uint8) for page in pages
    ]


if __name__ == "__main__":
    main()
