"""The Pub/Sub source with the real client against the emulator, into real ledgers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
from google.cloud import pubsub_v1

from producer.intake import Intake
from producer.signs import LifeSigns
from producer.sources.subscription import Subscription
from results.errors import SourceUnavailable
from results.ledger import Ledger
from results.settings import Settings, read_settings
from tests.emulators.pubsub import PubSubEmulator
from tests.emulators.queues import Queue
from tests.emulators.storage import StorageEmulator
from tests.producer.conftest import ODD_NAMES, SUBSCRIPTION, TOPIC, Running, failures, known
from tests.waiting import until


def event(name: str, generation: int, kind: str = "OBJECT_FINALIZE") -> dict[str, str]:
    """Attributes of a notification without payload."""
    return {
        "eventType": kind,
        "payloadFormat": "NONE",
        "bucketId": "inbox",
        "objectId": name,
        "objectGeneration": str(generation),
    }


def watching(ledger: Ledger, signs: LifeSigns | None = None, settings: Settings | None = None) -> Running:
    """The subscription, taken in from a thread while a `with` block runs."""
    intake = Intake(ledger, signs or LifeSigns(), lambda: None)
    source = Subscription(SUBSCRIPTION, settings or read_settings())
    return Running(lambda stop: intake.run(source, stop, once=False))


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Ledger]:
    """SQLite alone: faults on both databases are in test_faults."""
    with Ledger.open(sqlite_url) as opened:
        yield opened


@pytest.fixture
def queue(pubsub: PubSubEmulator) -> Queue:
    return pubsub.store.queues[SUBSCRIPTION]


def test_messages_are_acknowledged_once_the_ledger_has_them(
    ledger: Ledger, pubsub: PubSubEmulator, queue: Queue
) -> None:
    names = [*ODD_NAMES, *(f"{number}.png" for number in range(200))]
    for number, name in enumerate(names):
        pubsub.send(TOPIC, **event(name, number + 1))
    with watching(ledger):
        until(lambda: len(queue.acked) == len(names))
    assert known(ledger) == sorted((f"gs://inbox/{n}", str(i + 1)) for i, n in enumerate(names))


def test_duplicate_late_and_disordered_notifications_are_one_document_each(
    ledger: Ledger, pubsub: PubSubEmulator, queue: Queue
) -> None:
    ids = [pubsub.send(TOPIC, **event("a.png", generation)) for generation in (3, 1, 2, 3, 1)]
    with watching(ledger):
        until(lambda: len(queue.acked) == 5)
        for message_id in (*ids, *ids):
            pubsub.store.repeat(SUBSCRIPTION, message_id)
        until(lambda: len(queue.acked) == 15)
    assert known(ledger) == [("gs://inbox/a.png", str(generation)) for generation in (1, 2, 3)]


def test_other_events_and_unknown_types_are_acknowledged_and_counted(
    ledger: Ledger, pubsub: PubSubEmulator, queue: Queue
) -> None:
    signs = LifeSigns()
    pubsub.send(TOPIC, **event("a.png", 1, "OBJECT_DELETE"))
    pubsub.send(TOPIC, **event("a.png", 1, "OBJECT_METADATA_UPDATE"))
    pubsub.send(TOPIC, **event("a.txt", 1))
    with watching(ledger, signs):
        until(lambda: len(queue.acked) == 3)
        until(lambda: signs.total().ignored == 3)
    assert known(ledger) == []


def test_a_malformed_message_is_recorded_with_its_reason_and_never_loops(
    ledger: Ledger, pubsub: PubSubEmulator, queue: Queue
) -> None:
    signs = LifeSigns()
    message_id = pubsub.send(TOPIC, b"\x00 what?", note="not ours")
    with watching(ledger, signs):
        until(lambda: len(queue.acked) == 1)
        pubsub.store.repeat(SUBSCRIPTION, message_id)
        until(lambda: len(queue.acked) == 2)
        until(lambda: signs.total().rejected == 2)
    ((uri, code, text),) = failures(ledger)
    assert (uri, code) == (f"pubsub://{SUBSCRIPTION}/messages/{message_id}", "malformed_message")
    assert "the data is no JSON; it begins with b'\\x00 what?'" in text
    assert ledger.counts().failed == 1


def test_an_exactly_once_subscription(ledger: Ledger, pubsub: PubSubEmulator, queue: Queue) -> None:
    queue.config.enable_exactly_once_delivery = True
    for number in range(100):
        pubsub.send(TOPIC, **event(f"{number}.png", 1))
    queue.ack_failures = 5
    with watching(ledger):
        until(lambda: len(set(queue.acked)) == 100)
    assert len(known(ledger)) == 100
    assert len(queue.delivered) > 100


def test_a_dead_letter_topic_gets_nothing_of_ours(
    ledger: Ledger, pubsub: PubSubEmulator, queue: Queue
) -> None:
    letters = pubsub.create("projects/acme/subscriptions/letters")
    queue.config.dead_letter_policy.dead_letter_topic = letters.config.topic
    queue.config.dead_letter_policy.max_delivery_attempts = 5
    pubsub.send(TOPIC, b"broken")
    pubsub.send(TOPIC, **event("a.png", 1))
    with watching(ledger):
        until(lambda: len(queue.acked) == 2)
    assert not letters.waiting
    assert len(queue.delivered) == 2


def test_a_plain_uri_gets_the_present_generation(
    ledger: Ledger, pubsub: PubSubEmulator, storage: StorageEmulator, queue: Queue
) -> None:
    stored = storage.store.put("inbox", "a b.png", b"123", "image/png")
    pubsub.send(TOPIC, json.dumps({"uri": "gs://inbox/a b.png"}).encode())
    gone = pubsub.send(TOPIC, json.dumps({"uri": "gs://inbox/gone.png"}).encode())
    with watching(ledger):
        until(lambda: len(queue.acked) == 2)
    assert known(ledger) == [
        ("gs://inbox/a b.png", str(stored.generation)),
        ("gs://inbox/gone.png", f"message-{gone}"),
    ]
    assert [code for _, code, _ in failures(ledger)] == ["gone"]


def test_a_plain_uri_is_handed_back_while_the_storage_is_out(
    sqlite_url: str, pubsub: PubSubEmulator, storage: StorageEmulator, queue: Queue
) -> None:
    storage.store.put("inbox", "a.png", b"123")
    storage.fail(400, times=1, path="/o/a.png")
    pubsub.send(TOPIC, b'{"uri": "gs://inbox/a.png"}')
    with Ledger.open(sqlite_url) as ledger, watching(ledger):
        until(lambda: len(queue.acked) == 1)
        assert len(known(ledger)) == 1
    assert queue.nacked == 1


def test_a_stream_that_breaks_is_opened_again(sqlite_url: str, pubsub: PubSubEmulator, queue: Queue) -> None:
    with Ledger.open(sqlite_url) as ledger, watching(ledger):
        until(lambda: pubsub.streams == 1)
        pubsub.cut_streams()
        pubsub.send(TOPIC, **event("a.png", 1))
        until(lambda: len(queue.acked) == 1)
    assert pubsub.streams > 1


def test_flow_control_bounds_what_is_held(sqlite_url: str, pubsub: PubSubEmulator, queue: Queue) -> None:
    for number in range(300):
        pubsub.send(TOPIC, **event(f"{number}.png", 1))
    source = Subscription(SUBSCRIPTION, read_settings(subscription_max_messages=50))
    with Ledger.open(sqlite_url) as ledger:
        deliveries = source.deliveries(ledger, Event(), once=False)
        first = next(deliveries)
        Event().wait(0.5)
        assert len(queue.leased) <= 100  # the emulator may send one more answer while the first is on its way
        assert len(first.arrivals) <= 50
        deliveries.close()  # type: ignore[attr-defined]


def test_a_subscription_read_once_ends_when_it_is_quiet(
    sqlite_url: str, pubsub: PubSubEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.sources.subscription.QUIET_SECONDS", 0.5)
    pubsub.send(TOPIC, **event("a.png", 1))
    with Ledger.open(sqlite_url) as ledger:
        Intake(ledger, LifeSigns(), lambda: None).run(
            Subscription(SUBSCRIPTION, read_settings()), Event(), once=True
        )
        assert len(known(ledger)) == 1


def test_a_subscription_that_is_not_there_is_one_clear_line(sqlite_url: str, pubsub: PubSubEmulator) -> None:
    name = "projects/acme/subscriptions/nowhere"
    with Ledger.open(sqlite_url) as ledger, pytest.raises(SourceUnavailable, match="nowhere"):
        list(Subscription(name, read_settings()).deliveries(ledger, Event(), once=False))


def test_the_emulator_redelivers_what_is_not_acknowledged(pubsub: PubSubEmulator, queue: Queue) -> None:
    """The deadline, the nack and the back-off that the tests above rely on."""
    queue.config.ack_deadline_seconds = 1
    queue.config.retry_policy.minimum_backoff.FromTimedelta(timedelta(seconds=0.3))
    pubsub.send(TOPIC, b"1")
    with pubsub_v1.SubscriberClient() as client:
        pull = {"subscription": SUBSCRIPTION, "max_messages": 10}
        first = client.pull(request=pull).received_messages
        assert len(first) == 1
        assert not client.pull(request=pull).received_messages
        pubsub.store.expire_all(SUBSCRIPTION)
        assert not client.pull(request=pull).received_messages
        until(lambda: bool(client.pull(request=pull).received_messages))
