"""The services' own commands and variables, started for real: from a dropped file to a verdict."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from tenacity import Retrying, stop_after_delay, wait_fixed

from tests.deploy.compose import ROOT, Service, env_file, read
from tests.deploy.processes import Machine, free_port
from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.storage import StorageEmulator
from tests.servers import PostgresServer, redis_program

SAMPLES = sorted((ROOT / "samples").glob("*.*"))


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


def verdicts(machine: Machine, worker: Service) -> dict[str, bool | None]:
    """What `docker compose exec worker countersign results` tells: name to flag."""
    rows = json.loads(machine.run(worker, "results", "--format", "json"))
    return {row["uri"].rpartition("/")[2]: row["has_signature"] for row in rows}


@pytest.mark.timeout(600)
def test_from_a_dropped_file_and_an_uploaded_object_to_verdicts(
    machine: Machine, emulators: tuple[StorageEmulator, PubSubEmulator], redis_place: str
) -> None:
    services = read(env_file(ROOT / "deploy" / "emulators.env"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://{redis_place}").ping()
    machine.run(services["migrate"])
    machine.run(services["migrate"])
    for _ in range(2):
        assert "are there" in machine.run(services["emulators"])
    objects, _ = emulators
    objects.store.bucket("inbox").notifications.append({"topic": "projects/countersign/topics/inbox"})

    producer, worker = machine.start(services["producer"]), machine.start(services["worker"])
    producer.wait_until_healthy()
    worker.wait_until_healthy()
    dropped, uploaded = SAMPLES[0], SAMPLES[-1]
    shutil.copy(dropped, machine.folder / "inbox")
    client = storage.Client(
        "countersign", AnonymousCredentials(), client_options={"api_endpoint": objects.host}
    )
    client.bucket("inbox").blob(f"letters/{uploaded.name}").upload_from_filename(str(uploaded))

    for attempt in Retrying(stop=stop_after_delay(300), wait=wait_fixed(1), reraise=True):
        with attempt:
            seen = verdicts(machine, services["worker"])
            assert seen.keys() == {dropped.name, uploaded.name}, worker.log.read_text()[-3000:]
            assert None not in seen.values(), worker.log.read_text()[-3000:]
    counts = machine.run(services["producer"], "status")
    assert "2" in counts
    assert producer.is_healthy()
    assert worker.is_healthy()
    assert producer.stop() == 0, producer.log.read_text()
    assert worker.stop() == 0, worker.log.read_text()


def test_a_service_without_its_secret_says_what_is_wrong(machine: Machine) -> None:
    services = read()
    definition = {**services["producer"].definition, "secrets": ["countersign_database_url"]}
    producer = machine.start(replace(services["producer"], definition=definition))
    assert producer.process.wait(60) == 2
    told = producer.log.read_text()
    assert "COUNTERSIGN_BROKER_URL" in told
    assert "Traceback" not in told
