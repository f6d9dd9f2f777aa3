"""What must survive: kill -9 between every two steps, a ledger that goes away, sources that misbehave."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from threading import Event

import grpc
import pytest

from producer.app import run_once, watch
from producer.signs import LifeSigns
from producer.sources import Delivery, open_source
from results import migrate
from results.errors import SourceUnavailable
from results.ledger import Ledger
from results.ring import QUEUE
from results.settings import read_settings
from results.values import Arrival, IntakeCount
from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.storage import StorageEmulator
from tests.producer import dying
from tests.producer.conftest import SUBSCRIPTION, TOPIC, Running, known
from tests.producer.dying import STEPS
from tests.servers import PostgresServer, RedisServer
from tests.waiting import until


def die_at(step: str, source: str, database: str, broker: str) -> None:
    """Runs a producer that kills itself at a step, and waits for its death."""
    environment = {
        **{name: value for name, value in os.environ.items() if name.endswith("_EMULATOR_HOST")},
        "COUNTERSIGN_DATABASE_URL": database,
        "COUNTERSIGN_BROKER_URL": broker,
        "COUNTERSIGN_LIST_INTERVAL_SECONDS": "0.1",
        "COUNTERSIGN_MAX_WAIT_SECONDS": "0",
        "COUNTERSIGN_INTAKE_BATCH": "5",
    }
    process = dying.process(step, source, environment)
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL


def settle(source: str, database: str, broker: str, wanted: list[tuple[str, str]]) -> None:
    """Runs a producer that lives, until the ledger holds each document once and rings for them."""
    settings = read_settings(
        database_url=database, broker_url=broker, list_interval_seconds=0.1, max_wait_seconds=0
    )
    with Ledger.open(database) as ledger:
        with Running(lambda stop: watch([open_source(source, settings)], settings, stop, ledger=ledger)):
            until(lambda: known(ledger) == wanted, seconds=60)
        counts = ledger.counts()
        assert counts.received == counts.in_flight == len(wanted)


def test_a_bucket_survives_kills_between_all_steps(
    sqlite_url: str, redis_server: RedisServer, redis_url: str, storage: StorageEmulator
) -> None:
    for number, step in enumerate(STEPS):
        storage.store.fill("inbox", 12, prefix=f"{number}-")
        die_at(step, "gs://inbox", sqlite_url, redis_url)
    storage.store.put("inbox", "last.png", b"x")
    objects = storage.store.bucket("inbox").objects.values()
    wanted = sorted((f"gs://inbox/{one.name}", str(one.generation)) for one in objects)
    settle("gs://inbox", sqlite_url, redis_url, wanted)
    with redis_server.client() as client:
        assert 1 <= client.llen(QUEUE) <= len(wanted)


def test_a_subscription_survives_kills_between_all_steps(
    postgres_url: str, redis_url: str, pubsub: PubSubEmulator
) -> None:
    queue = pubsub.store.queues[SUBSCRIPTION]
    wanted = []
    for number, step in enumerate(STEPS):
        for member in range(12):
            name = f"{number}-{member}.png"
            pubsub.send(TOPIC, b'{"uri": "gs://inbox/%s", "generation": "7"}' % name.encode())
            wanted.append((f"gs://inbox/{name}", "7"))
        die_at(step, SUBSCRIPTION, postgres_url, redis_url)
        if step == "before commit":
            assert not queue.acked  # nothing is acknowledged that the ledger does not have
        pubsub.store.expire_all(SUBSCRIPTION)
    settle(SUBSCRIPTION, postgres_url, redis_url, sorted(wanted))
    until(lambda: not queue.waiting and not queue.leased)
    assert len(set(queue.acked)) == len(wanted)


@pytest.mark.parametrize("seconds", [0, pytest.param(20, marks=pytest.mark.slow)])
def test_a_ledger_that_goes_away_and_comes_back(
    own_postgres: PostgresServer,
    redis_url: str,
    pubsub: PubSubEmulator,
    storage: StorageEmulator,
    seconds: float,
) -> None:
    url = own_postgres.new_database()
    migrate.upgrade(url)
    settings = read_settings(
        database_url=url, broker_url=redis_url, list_interval_seconds=0.2, max_wait_seconds=0
    )
    sources = [open_source("gs://inbox", settings), open_source(SUBSCRIPTION, settings)]
    queue, signs = pubsub.store.queues[SUBSCRIPTION], LifeSigns()
    with (
        Ledger.open(url) as ledger,
        Running(lambda stop: watch(sources, settings, stop, ledger=ledger, signs=signs)),
    ):
        storage.store.put("inbox", "before.png", b"x")
        until(lambda: len(known(ledger)) == 1)
        own_postgres.kill()
        for number in range(20):
            pubsub.send(TOPIC, b'{"uri": "gs://other/%d.png", "generation": "7"}' % number)
        storage.store.put("inbox", "during.png", b"x")
        until(lambda: "ledger" in signs.troubles())
        until(lambda: queue.nacked > 0)
        Event().wait(seconds)
        assert not queue.acked
        own_postgres.start()
        until(lambda: len(known(ledger)) == 22)
        until(lambda: len(set(queue.acked)) == 20)
        until(lambda: not signs.troubles())
        assert max(queue.delivered.count(one) for one in queue.delivered) <= 4  # no storm of redeliveries
        assert ledger.counts().received == 22


@pytest.mark.parametrize(
    "status",
    [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL],
)
def test_a_pubsub_that_refuses_is_asked_again(
    sqlite_url: str, redis_url: str, pubsub: PubSubEmulator, status: grpc.StatusCode
) -> None:
    settings = read_settings(database_url=sqlite_url, broker_url=redis_url)
    queue = pubsub.store.queues[SUBSCRIPTION]
    with (
        Ledger.open(sqlite_url) as ledger,
        Running(lambda stop: watch([open_source(SUBSCRIPTION, settings)], settings, stop, ledger=ledger)),
    ):
        for number in range(3):
            until(lambda streams=number: pubsub.streams > streams)  # type: ignore[misc]
            pubsub.cut_streams(status)
            pubsub.send(TOPIC, b'{"uri": "gs://inbox/%d.png", "generation": "7"}' % number)
        until(lambda: len(set(queue.acked)) == 3)
        assert len(known(ledger)) == ledger.counts().received == 3


def test_a_backfill_goes_on_after_an_outage_of_the_ledger(
    own_postgres: PostgresServer, redis_url: str, storage: StorageEmulator
) -> None:
    """The ledger goes away between two pages, when nothing is held that could be taken in again."""
    url = own_postgres.new_database()
    migrate.upgrade(url)
    storage.store.fill("inbox", 30)
    settings = read_settings(database_url=url, broker_url=redis_url, intake_batch=10)
    signs = LifeSigns()
    gone = Event()

    class GoingAway(Ledger):
        def take_in(self, arrivals: Iterable[Arrival]) -> IntakeCount:
            count = super().take_in(arrivals)
            if not gone.is_set():
                own_postgres.kill()
                gone.set()
            return count

    def backfill(stop: Event) -> None:
        run_once([open_source("gs://inbox", settings)], settings, stop, ledger=ledger, signs=signs)

    with GoingAway.open(url) as ledger, Running(backfill):
        until(lambda: gone.is_set() and "ledger" in signs.troubles(), seconds=90)
        own_postgres.start()
        until(lambda: signs.total().new == 30, seconds=90)
        assert len(known(ledger)) == 30


class Breaking:
    """A source whose client raises what nobody expected."""

    name = "gs://breaking/"

    def deliveries(self, ledger: Ledger, stop: Event, *, once: bool) -> Iterator[Delivery]:
        raise OSError("no project was named")


def test_a_backfill_never_passes_for_done_where_a_source_broke(
    sqlite_url: str, redis_url: str, storage: StorageEmulator
) -> None:
    settings = read_settings(database_url=sqlite_url, broker_url=redis_url, suffixes=".none")
    storage.store.fill("inbox", 3)
    sources = [Breaking(), open_source("gs://inbox", settings)]
    signs = LifeSigns()
    with pytest.raises(SourceUnavailable, match="gs://breaking/: no project was named"):
        run_once(sources, settings, Event(), signs=signs)
    assert signs.total().ignored == 3


def test_a_dispatcher_that_breaks_is_started_again(sqlite_url: str, storage: StorageEmulator) -> None:
    """Whatever the queue's client raises: without rings everything would stand still, in silence."""
    settings = read_settings(list_interval_seconds=0.2, max_wait_seconds=0)
    signs = LifeSigns()

    class BreakingSender:
        rings = 0

        def __call__(self) -> None:
            self.rings += 1
            if self.rings == 1:
                raise RuntimeError("unheard of")

        def waiting(self) -> int:
            return 0

    sender = BreakingSender()
    storage.store.fill("inbox", 3)
    with (
        Ledger.open(sqlite_url) as ledger,
        Running(
            lambda stop: watch(
                [open_source("gs://inbox", settings)],
                settings,
                stop,
                ledger=ledger,
                send_ring=sender,
                signs=signs,
            )
        ),
    ):
        until(lambda: signs.troubles().get("dispatcher") == "unheard of")
        until(lambda: sender.rings > 1)
        until(lambda: not signs.troubles())


def test_several_producers_on_one_ledger_do_nothing_twice(
    postgres_url: str,
    redis_server: RedisServer,
    redis_url: str,
    storage: StorageEmulator,
    pubsub: PubSubEmulator,
) -> None:
    storage.store.fill("inbox", 300)
    for number in range(300):
        pubsub.send(TOPIC, b'{"uri": "gs://other/%d.png", "generation": "7"}' % number)
    settings = read_settings(
        database_url=postgres_url,
        broker_url=redis_url,
        list_interval_seconds=600,
        max_wait_seconds=0,
        max_batch=10,
        max_rings=4,
        intake_batch=20,
    )

    def producer(stop: Event) -> None:
        sources = [open_source("gs://inbox", settings), open_source(SUBSCRIPTION, settings)]
        watch(sources, settings, stop)

    with Ledger.open(postgres_url) as ledger, Running(producer), Running(producer):
        until(lambda: len(known(ledger)) == 600)
        until(lambda: len(set(pubsub.store.queues[SUBSCRIPTION].acked)) == 300)
    listings = [path for method, path in storage.requests if "/o?" in path]
    assert len(listings) == 15  # 300 objects by 20: one of the two listed
    with redis_server.client() as client:
        assert 1 <= client.llen(QUEUE) <= 8


def test_sigterm_finishes_what_is_held(sqlite_url: str, redis_url: str, pubsub: PubSubEmulator) -> None:
    """The command itself, in a process of its own: nothing held is lost, nothing unacknowledged is left."""
    queue = pubsub.store.queues[SUBSCRIPTION]
    for number in range(50):
        pubsub.send(TOPIC, b'{"uri": "gs://other/%d.png", "generation": "7"}' % number)
    countersign = [sys.executable, "-c", "from cli.main import main; main()"]
    command = [*countersign, "watch", SUBSCRIPTION, "--database", sqlite_url]
    with subprocess.Popen([*command, "--broker", redis_url], stderr=subprocess.PIPE, text=True) as process:
        until(lambda: bool(queue.acked), seconds=60)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    with Ledger.open(sqlite_url) as ledger:
        assert set(queue.acked) <= {str(number + 1) for number in range(50)}
        assert len(known(ledger)) >= len(set(queue.acked))
