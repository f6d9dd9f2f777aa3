"""Rings on the queue: sending one, and counting those that nobody has taken yet."""

from typing import Any

from celery import Celery
from kombu import Connection
from kombu.exceptions import ChannelError, KombuError

from results.errors import BrokerUnavailable
from results.ring import JUDGE_DUE, QUEUE, celery_options
from results.settings import Settings

IMPATIENT = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0,
    "socket_connect_timeout": 3,
    "socket_timeout": 5,
    "read_timeout": 5,
    "write_timeout": 5,
}
"""kombu would try for six seconds by itself, and wait for ever for a broker that stands still; the dispatcher
waits better, since it stops when it is told. Redis knows the sockets' timeouts, RabbitMQ the last two."""


class RingSender:
    """Sends rings through Celery and sees how many wait.

    The broker's own count is the only memory of rings there is: one that the broker lost is no longer counted
    and so is rung again, and several dispatchers on one broker share one bound.
    """

    def __init__(self, settings: Settings) -> None:
        """Names the broker; nothing is connected yet.

        Args:
            settings: Which broker.
        """
        self._app: Any = Celery("countersign-producer", set_as_current=False)
        self._app.conf.update(celery_options(settings.broker_url), broker_transport_options=IMPATIENT)

    def __call__(self) -> None:
        """Sends one ring.

        Raises:
            BrokerUnavailable: The broker does not take it.
        """
        try:
            self._app.send_task(JUDGE_DUE, queue=QUEUE, retry=False)
        except self._errors() as error:
            raise BrokerUnavailable(str(error)) from None

    def waiting(self) -> int:
        """How many rings wait on the queue for a worker to take them.

        Raises:
            BrokerUnavailable: The broker does not answer.
        """
        try:
            with self._app.pool.acquire(block=True, timeout=5) as connection:
                return _ready(connection)
        except ChannelError:
            return 0  # there is no such queue before its first ring
        except self._errors() as error:
            raise BrokerUnavailable(str(error)) from None

    def close(self) -> None:
        """Closes the connections to the broker."""
        self._app.close()

    def _errors(self) -> tuple[type[Exception], ...]:
        """What the broker's client raises while the broker is out."""
        connection = self._app.connection_for_write()
        return (KombuError, OSError, *connection.connection_errors, *connection.channel_errors)


def _ready(connection: Connection) -> int:
    """Messages on the queue that wait to be taken, asked on a kombu connection."""
    try:
        return int(connection.default_channel.queue_declare(queue=QUEUE, passive=True).message_count)
    except OSError:
        connection.collect()  # or an answer that comes late would pass for the next one
        raise
