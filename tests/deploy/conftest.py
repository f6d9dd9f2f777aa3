"""A machine of this test's own, on which the services of docker-compose.yml are plain processes."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.deploy.compose import ROOT, read
from tests.deploy.processes import Machine, free_port
from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.storage import StorageEmulator
from tests.servers import PostgresServer, redis_program


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    script = shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path)
    subprocess.run(["sh", script], check=True, capture_output=True)
    return tmp_path / "secrets"


@pytest.fixture
def redis_place(secrets: Path) -> Iterator[str]:
    """Redis as its service starts it: with the configuration that is one of the secrets."""
    program, configuration = read()["redis"].command
    assert (program, Path(configuration).parent) == ("redis-server", Path("/run/secrets"))
    port = free_port()
    process = subprocess.Popen(
        [redis_program(), str(secrets / Path(configuration).name), f"--port {port}", "--bind 127.0.0.1"],
        stdout=subprocess.DEVNULL,
    )
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def postgres_place(postgres_server: PostgresServer, secrets: Path) -> Iterator[str]:
    """A PostgreSQL with the role and the database that its service makes; what stands for its address."""
    environment = read()["postgres"].environment
    role, database = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
    password = (secrets / "postgres_password").read_text()
    postgres_server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    postgres_server.execute(f"CREATE DATABASE {database} OWNER {role}")
    yield f"/{database}?{urlsplit(postgres_server.url()).query}"
    postgres_server.execute(f"DROP DATABASE {database} WITH (FORCE)")
    postgres_server.execute(f"DROP ROLE {role}")


@pytest.fixture
def emulators() -> Iterator[tuple[StorageEmulator, PubSubEmulator]]:
    with StorageEmulator() as objects, PubSubEmulator() as messages:
        objects.store.on_event = messages.notify
        yield objects, messages


@pytest.fixture
def machine(
    tmp_path: Path,
    secrets: Path,
    redis_place: str,
    postgres_place: str,
    emulators: tuple[StorageEmulator, PubSubEmulator],
) -> Iterator[Machine]:
    objects, messages = emulators
    places = {
        "@redis:6379": f"@{redis_place}",
        "@postgres:5432/countersign": f"@{postgres_place}",
        "http://storage:4443": objects.host,
        "pubsub:8085": messages.host,
        "/deploy/emulators.py": str(ROOT / "deploy" / "emulators.py"),
    }
    mapped = tmp_path / "mapped"
    mapped.mkdir()
    made = Machine(tmp_path, mapped, {**places, "/inbox": str(tmp_path / "inbox")})
    (tmp_path / "inbox").mkdir()
    for secret in secrets.iterdir():
        (mapped / secret.name).write_text(made.here(secret.read_text()))
    yield made
    for running in made.started:
        running.kill()
