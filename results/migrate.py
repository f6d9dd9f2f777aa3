"""Bringing a database to the revision of this code, and telling at which revision it is."""

import logging
import sqlite3
import time
from importlib.resources import files

from sqlalchemy import Connection, Engine, inspect, text
from tenacity import RetryCallState, retry, retry_if_exception_type, stop_after_delay, wait_random

from results.engine import BUSY_SECONDS, open_engine, sqlite_file, writing
from results.errors import (
    DatabaseAhead,
    DatabaseBehind,
    DatabaseBusy,
    DatabaseForeign,
    DatabaseUnavailable,
)
from results.schema import REVISIONS, documents

log = logging.getLogger(__name__)

UPGRADE_LOCK = 1_131_768_404
"""Key of the PostgreSQL advisory lock that lets one upgrade run at a time."""

TURN_SECONDS = 0.1
"""How often an upgrade of PostgreSQL looks whether another one is done."""

LOCK_TIMEOUT = "2s"
"""Longest that an upgrade of PostgreSQL waits in the queue for a lock: readers queue up behind it."""

PATIENCE_SECONDS = 600.0
"""How long it comes back for a lock that it did not get."""


def upgrade(url: str) -> None:
    """Brings a database to the revision of this code, from nothing or from an older one.

    Does nothing when it is there. Waits for any other upgrade of the same database. Readers keep working, on
    PostgreSQL writers too. An upgrade that was cut off carries on when it is called again.

    Args:
        url: Database URL; the file or the tables need not exist yet.

    Raises:
        DatabaseAhead: the database was written by a newer countersign.
        DatabaseBusy: somebody's query held a lock for `PATIENCE_SECONDS`.
        DatabaseForeign: the database holds somebody else's tables.
        DatabaseUnavailable: it cannot be opened.
    """
    move(url, REVISIONS[-1])


def move(url: str, target: str | None) -> None:
    """Brings a database to any revision, forwards or backwards.

    Args:
        url: Database URL.
        target: One of `results.schema.REVISIONS`; None removes the ledger and everything in it.

    Raises:
        DatabaseAhead: the database was written by a newer countersign.
        DatabaseBusy: somebody's query held a lock for `PATIENCE_SECONDS`.
        DatabaseForeign: the database holds somebody else's tables.
        DatabaseUnavailable: it cannot be opened.
    """
    engine = open_engine(url)
    try:
        if engine.dialect.name == "postgresql":
            _move_postgresql(engine, target)
        else:
            _move_sqlite(engine, target)
    except sqlite3.OperationalError as error:
        raise DatabaseUnavailable(f"{engine.url.database}: {error}") from error
    finally:
        engine.dispose()


def check(engine: Engine) -> None:
    """Checks that a database is at the revision this code is written for.

    Args:
        engine: From `results.engine.open_engine`.

    Raises:
        DatabaseBehind: it is empty or older; `countersign db upgrade` brings it up.
        DatabaseAhead: it was written by a newer countersign.
        DatabaseForeign: it holds somebody else's tables.
        DatabaseUnavailable: it cannot be opened, or the SQLite file does not exist.
    """
    found = revision(engine)
    if found != REVISIONS[-1]:
        raise DatabaseBehind(f"it is at {found or 'no revision'}, this code at {REVISIONS[-1]}")


def revision(engine: Engine) -> str | None:
    """The revision a database is at; None where it is empty.

    Args:
        engine: From `results.engine.open_engine`.

    Raises:
        DatabaseAhead: it was written by a newer countersign.
        DatabaseForeign: it holds somebody else's tables.
        DatabaseUnavailable: it cannot be opened, or the SQLite file does not exist.
    """
    file = sqlite_file(engine.url)
    if file and not file.exists():
        raise DatabaseUnavailable(
            f"there is no file {file}; `countersign run` or `countersign db upgrade` makes it"
        )
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    """The revision of the database a connection reaches, with the errors of `revision`."""
    tables = set(inspect(connection).get_table_names())
    found = None
    if "alembic_version" in tables:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found in REVISIONS:
        return str(found)
    if found and documents.name in tables:
        raise DatabaseAhead(f"it is at {found}, this code at {REVISIONS[-1]}")
    if found:
        raise DatabaseForeign(f"it is at revision {found} of something else")
    if others := sorted(tables - {"alembic_version"}):
        raise DatabaseForeign(f"it holds {', '.join(others[:3])}")
    return None


def _move_sqlite(engine: Engine, target: str | None) -> None:
    """Moves in one transaction; readers see the database as it was until it is committed."""
    _make_folder(engine)
    with writing(engine) as connection:
        _run_alembic(connection, _revision(connection), target)
    _keep_log(engine)


def _tell_wait(state: RetryCallState) -> None:
    log.warning("waiting for a query that holds a lock: %s", state.outcome and state.outcome.exception())


@retry(
    retry=retry_if_exception_type(DatabaseBusy),
    wait=wait_random(1, 3),
    stop=stop_after_delay(PATIENCE_SECONDS),
    before_sleep=_tell_wait,
    reraise=True,
)
def _move_postgresql(engine: Engine, target: str | None) -> None:
    """Moves in one transaction a revision, or in none where an index is built concurrently.

    Every lock is either one that nobody queues behind, or is given up soon and tried for again.
    """
    with engine.connect() as connection:
        _take_turn(connection)
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        found = _revision(connection)
        connection.commit()
        _run_alembic(connection, found, target)


def _take_turn(connection: Connection) -> None:
    """Waits until no other upgrade of this database runs, for as long as the connection lives.

    It asks again and again: a statement that waited would hold a snapshot, for which the other upgrade's
    concurrent index waits in turn.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": UPGRADE_LOCK}):
        connection.rollback()
        time.sleep(TURN_SECONDS)
    connection.commit()


def _run_alembic(connection: Connection, found: str | None, target: str | None) -> None:
    """Runs the revisions between two, in the connection's transaction where it is in one."""
    # Imported here because it takes a good part of a second, which commands that only read should not pay.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    order = (None, *REVISIONS)
    if order.index(target) < order.index(found):
        command.downgrade(config, target or "base")
    elif target != found:
        command.upgrade(config, str(target))


def _make_folder(engine: Engine) -> None:
    """Makes the folder that a new SQLite file goes into."""
    if file := sqlite_file(engine.url):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnavailable(f"{file.parent}: {error.strerror}") from None


# SQLite does not wait for the lock that this takes, and another upgrade may be at work.
@retry(
    retry=retry_if_exception_type(sqlite3.OperationalError),
    wait=wait_random(0.01, 0.1),
    stop=stop_after_delay(BUSY_SECONDS),
    reraise=True,
)
def _keep_log(engine: Engine) -> None:
    """Has SQLite write ahead to a log, so that readers and the one writer do not wait for each other."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
