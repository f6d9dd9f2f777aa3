"""The services' own commands and variables, started for real: from a dropped file to a verdict."""

import json
import shutil
from dataclasses import replace

import pytest
import redis
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.deploy.compose import ROOT, Service, env_file, read
from tests.deploy.processes import Machine
from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.storage import StorageEmulator
from tests.waiting import attempts

SAMPLES = sorted((ROOT / "samples").glob("*.*"))


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

    for attempt in attempts(300, every=1):
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
