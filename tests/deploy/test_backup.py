"""The backup page's commands for PostgreSQL, run as they are written."""

import os
import shlex
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from results.ledger import Ledger
from results.migrate import upgrade
from results.queries import flags
from results.values import Arrival
from tests.docs.blocks import ROOT, blocks
from tests.servers import PostgresServer

IN_CONTAINER = "docker compose exec -T postgres "
COMMANDS = [
    command.removeprefix(IN_CONTAINER)
    for block in blocks(ROOT / "docs" / "how-to" / "backup.md")
    for command in block.commands
    if command.startswith(IN_CONTAINER)
]


@pytest.fixture
def url(own_postgres: PostgresServer) -> str:
    """A ledger in the database of the deployment, owned by its role."""
    own_postgres.execute("CREATE ROLE countersign SUPERUSER LOGIN")
    own_postgres.execute("CREATE DATABASE countersign OWNER countersign")
    made = own_postgres.url("countersign").replace("postgres@", "countersign@")
    upgrade(made)
    return made


def test_a_backup_comes_back_whole(url: str, tmp_path: Path) -> None:
    backup, restore = COMMANDS
    assert [shlex.split(command)[0] for command in COMMANDS] == ["pg_dump", "pg_restore"]
    with Ledger.open(url) as ledger:
        ledger.take_in([Arrival(f"gs://inbox/{n}.pdf", "1", "gs://inbox") for n in range(100)])
        before, counts = list(flags(ledger)), ledger.counts()
    _run(backup, url, tmp_path)
    with Ledger.open(url) as ledger:
        ledger.take_in([Arrival("gs://inbox/later.pdf", "1", "gs://inbox")])
    _run(restore, url, tmp_path)
    with Ledger.open(url) as ledger:
        assert (list(flags(ledger)), ledger.counts()) == (before, counts)
        assert ledger.take_in([Arrival("gs://inbox/later.pdf", "1", "gs://inbox")]).new == 1


def _run(command: str, url: str, folder: Path) -> None:
    """Runs a command with the server's own programs, at the server's address."""
    with Ledger.open(url) as ledger, ledger.engine.connect() as connection:
        programs = connection.scalar(text("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
    host = parse_qs(urlsplit(url).query)["host"][0]
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PGHOST": host}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
