"""Migrations: replayed up and down, compared with the schema, and refused where they must be."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, text

from results import migrate
from results.engine import open_engine, sqlite_file, writing
from results.errors import (
    CountersignError,
    DatabaseAhead,
    DatabaseBehind,
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseUnavailable,
    WrongSettings,
)
from results.ledger import Ledger
from results.schema import REVISIONS, VIEWS, metadata
from results.status import Status
from tests.results.conftest import arrivals, claim
from tests.servers import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database that holds nothing, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new folder' / 'countersign.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.new_database()
    yield url
    server.drop_database(url)


def execute(url: str, *statements: str) -> None:
    """Runs statements on a database that somebody else changes."""
    engine = open_engine(url)
    if file := sqlite_file(engine.url):
        file.parent.mkdir(exist_ok=True)
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def tables(url: str) -> set[str]:
    """Names of the tables and views of a database."""
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {*inspect(connection).get_table_names(), *inspect(connection).get_view_names()}
    engine.dispose()
    return found


def test_the_revisions_are_the_ones_in_the_folder() -> None:
    folder = ScriptDirectory(str(files("migrations")))
    assert tuple(one.revision for one in reversed(list(folder.walk_revisions()))) == REVISIONS


def test_every_revision_is_replayed_up_and_down(empty_url: str) -> None:
    for target in (*REVISIONS, *reversed(REVISIONS[:-1]), None, REVISIONS[-1], None):
        migrate.move(empty_url, target)
        engine = open_engine(empty_url)
        assert migrate.revision(engine) == target
        engine.dispose()
    assert tables(empty_url) == {"alembic_version"}


# SQLAlchemy cannot read an index on an expression back from SQLite; test_upgrade.py looks at names.
@pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection of expression-based index",
    "ignore:autogenerate skipping metadata-specified expression-based index",
)
def test_the_migrated_database_is_what_the_schema_says(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        for view in VIEWS:
            found = [column["name"] for column in inspect(connection).get_columns(view.name)]
            assert found == [column.name for column in view.columns], view.name
        (check,) = inspect(connection).get_check_constraints("documents")
        assert all(f"'{status}'" in check["sqltext"] for status in Status)
        own = metadata.tables["documents"].constraints
        names = {one.name for one in own if isinstance(one, CheckConstraint)}
        assert check["name"] in names
    engine.dispose()


def test_upgrading_again_changes_nothing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with Ledger.open(empty_url) as ledger:
        ledger.take_in(arrivals(3))
        migrate.upgrade(empty_url)
        assert ledger.counts().received == 3


def test_many_may_upgrade_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.upgrade, [empty_url] * 4))
    with Ledger.open(empty_url) as ledger:
        assert ledger.counts().received == 0


def test_an_upgrade_works_from_any_folder(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    migrate.upgrade(empty_url)
    assert "documents" in tables(empty_url)


@pytest.mark.parametrize(
    ("statements", "error", "message"),
    [
        (["SELECT 1"], DatabaseBehind, "db upgrade.*no revision"),
        (["CREATE TABLE invoices (id int)"], DatabaseForeign, "invoices"),
        (
            [
                "CREATE TABLE alembic_version (version_num text)",
                "INSERT INTO alembic_version VALUES ('f00d')",
            ],
            DatabaseForeign,
            "f00d",
        ),
    ],
)
def test_a_database_that_is_no_ledger_is_refused(
    empty_url: str, statements: list[str], error: type[CountersignError], message: str
) -> None:
    execute(empty_url, *statements)
    before = tables(empty_url)
    with pytest.raises(error, match=message):
        Ledger.open(empty_url)
    if error is DatabaseForeign:
        with pytest.raises(DatabaseForeign, match=message):
            migrate.upgrade(empty_url)
    assert tables(empty_url) == before


def test_a_database_from_the_future_is_refused_and_untouched(ledger_url: str) -> None:
    with Ledger.open(ledger_url) as ledger:
        ledger.take_in(arrivals(2))
    execute(ledger_url, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (Ledger.open, migrate.upgrade):
        with pytest.raises(DatabaseAhead, match=r"install the countersign that wrote it.*9999"):
            attempt(ledger_url)
    execute(ledger_url, f"UPDATE alembic_version SET version_num = '{REVISIONS[-1]}'")
    with Ledger.open(ledger_url) as ledger:
        assert ledger.counts().received == 2


def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "nothing.db"
    with pytest.raises(DatabaseUnavailable, match=r"there is no file .*nothing\.db"):
        Ledger.open(f"sqlite:///{file}")
    assert not file.exists()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "letter.png"
    file.write_bytes(b"\x89PNG\r\n" * 1000)
    for attempt in (Ledger.open, migrate.upgrade):
        with pytest.raises(DatabaseForeign, match=r"letter\.png is not a SQLite file"):
            attempt(f"sqlite:///{file}")
    assert file.read_bytes() == b"\x89PNG\r\n" * 1000


def test_a_damaged_file_is_named(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(3000))
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(DatabaseDamaged, match=r"restore it from a backup.*countersign\.db"):
        Ledger.open(sqlite_url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match="file"):
        migrate.upgrade(f"sqlite:///{tmp_path}/file/sub/countersign.db")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        Ledger.open(f"sqlite:///{tmp_path}")


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseUnavailable, match="check COUNTERSIGN_DATABASE_URL") as caught:
        Ledger.open("postgresql://clerk:hunter2@127.0.0.1:1/ledger")
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("countersign.db", "not a URL"),
        ("mysql://host/ledger", "mysql is neither"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
    ],
)
def test_a_url_of_another_kind_is_refused(url: str, message: str) -> None:
    with pytest.raises(WrongSettings, match=message):
        Ledger.open(url)


def test_a_copied_file_is_a_backup(sqlite_url: str, tmp_path: Path) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(5))
        target = sqlite3.connect(tmp_path / "backup.db")
        source = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
        source.backup(target)
        target.close()
        source.close()
        ledger.take_in(arrivals(5, start=10))
    with Ledger.open(f"sqlite:///{tmp_path / 'backup.db'}") as ledger:
        assert ledger.counts().received == 5
        assert claim(ledger) is not None
