"""An upgrade of a ledger in use: readers and writers go on, whoever holds what."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest
from sqlalchemy import Engine, inspect, text
from tenacity import stop_after_attempt

from benchmarks.upgrade import READS, fill, measure
from results import migrate
from results.engine import open_engine
from results.errors import DatabaseBusy
from results.ledger import Ledger
from results.schema import REVISIONS, metadata
from tests.results.conftest import arrivals
from tests.waiting import attempts

number = count()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """A filled PostgreSQL ledger at the revision before the newest; brought back to the newest afterwards."""
    migrate.move(postgres_url, REVISIONS[-2])
    fill(postgres_url, 2_000)
    made = open_engine(postgres_url)
    yield made
    made.dispose()
    migrate.upgrade(postgres_url)


@contextmanager
def upgrading(engine: Engine, target: str | None = REVISIONS[-1]) -> Iterator["Future[None]"]:
    """Moves the ledger to a revision in a thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(migrate.move, engine.url.render_as_string(hide_password=False), target)


@contextmanager
def analyst(engine: Engine) -> Iterator[psycopg.Connection]:
    """Somebody whose long transaction has read the views and holds on to what it saw."""
    connection = engine.raw_connection()
    session: psycopg.Connection = connection.driver_connection  # type: ignore[assignment]
    session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    for query in READS.values():
        session.execute(query.encode())
    yield session
    session.rollback()
    connection.invalidate()
    connection.close()


def wait_until(engine: Engine, query: str) -> None:
    """Waits until a query about the server finds something."""
    for attempt in attempts():
        with attempt, engine.connect() as connection:
            assert connection.scalar(text(query))


def everybody_goes_on(engine: Engine) -> None:
    """Reads every view and takes in a document, none of which may wait for the upgrade to end."""
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = '60s'"))
        for query in READS.values():
            assert connection.execute(text(query)).all()
    assert Ledger(engine).take_in(arrivals(1, start=next(number), prefix="gs://late/")).new == 1


BUILDING = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for%'"
GAVE_UP = "SELECT count(*) = 0 FROM pg_locks WHERE NOT granted"
QUEUES = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


@pytest.mark.parametrize(
    "documents",
    [20_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
    ids="{:,}".format,
)
def test_readers_and_producers_go_on(ledger_url: str, documents: int) -> None:
    figures = measure(ledger_url, documents)

    assert figures["fewest_reads_of_a_view"]
    with Ledger.open(ledger_url) as ledger:
        counts = ledger.counts()
        assert counts.received >= documents
        assert counts.received == counts.done + counts.failed + counts.in_flight


def test_an_index_that_waits_for_a_long_query_keeps_nobody_waiting(engine: Engine) -> None:
    with upgrading_behind_an_analyst(engine) as (session, upgrade):
        everybody_goes_on(engine)
        assert not upgrade.done()
        session.rollback()
        upgrade.result(60)
    everybody_goes_on(engine)


def test_an_upgrade_that_was_cut_off_carries_on(engine: Engine) -> None:
    with upgrading_behind_an_analyst(engine) as (_, upgrade):
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index"))
        with pytest.raises(Exception, match="cancel"):
            upgrade.result(60)
    with engine.connect() as connection:
        assert connection.scalar(text(INVALID)) == 1
    everybody_goes_on(engine)

    migrate.upgrade(engine.url.render_as_string(hide_password=False))

    with engine.connect() as connection:
        assert connection.scalar(text(INVALID)) == 0
    everybody_goes_on(engine)


def test_a_change_that_cannot_have_its_lock_lets_readers_pass(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with analyst(engine) as session, upgrading(engine, None) as removal:
        for _ in range(2):
            wait_until(engine, QUEUES)
            wait_until(engine, GAVE_UP)
            everybody_goes_on(engine)
        assert not removal.done()
        session.rollback()
        removal.result(60)
    assert "waiting for a query that holds a lock" in caplog.text
    assert "documents" not in inspect(engine).get_table_names()


def test_a_lock_that_is_never_to_be_had_is_named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate._move_postgresql.retry, "stop", stop_after_attempt(1))
    with (
        analyst(engine),
        upgrading(engine, None) as removal,
        pytest.raises(DatabaseBusy, match=r"end it, and run the same command again.*lock timeout"),
    ):
        removal.result(60)
    everybody_goes_on(engine)


def test_every_revision_leaves_the_same_whichever_way_one_comes(ledger_url: str) -> None:
    seen: dict[str, set[str]] = {}
    for revision in (*reversed(REVISIONS), *REVISIONS):
        migrate.move(ledger_url, revision)
        assert seen.setdefault(revision, made_of(ledger_url)) == made_of(ledger_url)
    wanted = {str(index.name) for table in metadata.tables.values() for index in table.indexes}
    assert {name for name in seen[REVISIONS[-1]] if name.endswith("_index")} == wanted


@contextmanager
def upgrading_behind_an_analyst(engine: Engine) -> Iterator[tuple[psycopg.Connection, "Future[None]"]]:
    """An upgrade whose index is built and waits for the end of somebody's transaction."""
    with analyst(engine) as session, upgrading(engine) as upgrade:
        wait_until(engine, BUILDING)
        yield session, upgrade


def made_of(url: str) -> set[str]:
    """The names of everything a database holds: tables, columns, views, indexes, triggers."""
    engine = open_engine(url)
    queries = {
        "sqlite": "SELECT name, sql FROM sqlite_master",
        "postgresql": """
            SELECT relname, pg_get_indexdef(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger
            UNION ALL SELECT relname || '.' || attname, format_type(atttypid, atttypmod)
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        """,
    }
    with engine.connect() as connection:
        found = {name for name, _ in connection.execute(text(queries[engine.dialect.name]))}
    engine.dispose()
    return found
