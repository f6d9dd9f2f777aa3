"""Analysts: a role that reads the views and writes nothing."""

import pytest
from sqlalchemy import text

from results.analysts import READABLE, grant_reading
from results.engine import open_engine
from results.errors import DatabaseUnavailable, UsageError
from results.ledger import Ledger
from tests.results.conftest import arrivals


def test_analysts_read_and_write_nothing(postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger:
        ledger.take_in(arrivals(3))
        for _ in range(2):
            grant_reading(ledger, 'odd "role')
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        connection.execute(text('SET ROLE "odd ""role"'))
        for name in READABLE:
            connection.execute(text(f"SELECT * FROM {name}"))
        assert connection.scalar(text("SELECT received FROM ledger_counts")) == 3
        for statement in (
            "DELETE FROM documents",
            "UPDATE verdicts SET confidence = 1",
            "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(DatabaseUnavailable, match="permission denied"), connection.begin_nested():
                connection.execute(text(statement))
    engine.dispose()


def test_sqlite_has_no_roles(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger, pytest.raises(UsageError, match="SQLite has no roles"):
        grant_reading(ledger, "analysts")
