"""What a document costs ledger and queue, from 1,000 to 200,000 of them, and whether workers keep their size.

Cost: intake, rings, claims and records are the real ones on Redis and PostgreSQL; only judging is stubbed,
here and nowhere else: a claim's documents are all judged at once to have nothing on one page. What counts
is the processor time of every process together: producer, workers, Redis, PostgreSQL.

Memory: real documents of every format through the real worker; the resident memory of its pool processes
and of their decoders, each at its largest, averaged over the second tenth of the documents and over the
last.
"""

import gc
import os
import statistics
from collections.abc import Iterator
from itertools import islice

import psutil

from benchmarks.corpus import arrival, repeated
from benchmarks.figures import parser, report, scratch
from benchmarks.small import small_documents
from results.ledger import Ledger
from results.migrate import upgrade
from results.settings import Settings, read_settings
from results.values import Arrival
from tests.servers import PostgresServer, RedisServer
from tests.waiting import until
from tests.workers.running import RunningWorker, dispatching, running

PROCESSES = 2


def main() -> None:
    """Measures and reports."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--memory-documents", type=int, default=20_000, help="documents of the memory run")
    chosen = options.parse_args()
    sizes = (1_000, 5_000) if chosen.quick else (1_000, 10_000, 200_000)
    figures: dict[str, object] = {}
    for size in sizes:
        cost = _core_ms_per_document(size)
        figures[f"core_ms_per_document_{size // 1000}k"] = round(cost, 3)
        print(f"{size:>9,} documents: {cost:.3f} ms of one core each", flush=True)
    documents = 1_500 if chosen.quick else chosen.memory_documents
    growth, largest = _memory(documents)
    report(
        {
            **figures,
            "memory_growth_ratio": round(growth, 4),
            "largest_process_mb": round(largest / 1e6),
            "memory_documents": documents,
        }
    )


def _arrivals(count: int) -> Iterator[Arrival]:
    return (Arrival(f"gs://incoming/scan{n}.pdf", str(n), "benchmark", None, 100_000) for n in range(count))


def _core_ms_per_document(count: int) -> float:
    """Processor time of all processes from the first arrival to the last verdict, over the documents."""
    with scratch() as folder, RedisServer() as redis, PostgresServer() as postgres:
        settings = _settings(postgres, redis)
        log = folder / "worker.log"
        with (
            Ledger.open(settings.database_url) as ledger,
            running(settings, "benchmarks.stubbed", log, processes=PROCESSES) as worker,
        ):
            until(lambda: "ready." in log.read_text() and len(worker.children()) >= PROCESSES)
            before = _processor_seconds(worker, redis, postgres)
            with dispatching(ledger, settings):
                arrivals = _arrivals(count)
                while ledger.take_in(islice(arrivals, 1_000)).seen:
                    continue
                until(lambda: ledger.counts().in_flight == 0, 3600, every=0.5)
            spent = _processor_seconds(worker, redis, postgres) - before
            assert ledger.counts().done == count
    return 1000 * spent / count


def _settings(postgres: PostgresServer, redis: RedisServer) -> Settings:
    url = postgres.new_database()
    upgrade(url)
    return read_settings(None, database_url=url, broker_url=redis.url)


def _processor_seconds(worker: RunningWorker, redis: RedisServer, postgres: PostgresServer) -> float:
    """User and system time so far of this process, the worker's and both servers'."""
    processes = [psutil.Process(), *worker.family(), *redis.processes(), *postgres.processes()]
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        # A PostgreSQL backend that ended while measuring counts for its parent.
        total += times.children_user + times.children_system if process.pid != os.getpid() else 0.0
    return total


def _memory(count: int) -> tuple[float, float]:
    """Growth of a worker from the second tenth of its documents to the last; bytes of its largest process."""
    seen: list[tuple[int, float, float]] = []
    with scratch() as folder, RedisServer() as redis, PostgresServer() as postgres:
        files = repeated(small_documents(folder / "originals", 200), folder / "documents", count)
        settings = _settings(postgres, redis)
        with Ledger.open(settings.database_url) as ledger, dispatching(ledger, settings):
            ledger.take_in(arrival(file) for file in files)
            gc.collect()
            with running(settings, "workers", folder / "worker.log", processes=PROCESSES) as worker:

                def look() -> bool:
                    counts = ledger.counts()
                    sizes = [_resident(process) for process in worker.family()[1:]]
                    seen.append((counts.done + counts.failed, sum(sizes), max(sizes, default=0)))
                    return counts.in_flight == 0

                until(look, 3 * 3600, every=0.5)
    second = statistics.mean(size for done, size, _ in seen if 0.1 <= done / count < 0.2)
    last = statistics.mean(size for done, size, _ in seen if done / count >= 0.9)
    return last / second, max(largest for *_, largest in seen)


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0.0


if __name__ == "__main__":
    main()
