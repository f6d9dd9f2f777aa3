"""A database that cannot be used: one line that says what to do, and exit status 2."""

import sqlite3
from pathlib import Path

import pytest

from results import migrate
from tests.acceptance.command import Command

COMMANDS = [("results",), ("status",), ("run", "."), ("show", "x.png"), ("retry",)]


def assert_refused(command: Command, url: str, *words: str) -> None:
    """Every command ends with 2 and one line that holds the words."""
    for arguments in COMMANDS:
        ended = command(*arguments, "--database", url)
        assert ended.status == 2, (arguments, ended)
        assert len(ended.errors.strip().splitlines()) == 1, ended.errors
        for word in words:
            assert word in ended.errors


def test_somebody_elses_database(command: Command) -> None:
    with sqlite3.connect(command.folder / "other.db") as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()

    assert_refused(command, "sqlite:///other.db", "not made by countersign", "COUNTERSIGN_DATABASE_URL")


def test_database_from_the_future(command: Command) -> None:
    url = f"sqlite:///{command.folder / 'newer.db'}"
    migrate.upgrade(url)
    with sqlite3.connect(command.folder / "newer.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert_refused(command, url, "newer revision", "install the countersign that wrote it")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("sqlite:////proc/nowhere/countersign.db", "cannot"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "COUNTERSIGN_DATABASE_URL"),
        ("mysql://localhost/x", "neither sqlite nor postgresql"),
        ("countersign.db", "sqlite:///countersign.db"),
    ],
)
def test_database_that_cannot_be_opened(command: Command, url: str, word: str) -> None:
    ended = command("run", ".", "--database", url)

    assert ended.status == 2
    assert len(ended.errors.strip().splitlines()) == 1
    assert word in ended.errors or "does not answer" in ended.errors


def test_database_that_is_not_there_yet(command: Command) -> None:
    ended = command("results")

    assert ended.status == 2
    assert "countersign run" in ended.errors


def test_file_that_is_no_database(command: Command) -> None:
    Path(command.folder / "page.db").write_bytes(b"not a database at all" * 100)

    ended = command("status", "--database", "sqlite:///page.db")

    assert ended.status == 2
    assert len(ended.errors.strip().splitlines()) == 1


def test_wrong_settings_are_named_all_at_once(command: Command) -> None:
    ended = command("status", env={"COUNTERSIGN_MAX_BATCH": "none", "COUNTERSIGN_LEASE_SECONDS": "-1"})

    assert ended.status == 2
    assert "COUNTERSIGN_MAX_BATCH" in ended.errors
    assert "COUNTERSIGN_LEASE_SECONDS" in ended.errors


def test_password_is_not_shown(command: Command) -> None:
    ended = command("status", "--database", "postgresql://ada:secret-word@127.0.0.1:1/nothing")

    assert ended.status == 2
    assert "secret-word" not in ended.errors + ended.output
