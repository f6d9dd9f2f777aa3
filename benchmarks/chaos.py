"""Faults drawn at random from a seed, while documents arrive and are judged; in the end the books balance.

Producer, workers, Redis and PostgreSQL are real processes. First the same documents are judged undisturbed;
then again while producer, workers and their children are killed, Redis is killed and comes back empty or is
paused past its visibility timeout, PostgreSQL is restarted, and any of them is stopped and continued, as a
cut network would.
"""

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
from sqlalchemy import text

from benchmarks.corpus import repeated
from benchmarks.figures import parser, report, scratch
from benchmarks.small import small_documents
from results.errors import DatabaseUnavailable
from results.ledger import Ledger
from results.migrate import upgrade
from results.settings import Settings, read_settings
from tests.servers import PostgresServer, RedisServer
from tests.waiting import until
from tests.workers.running import ROOT, RunningWorker, environment

WORKERS = 2
ORIGINALS = 300
"""Different documents; each arrives several times, as files of its own."""

LEASE_SECONDS = 6.0
VISIBILITY_SECONDS = 3.0

VERDICTS = """
    SELECT documents.uri, documents.status, documents.error_code, verdicts.has_signature, verdicts.page_count,
        verdicts.confidence
    FROM documents LEFT JOIN verdicts ON verdicts.document_id = documents.id
"""

Outcome = tuple[object, ...]


def main() -> None:
    """Judges undisturbed, judges under fire, compares, reports."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=100, help="faults to cause")
    options.add_argument("--documents", type=int, default=5000, help="documents to judge meanwhile")
    options.add_argument("--seed", type=int, default=0, help="the faults follow from it")
    options.add_argument("--app", default="workers", help="module of the workers' Celery app")
    chosen = options.parse_args()
    kills, documents = (8, 400) if chosen.quick else (chosen.kills, chosen.documents)
    with scratch() as folder:
        small_documents(folder / "originals", ORIGINALS)
        undisturbed = _run(folder, documents, chosen.app, 0, chosen.seed)[0]
        disturbed, figures = _run(folder, documents, chosen.app, kills, chosen.seed)
    differing = [name for name, outcome in disturbed.items() if not _equal(undisturbed.get(name), outcome)]
    for name in differing[:10]:
        print(f"{name}: {undisturbed.get(name)} undisturbed, {disturbed[name]} under fire")
    report({**figures, "differing_verdicts": len(differing), "kills": kills, "seed": chosen.seed})


def _run(
    folder: Path, documents: int, app: str, kills: int, seed: int
) -> tuple[dict[str, Outcome], dict[str, int]]:
    """Judges all documents while faults are caused.

    Returns:
        What became of each document, by file name; and the counts of the ledger.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        site = Site(folder / f"run{kills}", app, stack)
        arriving = Arriving(folder / "originals", site.inbox, documents)
        chaos = Chaos(site, random.Random(seed))
        for number in range(kills):
            arriving.until((number + 1) / (kills + 1))
            print(f"{number + 1:4} {chaos.cause()}", flush=True)
        arriving.until(1.0)
        until(site.keep_up_until_finished(documents), 3600, every=0.5)
        outcomes, figures = site.outcomes()
    print(f"{documents} documents, {kills} faults: {time.monotonic() - began:.0f} s", flush=True)
    return outcomes, figures


class Arriving:
    """Documents dropped into the inbox little by little, each by a rename, as a careful scanner does."""

    def __init__(self, originals: Path, inbox: Path, count: int) -> None:
        staged = inbox.with_name("staged")
        self._waiting = repeated(sorted(originals.iterdir()), staged, count)[::-1]
        self._inbox = inbox
        self._count = count

    def until(self, share: float) -> None:
        """Drops documents until a share of them has arrived."""
        while self._waiting and len(self._waiting) > (1 - share) * self._count:
            path = self._waiting.pop()
            path.rename(self._inbox / path.name)


class Site:
    """Servers, a producer and workers, and the knowledge of how to start each of them again."""

    def __init__(self, folder: Path, app: str, stack: ExitStack) -> None:
        self.inbox = folder / "inbox"
        self.inbox.mkdir(parents=True)
        self._log = folder / "log"
        self._app = app
        self.redis = stack.enter_context(RedisServer())
        self.postgres = stack.enter_context(PostgresServer(fsync="off"))
        url = self.postgres.new_database()
        upgrade(url)
        self.settings: Settings = read_settings(
            None,
            database_url=url,
            broker_url=self.redis.url,
            lease_seconds=LEASE_SECONDS,
            visibility_seconds=VISIBILITY_SECONDS,
            max_attempts=100,  # faults here hit documents at random, many times over
            retry_seconds=0.1,
            decode_threads=1,
        )
        self.ledger = stack.enter_context(Ledger.open(url))
        self.workers = [self._worker() for _ in range(WORKERS)]
        self.producer = self._producer()
        stack.callback(self._close)

    def _worker(self) -> RunningWorker:
        return RunningWorker(self.settings, self._app, self._log, processes=1)

    def _producer(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", "from cli.main import main; main()", "watch", str(self.inbox)],
                cwd=ROOT,
                env={**os.environ, **environment(self.settings)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def restart_what_ended(self) -> None:
        """Does what an init system does: starts again whatever is not there."""
        self.workers = [self._worker() if worker.ended else worker for worker in self.workers]
        if self.producer.poll() is not None:
            self.producer = self._producer()

    def keep_up_until_finished(self, documents: int) -> Callable[[], bool]:
        """A question to be asked again and again: has every document an outcome?"""

        def finished() -> bool:
            self.restart_what_ended()
            try:
                counts = self.ledger.counts()
            except DatabaseUnavailable:
                return False
            return counts.received == documents and counts.in_flight == 0

        return finished

    def outcomes(self) -> tuple[dict[str, Outcome], dict[str, int]]:
        """What became of each document, by file name; and the counts that must add up."""
        counts = self.ledger.counts()
        with self.ledger.engine.connect() as connection:
            rows = connection.execute(text(VERDICTS)).all()
        outcomes = {row.uri.rpartition("/")[2]: tuple(row[1:]) for row in rows}
        return outcomes, {
            "received": counts.received,
            "done": counts.done,
            "failed": counts.failed,
            "in_flight": counts.in_flight,
            "duplicate_verdicts": len(rows) - len(outcomes),
        }

    def _close(self) -> None:
        for worker in self.workers:
            if not worker.ended:
                worker.kill()
        self.producer.kill()
        self.producer.wait()


def _equal(one: Outcome | None, other: Outcome) -> bool:
    """Whether two outcomes are the same, but for the last digits of a float that a processor may vary."""
    return one is not None and all(
        math.isclose(a, b, abs_tol=1e-5) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, other, strict=True)
    )


class Chaos:
    """Faults, drawn at random."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self._site = site
        self._rng = rng

    def cause(self) -> str:
        """Causes one fault after a short while, and mends what an init system would mend.

        Returns:
            What was done.
        """
        time.sleep(self._rng.uniform(0.2, 1.5))
        fault = self._rng.choice(
            [
                self.kill_child,
                self.kill_decoder,
                self.kill_worker,
                self.stop_worker_in_good_order,
                self.pause_worker,
                self.kill_producer,
                self.empty_redis,
                self.pause_redis,
                self.restart_postgres,
                self.crash_postgres,
                self.pause_postgres,
            ]
        )
        fault()
        self._site.restart_what_ended()
        return fault.__name__.replace("_", " ")

    def _a_worker(self) -> RunningWorker:
        return self._rng.choice(self._site.workers)

    def _kill_one(self, processes: list[psutil.Process]) -> None:
        if processes:
            processes[self._rng.randrange(len(processes))].kill()

    def kill_child(self) -> None:
        """SIGKILL to a pool process."""
        self._kill_one(self._a_worker().children())

    def kill_decoder(self) -> None:
        """SIGKILL to a decoder."""
        worker = self._a_worker()
        pool = {process.pid for process in worker.children()}
        self._kill_one([process for process in worker.family()[1:] if process.pid not in pool])

    def kill_worker(self) -> None:
        """SIGKILL to a worker's main process."""
        worker = self._a_worker()
        worker.signal(signal.SIGKILL)
        worker.wait()

    def stop_worker_in_good_order(self) -> None:
        """SIGTERM to a worker in mid-batch."""
        worker = self._a_worker()
        worker.signal(signal.SIGTERM)
        worker.wait()

    def pause_worker(self) -> None:
        """A worker stands still for longer than its lease."""
        worker = self._a_worker()
        worker.signal_all(signal.SIGSTOP)
        time.sleep(LEASE_SECONDS * 1.2)
        worker.signal_all(signal.SIGCONT)

    def kill_producer(self) -> None:
        """SIGKILL to the producer."""
        self._site.producer.kill()
        self._site.producer.wait()

    def empty_redis(self) -> None:
        """Redis dies and comes back with nothing."""
        self._site.redis.kill()
        time.sleep(self._rng.uniform(0, 2))
        self._site.redis.start()

    def pause_redis(self) -> None:
        """Redis does not answer for longer than its visibility timeout."""
        self._site.redis.pause()
        time.sleep(VISIBILITY_SECONDS * 1.5)
        self._site.redis.resume()

    def restart_postgres(self) -> None:
        """PostgreSQL is restarted as an upgrade would."""
        self._site.postgres.stop()
        time.sleep(self._rng.uniform(0, 1))
        self._site.postgres.start()

    def crash_postgres(self) -> None:
        """PostgreSQL dies and recovers."""
        self._site.postgres.kill()
        self._site.postgres.start()

    def pause_postgres(self) -> None:
        """PostgreSQL does not answer for a while."""
        self._site.postgres.pause()
        time.sleep(self._rng.uniform(1, LEASE_SECONDS * 1.2))
        self._site.postgres.resume()


if __name__ == "__main__":
    main()
