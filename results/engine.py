"""Opening the database: an engine settled for SQLite or PostgreSQL, its faults put in people's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    Row,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError

from results.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseFull,
    DatabaseUnavailable,
    WrongSettings,
)

AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are known by name."""

DISK_FULL = "53100"
"""PostgreSQL's code for it (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

LOCKED = "55P03"
"""PostgreSQL's code for a lock that was not to be had in time."""

NOT_ALLOWED = frozenset({"42501", "25006"})
"""PostgreSQL's codes for a role that may not, and a server that only reads."""

BUSY_SECONDS = 30
"""How long a SQLite writer waits for the one before it."""

STILL_SECONDS = 30
"""How long a PostgreSQL writer may stand still in a transaction before the server ends its session: while it
does, what it claimed is locked and no worker is handed it. Writers compute for milliseconds there."""


def open_engine(url: str) -> Engine:
    """Opens an engine, which connects at its first use; open one anew after a fork.

    Args:
        url: `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/DATABASE`.

    Returns:
        An engine whose connections raise `DatabaseUnavailable`, `DatabaseFull`, `DatabaseBusy` or
        `DatabaseDamaged` when the database does not do its part.

    Raises:
        WrongSettings: the URL names neither a SQLite file nor a PostgreSQL database.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _settle_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        event.listen(engine, "connect", _settle_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "handle_error", _translate)
    return engine


def parse_url(url: str) -> URL:
    """Reads a database URL and settles its driver.

    Args:
        url: As people write it, e.g. also `postgres://...`.

    Returns:
        The URL for SQLAlchemy.

    Raises:
        WrongSettings: it names neither a SQLite file nor a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise WrongSettings(
            "COUNTERSIGN_DATABASE_URL is not a URL such as sqlite:///countersign.db"
        ) from None
    kind = parsed.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise WrongSettings(f"COUNTERSIGN_DATABASE_URL: {kind} is neither sqlite nor postgresql")
    if parsed.database in (None, "", ":memory:"):
        raise WrongSettings(
            "COUNTERSIGN_DATABASE_URL: a ledger in memory is lost; name a file, sqlite:///FILE"
        )
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite URL; None for PostgreSQL."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that will write, committed at the end of the `with` block.

    On SQLite it takes the write lock at once: a reader that turns writer later would fail instead of wait. On
    PostgreSQL it is undone when this process stands still in it for STILL_SECONDS.
    """
    return engine.execution_options(countersign_writes=True).begin()


@contextmanager
def streaming(engine: Engine, rows: int = 1000) -> Iterator[Connection]:
    """A connection whose results are fetched `rows` at a time, however many there are."""
    with engine.connect() as connection:
        yield connection.execution_options(yield_per=rows)


def moment(connection: Connection) -> datetime:
    """The time by the ledger's clock: the server's on PostgreSQL, this machine's on SQLite."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    return cast(datetime, connection.scalar(select(func.clock_timestamp()))).astimezone(UTC)


def _settle_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401 a driver's own connection
    """Hands transactions to `_begin_sqlite`, and makes a commit survive a power cut."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begins a transaction, as a writer where it is said to become one."""
    writes = connection.get_execution_options().get("countersign_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _settle_postgresql(connection: Any, record: object) -> None:  # noqa: ANN401 a driver's own connection
    """Lets the server notice within a minute that this host is gone, so that its row locks are freed."""
    before, connection.autocommit = connection.autocommit, True
    connection.execute(
        "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
    )
    connection.autocommit = before


def _begin_postgresql(connection: Connection) -> None:
    """Bounds how long a process that is stopped in a writing transaction keeps its row locks.

    https://www.postgresql.org/docs/current/runtime-config-client.html
    """
    if connection.get_execution_options().get("countersign_writes"):
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{STILL_SECONDS}s'")


def _translate(context: ExceptionContext) -> None:
    """Raises the error that says what to do, where the database and not the statement is at fault."""
    error, original = context.sqlalchemy_exception, context.original_exception
    if context.is_pre_ping:
        return
    code = getattr(original, "sqlstate", None)
    detail = (str(original).strip() or type(original).__name__).splitlines()[0]
    if isinstance(original, sqlite3.DatabaseError) and "not a database" in detail:
        raise DatabaseForeign(f"{_name(context)} is not a SQLite file") from original
    if isinstance(original, sqlite3.DatabaseError) and "malformed" in detail:
        raise DatabaseDamaged(_name(context)) from original
    if "disk is full" in detail or code == DISK_FULL:
        raise DatabaseFull(_name(context)) from original
    if code == LOCKED:
        raise DatabaseBusy(detail) from original
    if isinstance(error, OperationalError | InterfaceError) or context.is_disconnect or code in NOT_ALLOWED:
        raise DatabaseUnavailable(f"{_name(context)}: {detail}") from original


def _name(context: ExceptionContext) -> str:
    """The database's URL without its password."""
    return context.engine.url.render_as_string(hide_password=True) if context.engine else "the database"
