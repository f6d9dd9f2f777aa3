"""How fast documents go through, against decoding alone and against a peer, all in one run on the same files.

The pipeline is whole: ledger, dispatcher, rings, fetch, decode, detect, record. Its speed is what the ledger
says it is: pages between the first batch recorded and the last, so that loading the model does not count;
that is reported beside. Where the letters of the validation data are absent, rendered pages stand in for
them.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from benchmarks.corpus import arrival, letters, rendered, repeated
from benchmarks.figures import parser, report, scratch
from benchmarks.peer import Peer
from results.ledger import Ledger
from results.migrate import upgrade
from results.schema import verdicts
from results.settings import read_settings
from tests.servers import PostgresServer, RedisServer
from tests.waiting import until
from tests.workers.running import dispatching, running
from workers.decode import pages

CORES = len(os.sched_getaffinity(0))

TURNS, TURN_SECONDS = 7, 1.0
"""How often and how long each way of classifying is timed."""

PROGRESS = (
    select(verdicts.c.decided_at, func.sum(verdicts.c.page_count))
    .group_by(verdicts.c.decided_at)
    .order_by(verdicts.c.decided_at)
)


def main() -> None:
    """Measures and reports."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--documents", type=int, default=600, help="documents in each measurement")
    options.add_argument("--rounds", type=int, default=3, help="measurements of each kind; the median counts")
    chosen = options.parse_args()
    documents, rounds = (240, 1) if chosen.quick else (chosen.documents, chosen.rounds)
    with scratch() as folder:
        report(_measure(folder, documents, rounds))


def _measure(folder: Path, documents: int, rounds: int) -> dict[str, object]:
    made = rendered(folder, 6)
    scanned = letters()
    mixed = repeated([*scanned, *made * max(1, len(scanned) // len(made))], folder / "mixed", documents)
    notes = repeated(scanned or made, folder / "letters", documents)
    peer = Peer()
    runs: dict[str, list[float]] = {}

    def timed(name: str, measure: Callable[[], float]) -> None:
        runs.setdefault(name, []).append(measure())
        print(f"{name:32} {runs[name][-1]:9.2f}", flush=True)

    for _ in range(rounds):  # one after the other, so that whatever else the machine does hits all alike
        timed("decode_pages_per_s", lambda: _decode_alone(mixed))
        timed("embedded_pages_per_s", lambda: _embedded(mixed, folder))
        timed("redis_pages_per_s", lambda: _redis(mixed, folder)[0])
        timed("letters_pages_per_s", lambda: _embedded(notes, folder))
        timed("peer_pages_per_s", lambda: _peer(peer, notes[: max(24, documents // 8)]))
    figures = {name: statistics.median(values) for name, values in runs.items()}
    batch, single = _crops_per_second()
    return {
        "pipeline_over_decode_redis": round(figures["redis_pages_per_s"] / figures["decode_pages_per_s"], 3),
        "pipeline_over_decode_embedded": round(
            figures["embedded_pages_per_s"] / figures["decode_pages_per_s"], 3
        ),
        "letters_pages_per_s": round(figures["letters_pages_per_s"], 1),
        "letters_over_peer": round(figures["letters_pages_per_s"] / figures["peer_pages_per_s"], 2),
        "peer_gigaflops": round(peer.gigaflops, 1),
        "batch_over_single": round(batch / single, 2),
        "batch_crops_per_s": round(batch),
        "first_verdict_s": round(_redis(mixed[:40], folder)[1], 2),
        "real_letters": bool(scanned),
        "cores": CORES,
        **{name: round(value, 1) for name, value in figures.items() if name != "letters_pages_per_s"},
    }


def _decode_alone(files: Sequence[Path]) -> float:
    """Pages a second of nothing but decoding, on all cores."""
    # Not forked: OpenVINO's threads do not come along, and a child would wait for them for ever.
    with ProcessPoolExecutor(CORES, get_context("spawn")) as processes:
        list(processes.map(_count_pages, files[: 2 * CORES]))  # the imports
        began = time.perf_counter()
        count = sum(processes.map(_count_pages, files, chunksize=4))
        return count / (time.perf_counter() - began)


def _count_pages(file: Path) -> int:
    return sum(1 for _ in pages(file))


def _embedded(files: Sequence[Path], folder: Path) -> float:
    """Pages a second of `countersign run`: in-process broker, solo worker, SQLite."""
    from cli.judging import judge

    ledger_file = folder / "countersign.db"
    url = f"sqlite:///{ledger_file}"
    upgrade(url)
    settings = read_settings(None, database_url=url, broker_url="memory://")
    with Ledger.open(url) as ledger:
        judge([str(files[0].parent)], ledger, settings)
        speed = _speed(ledger)
    ledger_file.unlink()
    return speed


def _redis(files: Sequence[Path], folder: Path) -> tuple[float, float]:
    """Pages a second of a worker on Redis and PostgreSQL, and seconds from its start to its first verdict."""
    with RedisServer() as redis, PostgresServer() as postgres:
        url = postgres.new_database()
        upgrade(url)
        settings = read_settings(None, database_url=url, broker_url=redis.url)
        with Ledger.open(url) as ledger, dispatching(ledger, settings):
            ledger.take_in(arrival(file) for file in files)
            began = ledger.now()
            with running(settings, "workers", folder / "worker.log", processes=CORES):
                until(lambda: ledger.counts().in_flight == 0, 3600)
            with ledger.engine.connect() as connection:
                first = connection.execute(select(func.min(verdicts.c.decided_at))).scalar_one()
            return _speed(ledger), (first - began).total_seconds()


def _speed(ledger: Ledger) -> float:
    """Pages a second between the first batch recorded and the last."""
    with ledger.engine.connect() as connection:
        recorded = connection.execute(PROGRESS).all()
    seconds = (recorded[-1][0] - recorded[0][0]).total_seconds()
    return float(sum(count for _, count in recorded[1:]) / seconds)


def _peer(peer: Peer, files: Sequence[Path]) -> float:
    began = time.perf_counter()
    return peer.run(files, CORES) / (time.perf_counter() - began)


def _crops_per_second() -> tuple[float, float]:
    """Crops a second of the classifier, 256 together and one by one, in the turn of the median ratio."""
    from model.classifier import Classifier
    from model.engine import choose_engine
    from model.release import read_release

    network = choose_engine("auto", None).load(read_release().folder, "classifier")
    classifier = Classifier(network)
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (90, 240), dtype=np.uint8) for _ in range(256)]
    classifier.classify(crops)

    def speed(batches: Sequence[Sequence[Any]]) -> float:
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < TURN_SECONDS:
            for batch in batches:
                count += len(classifier.classify(batch))
        return count / (time.perf_counter() - began)

    # In turns, so that whatever else the machine does hits both alike.
    pairs = [(speed([crops]), speed([[crop] for crop in crops[:32]])) for _ in range(TURNS)]
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[TURNS // 2]


if __name__ == "__main__":
    main()
