"""The dispatcher on real ledgers and a real Redis, through Celery."""

from threading import Event

import pytest
from celery import Celery
from kombu import Connection

from producer.dispatch import Dispatcher, rings_needed
from producer.rings import RingSender
from producer.signs import LifeSigns
from results.errors import BrokerUnavailable
from results.ledger import Ledger
from results.ring import JUDGE_DUE, QUEUE, celery_options
from results.settings import read_settings
from results.values import Arrival, Due
from tests.producer.conftest import Running
from tests.servers import RedisServer
from tests.waiting import until

BATCHES = read_settings(max_batch=10, max_batch_bytes=1000, max_wait_seconds=1.0, max_rings=5)


def arrivals(count: int, first: int = 0) -> list[Arrival]:
    return [Arrival(f"gs://b/{n}.png", "1", "gs://b/", size=1) for n in range(first, first + count)]


def claim(ledger: Ledger, documents: int) -> int:
    """Claims as a worker does; returns how many documents were handed out."""
    claim = ledger.claim(
        worker="w", max_documents=documents, max_bytes=2**40, lease_seconds=60, max_attempts=3
    )
    return len(claim.documents) if claim else 0


@pytest.mark.parametrize(
    ("due", "rings"),
    [
        (Due(0, 0, 0.0), 0),
        (Due(9, 9, 0.9), 0),  # the batch may still fill
        (Due(9, 9, 1.0), 1),  # the oldest has waited
        (Due(25, 25, 0.0), 2),  # full batches do not wait
        (Due(25, 25, 1.0), 3),
        (Due(3, 2500, 0.0), 2),  # full by bytes
        (Due(1, 999_999, 1.0), 1),  # one huge document is one claim
        (Due(1000, 1000, 9.0), 5),  # never more than the bound
    ],
)
def test_rings_needed(due: Due, rings: int) -> None:
    assert rings_needed(due, BATCHES) == rings


class Bell:
    """A queue in memory whose rings a test takes by hand."""

    def __init__(self) -> None:
        self.rings = 0
        self.sent = 0

    def __call__(self) -> None:
        self.rings += 1
        self.sent += 1

    def waiting(self) -> int:
        return self.rings


def test_a_backlog_never_means_more_rings_than_the_bound(ledger: Ledger) -> None:
    settings = read_settings(max_batch=10, max_wait_seconds=0, max_rings=5)
    bell = Bell()
    dispatcher = Dispatcher(ledger, bell, settings)
    ledger.take_in(arrivals(1000))
    assert [dispatcher.step() for _ in range(3)] == [5, 0, 0]
    bell.rings -= 2
    claim(ledger, 20)
    assert dispatcher.step() == 2


def test_two_dispatchers_share_the_bound(ledger: Ledger) -> None:
    settings = read_settings(max_batch=10, max_wait_seconds=0, max_rings=5)
    bell = Bell()
    ledger.take_in(arrivals(30))
    assert [Dispatcher(ledger, bell, settings).step() for _ in range(2)] == [3, 0]


def test_a_lost_ring_is_rung_again(ledger: Ledger) -> None:
    bell = Bell()
    dispatcher = Dispatcher(ledger, bell, read_settings(max_wait_seconds=0))
    ledger.take_in(arrivals(1))
    assert dispatcher.step() == 1
    bell.rings = 0  # Redis was emptied
    assert dispatcher.step() == 1


def test_nothing_due_is_never_rung_for(ledger: Ledger) -> None:
    bell = Bell()
    dispatcher = Dispatcher(ledger, bell, read_settings(max_wait_seconds=0))
    assert dispatcher.step() == 0
    ledger.take_in(arrivals(1))
    claim(ledger, 1)
    assert dispatcher.step() == 0


def test_rings_that_do_nothing_come_less_often(sqlite_url: str) -> None:
    """Workers take the rings and cannot claim: the same stays due."""
    bell = Bell()
    with Ledger.open(sqlite_url) as ledger:
        dispatcher = Dispatcher(ledger, bell, read_settings(max_wait_seconds=0, dispatch_seconds=0.1))
        ledger.take_in(arrivals(1))
        waits = []
        for _ in range(8):
            bell.rings = 0
            waits.append(dispatcher._ring_for(dispatcher._look()))
        assert waits == [0.1, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0]
        ledger.take_in(arrivals(1, first=1))
        bell.rings = 0
        assert dispatcher._ring_for(dispatcher._look()) == 0.1


def test_a_batch_that_fills_is_looked_at_when_its_oldest_has_waited(sqlite_url: str) -> None:
    bell = Bell()
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(1))
        patient = Dispatcher(ledger, bell, read_settings(max_wait_seconds=0.2, dispatch_seconds=600))
        assert patient._ring_for(Due(1, 1, 0.15)) == pytest.approx(0.05)
        assert bell.sent == 0
        bell.rings = 1  # rung for already: nothing hurries
        assert patient._ring_for(Due(1, 1, 5.0)) == 600


def test_rings_travel_through_redis_and_hold_nothing(redis_url: str) -> None:
    sender = RingSender(read_settings(broker_url=redis_url))
    assert sender.waiting() == 0
    for _ in range(3):
        sender()
    assert sender.waiting() == 3
    with Connection(redis_url) as connection, connection.SimpleQueue(QUEUE) as queue:
        message = queue.get(timeout=5)
        assert message.headers["task"] == JUDGE_DUE
        assert message.payload[:2] == [[], {}]
        message.ack()
    assert sender.waiting() == 2
    sender.close()


def test_an_emptied_redis_is_rung_again(redis_server: RedisServer, redis_url: str) -> None:
    sender = RingSender(read_settings(broker_url=redis_url))
    sender()
    with redis_server.client() as client:
        client.flushall()
    assert sender.waiting() == 0
    sender()
    assert sender.waiting() == 1
    sender.close()


def test_a_worker_hears_the_rings_in_process() -> None:
    """The broker of `countersign run`: the same sender, the same queue, no server."""
    sender = RingSender(read_settings(broker_url="memory://"))
    assert sender.waiting() == 0
    sender()
    sender()
    assert sender.waiting() == 2
    app = Celery("test-worker", set_as_current=False)
    app.conf.update(celery_options("memory://"))
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        for _ in range(2):
            queue.get(timeout=5).ack()
    assert sender.waiting() == 0
    sender.close()


def test_a_broker_that_is_out_is_waited_out(sqlite_url: str, own_redis: RedisServer) -> None:
    settings = read_settings(broker_url=own_redis.url, max_wait_seconds=0, dispatch_seconds=0.05)
    sender, signs = RingSender(settings), LifeSigns()
    own_redis.kill()
    with pytest.raises(BrokerUnavailable):
        sender.waiting()
    with pytest.raises(BrokerUnavailable):
        sender()
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(1))
        with Running(Dispatcher(ledger, sender, settings, signs).run):
            until(lambda: "broker" in signs.troubles())
            own_redis.start()
            with own_redis.client() as client:
                until(lambda: client.llen(QUEUE) == 1)
                until(lambda: not signs.troubles())
                client.flushall()
                until(lambda: client.llen(QUEUE) == 1)
    sender.close()


def test_a_dispatcher_stops_at_once_while_everything_is_out(sqlite_url: str) -> None:
    settings = read_settings(broker_url="redis://127.0.0.1:1/0", max_wait_seconds=0)
    sender = RingSender(settings)
    signs = LifeSigns()
    with Ledger.open(sqlite_url) as ledger:
        ledger.take_in(arrivals(1))
        with Running(Dispatcher(ledger, sender, settings, signs).run):
            until(lambda: "broker" in signs.troubles())
    sender.close()


def test_new_arrivals_wake_the_dispatcher(sqlite_url: str) -> None:
    """Asked only once in ten minutes, it rings all the same."""
    bell = Bell()
    with Ledger.open(sqlite_url) as ledger:
        dispatcher = Dispatcher(ledger, bell, read_settings(max_wait_seconds=0, dispatch_seconds=600))
        with Running(dispatcher.run) as running:
            until(lambda: running is not None)
            ledger.take_in(arrivals(1))
            dispatcher.wake()
            until(lambda: bell.sent == 1)


def test_the_loop_ends_when_there_is_no_more_to_do(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        Dispatcher(ledger, Bell(), read_settings()).run(Event(), until=lambda due: due.documents == 0)
