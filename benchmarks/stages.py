"""Where a page's milliseconds go: processor time of each stage, by kind of document.

Processor time and not wall time, so that the figures hold on a busy machine; one thread everywhere.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.corpus import arrival, letters, rendered
from benchmarks.figures import parser, report
from model.detector import Detector
from results.settings import read_settings
from results.values import ClaimedDocument
from workers.decode import pages
from workers.decoder import Decoder
from workers.fetch import fetched


def main() -> None:
    """Measures, prints the table in Markdown, reports."""
    chosen = parser(__doc__.splitlines()[0]).parse_args()
    rounds = 1 if chosen.quick else 4
    detector, decoder = Detector.load(threads=1), Decoder(read_settings())
    with tempfile.TemporaryDirectory() as name:
        made = rendered(Path(name), 1 if chosen.quick else 3)
        kinds = {
            "scanned letter, PNG": letters()[: 8 if chosen.quick else 20],
            "A4 at 300 dpi, JPEG": [path for path in made if path.suffix == ".jpg"],
            "A4 at 300 dpi, PNG": [path for path in made if path.suffix == ".png"],
            "A4 at 300 dpi, G4 TIFF": [path for path in made if path.suffix == ".tif"],
        }
        rows = {kind: _stages(paths * rounds, detector, decoder) for kind, paths in kinds.items() if paths}
    decoder.close()
    stages = list(next(iter(rows.values())))
    print(f"| ms of one core a page | {' | '.join(stages)} | all |\n{'|---' * (len(stages) + 2)}|")
    for kind, row in rows.items():
        print(f"| {kind} | {' | '.join(f'{row[stage]:.1f}' for stage in stages)} | {sum(row.values()):.1f} |")
    report({kind: {stage: round(value, 2) for stage, value in row.items()} for kind, row in rows.items()})


def _stages(paths: Sequence[Path], detector: Detector, decoder: Decoder) -> dict[str, float]:
    """Milliseconds a page of each stage."""
    documents = [ClaimedDocument(0, a.uri, a.generation, None, a.size, 1) for a in map(arrival, paths)]
    rasters = [page for path in paths for page in pages(path)]
    _contained(documents[:2], decoder)  # the imports
    detector.detect(rasters[:16])  # what the engine prepares at its first run
    fetch = _processor_ms(lambda: [_fetch(document) for document in documents])
    decode = _processor_ms(lambda: [list(pages(path)) for path in paths])
    child = _child_ms(decoder)
    contained = _processor_ms(lambda: _contained(documents, decoder)) + _child_ms(decoder) - child
    networks = _Timed(detector)
    detect = _processor_ms(lambda: detector.detect(rasters))
    count = len(rasters)
    return {
        "fetch and hash": fetch / count,
        "decode and reduce": decode / count,
        "process boundary": max(0.0, contained - fetch - decode) / count,
        "orientation": networks.spent["_orientation"] / count,
        "proposer": networks.spent["_proposals"] / count,
        "refiner": networks.spent["_refiner"] / count,
        "classifier": networks.spent["_classifier"] / count,
        "around them": (detect - sum(networks.spent.values())) / count,
    }


def _fetch(document: ClaimedDocument) -> str:
    with fetched(document, max_bytes=2**30) as content:
        return content.content_sha256


def _contained(documents: Sequence[ClaimedDocument], decoder: Decoder) -> None:
    for document in documents:
        with fetched(document, max_bytes=2**30) as content:
            for _ in decoder.pages(content.file):
                continue


def _processor_ms(call: Callable[[], object]) -> float:
    """Processor time of this process, all threads, for a call."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    call()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _child_ms(decoder: Decoder) -> float:
    """Processor time so far of the decoder process."""
    times = psutil.Process(decoder.pid).cpu_times()
    return 1000 * float(times.user + times.system)


class _Timed:
    """Measures the networks of a detector as it calls them."""

    def __init__(self, detector: Detector) -> None:
        self.spent = dict.fromkeys(("_orientation", "_proposals", "_refiner", "_classifier"), 0.0)
        parts = vars(detector)
        for name in self.spent:
            part = parts[name]
            if isinstance(part, _Part):
                part = part.part
            parts[name] = _Part(part, name, self.spent)


class _Part:
    """A network, or what is around one, that adds up its processor time."""

    def __init__(self, part: Any, name: str, spent: dict[str, float]) -> None:  # noqa: ANN401
        self.part = part
        self._name = name
        self._spent = spent

    def __call__(self, *arguments: object) -> object:
        """Calls the network."""
        return self._timed(self.part, *arguments)

    def turns(self, *arguments: object) -> object:
        """Calls the orientation network."""
        return self._timed(self.part.turns, *arguments)

    def refine(self, *arguments: object) -> object:
        """Calls the refiner."""
        return self._timed(self.part.refine, *arguments)

    def classify(self, *arguments: object) -> object:
        """Calls the classifier."""
        return self._timed(self.part.classify, *arguments)

    def classify_alone(self, *arguments: object) -> object:
        """Calls the classifier."""
        return self._timed(self.part.classify_alone, *arguments)

    def _timed(self, call: Callable[..., object], *arguments: object) -> object:
        began = time.process_time()
        try:
            return call(*arguments)
        finally:
            self._spent[self._name] += 1000 * (time.process_time() - began)


if __name__ == "__main__":
    main()
