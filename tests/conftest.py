"""Fixtures every room shares: real servers, and ledgers on SQLite and on PostgreSQL alike."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from results import migrate
from results.ledger import Ledger
from tests.rabbit import RabbitServer
from tests.servers import (
    NoServer,
    PostgresServer,
    RedisServer,
    Server,
    database_name,
    forget_broken_connections,
)

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
"""Servers are started beside busy gRPC threads, whose fork handlers crash the child at times."""

AnyServer = TypeVar("AnyServer", bound=Server)


def pytest_unconfigure() -> None:
    """Closes the sockets that kombu left open and something held on to until the last test was over."""
    forget_broken_connections()


def started(make: Callable[[], AnyServer]) -> Iterator[AnyServer]:
    """A server for as long as a fixture lasts; tests are skipped where it cannot be had."""
    try:
        server = make()
    except NoServer as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run; do not stop or kill it, take `own_postgres` for that."""
    yield from started(lambda: PostgresServer(fsync="off", max_connections="200"))


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for the whole run; do not stop or kill it, take `own_redis` for that."""
    yield from started(RedisServer)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, to stop, kill and pause."""
    yield from started(lambda: PostgresServer(fsync="off"))


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis of this test's own, to kill and pause."""
    yield from started(RedisServer)


@pytest.fixture
def own_rabbit() -> Iterator[RabbitServer]:
    """A RabbitMQ of this test's own, to kill and pause."""
    yield from started(RabbitServer)


@pytest.fixture(params=["own_redis", "own_rabbit"])
def own_broker(request: pytest.FixtureRequest) -> RedisServer | RabbitServer:
    """A broker of either kind, to kill and pause."""
    server: RedisServer | RabbitServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Name of a PostgreSQL database with an empty ledger, to be copied."""
    url = postgres_server.new_database()
    migrate.upgrade(url)
    return database_name(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with an empty ledger, to be copied."""
    file = tmp_path_factory.mktemp("template") / "ledger.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of an empty ledger in a SQLite file of this test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'countersign.db')}"


@pytest.fixture(scope="session")
def spare_ledgers() -> list[str]:
    """URLs of empty PostgreSQL ledgers that a test has done with."""
    return []


@pytest.fixture
def postgres_url(
    postgres_server: PostgresServer, postgres_template: str, spare_ledgers: list[str]
) -> Iterator[str]:
    """URL of an empty ledger in a PostgreSQL database of this test's own."""
    url = spare_ledgers.pop() if spare_ledgers else postgres_server.new_database(template=postgres_template)
    yield url
    postgres_server.empty_ledger(url)
    spare_ledgers.append(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty ledger of this test's own, on SQLite and on PostgreSQL in turn."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An open, empty ledger, on SQLite and on PostgreSQL in turn."""
    with Ledger.open(ledger_url) as opened:
        yield opened
