"""Many hands on one ledger: threads, processes, and processes that are killed."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from multiprocessing.synchronize import Event

import psutil
import pytest
from sqlalchemy import func, select

from results import claiming, engine
from results.errors import DatabaseFull, DatabaseUnavailable
from results.ledger import Ledger
from results.migrate import upgrade
from results.queries import flags
from results.schema import verdicts
from results.selection import Selection
from results.status import Status
from results.values import Arrival, Claim
from tests.results.conftest import arrivals, claim, judged, must_claim, record
from tests.servers import PostgresServer
from tests.waiting import until

SPAWN = multiprocessing.get_context("spawn")
"""A forked child would share the parent's connections."""


def test_claims_made_at_once_share_no_document(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(300))

    def work(name: int) -> list[Claim]:
        claims = []
        while claimed := claim(ledger, worker=str(name), max_documents=7):
            record(ledger, claimed, release, [judged(one) for one in claimed.documents])
            claims.append(claimed)
        return claims

    with ThreadPoolExecutor(4) as pool:
        claims = [one for found in pool.map(work, range(4)) for one in found]
    ids = [document.id for one in claims for document in one.documents]
    assert len(ids) == len(set(ids)) == 300
    assert ledger.counts().done == 300


def test_intake_made_at_once_takes_each_document_once(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda start: ledger.take_in(arrivals(100, start=start)), (0, 50, 100, 0)))
    assert sum(one.new for one in counts) == ledger.counts().received == 200


def judge_all(url: str, release: int) -> None:
    """A worker process that judges until nothing is due."""
    with Ledger.open(url) as ledger:
        while claimed := claim(ledger, worker=str(os.getpid()), max_documents=5):
            record(ledger, claimed, release, [judged(one, 0.9) for one in claimed.documents])


def test_processes_side_by_side_record_one_verdict_each(
    ledger_url: str, ledger: Ledger, release: int
) -> None:
    workers = [SPAWN.Process(target=judge_all, args=(ledger_url, release)) for _ in range(2)]
    ledger.take_in(arrivals(100))
    for worker in workers:
        worker.start()
    for start in range(100, 200, 20):
        ledger.take_in(arrivals(20, start=start))
    for worker in workers:
        worker.join()
    judge_all(ledger_url, release)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert ledger.counts().done == ledger.counts().signed == 200
    with ledger.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(verdicts)).scalar_one() == 200


def claim_and_hang(url: str, claimed: Event) -> None:
    """A worker process that dies with a claim in hand."""
    with Ledger.open(url) as ledger:
        must_claim(ledger, lease_seconds=0)
        claimed.set()
        signal.pause()


def test_what_a_killed_process_had_claimed_is_due_again(ledger_url: str, ledger: Ledger) -> None:
    ledger.take_in(arrivals(3))
    claimed = SPAWN.Event()
    worker = SPAWN.Process(target=claim_and_hang, args=(ledger_url, claimed))
    worker.start()
    claimed.wait()
    worker.kill()
    worker.join()
    assert [must_claim(ledger).documents[0].attempts for _ in range(3)] == [2, 2, 2]


def claim_and_stand_still(url: str) -> None:
    """A worker process that is stopped before it commits its claim, and later wakes up."""
    engine.STILL_SECONDS = 1
    bounds = claiming.Bounds(max_documents=32, max_bytes=10**9, max_attempts=3)
    with (
        Ledger.open(url) as ledger,
        suppress(DatabaseUnavailable),
        engine.writing(ledger.engine) as connection,
    ):
        assert claiming.claim(connection, "frozen", bounds, timedelta(hours=1)) is not None
        os.kill(os.getpid(), signal.SIGSTOP)
        connection.execute(select(1))
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_process_locks_that_is_stopped_in_mid_claim_is_due_again(postgres_url: str) -> None:
    claims: list[Claim | None] = []

    def is_stopped() -> bool:
        return bool(psutil.Process(worker.pid).status() == psutil.STATUS_STOPPED)

    def is_handed_out() -> bool:
        claims.append(claim(ledger))
        return claims[-1] is not None

    with Ledger.open(postgres_url) as ledger:
        ledger.take_in(arrivals(3))
        worker = SPAWN.Process(target=claim_and_stand_still, args=(postgres_url,))
        worker.start()
        try:
            until(is_stopped)
            assert ledger.counts().claimed == 0
            until(is_handed_out)
            psutil.Process(worker.pid).resume()
            worker.join()
        finally:
            worker.kill()
        assert worker.exitcode == 0, "it went on with a claim that was undone"
        assert claims[-1] is not None
        assert [document.attempts for document in claims[-1].documents] == [1, 1, 1]
        assert ledger.extend(claims[-1], 60)


def test_a_ledger_survives_its_server(own_postgres: PostgresServer) -> None:
    url = own_postgres.new_database()
    upgrade(url)
    with Ledger.open(url) as ledger:
        ledger.take_in(arrivals(3))
        claimed = must_claim(ledger, max_documents=1)
        own_postgres.kill()
        with pytest.raises(DatabaseUnavailable, match="does not answer"):
            ledger.take_in(arrivals(6))
        own_postgres.start()
        assert ledger.take_in(arrivals(6)).new == 3
        assert ledger.extend(claimed, 60)
        own_postgres.stop()
        own_postgres.start()
        assert ledger.counts().received == 6


def test_a_full_disk_loses_nothing_that_was_recorded(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(10))
        fill(ledger, "PRAGMA max_page_count = 40")
        with pytest.raises(DatabaseFull, match=r"disk is full.*free some space.*countersign\.db"):
            ledger.take_in(arrivals(5000))
        assert ledger.counts().received == 10
        assert claim(ledger) is not None
        fill(ledger, "PRAGMA max_page_count = 1000000")
        assert ledger.take_in(arrivals(5000)).new == 4990


def fill(ledger: Ledger, pragma: str) -> None:
    """Bounds the file, as a full disk would, for the one connection that a lone thread uses."""
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql(pragma)


def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(5))

        def half_way() -> Iterator[Arrival]:
            for one in arrivals(5, start=100):
                yield one
                assert ledger.counts().received == 5
                assert len(list(flags(ledger, Selection(status=Status.WAITING)))) == 5

        assert ledger.take_in(half_way()).new == 5
        assert ledger.counts().received == 10
