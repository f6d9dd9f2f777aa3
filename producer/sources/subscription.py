"""Pub/Sub source: a streaming pull whose messages are acknowledged once the ledger has them."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import contextmanager
from functools import cached_property
from queue import Empty, SimpleQueue
from threading import Event

from google.api_core.exceptions import Forbidden, GoogleAPIError, NotFound
from google.auth.exceptions import GoogleAuthError
from google.cloud import pubsub_v1, storage
from google.cloud.pubsub_v1.subscriber.message import Message

from producer.patience import first_line
from producer.sources.messages import Notice, read_message
from producer.sources.objects import PATIENCE, STORAGE_OUT, object_filter, object_uri
from producer.sources.source import NOTHING_NEW, Delivery
from results.errors import DocumentError, Gone, MalformedMessage, SourceUnavailable, Unreadable
from results.ledger import Ledger
from results.settings import Settings
from results.values import Arrival

log = logging.getLogger(__name__)

QUIET_SECONDS = 5.0
"""A stream that nothing came from for this long is quiet: one that was refused has ended by then."""

LOOK_SECONDS = 0.2
"""How often a silent stream is checked for having ended."""

LOOKUP_SECONDS = 5.0
"""How long each asks a network that does not answer: a producer that stops waits for it."""

LOOKUPS = 8
"""Threads that ask for generations which messages do not name."""


class Subscription:
    """Pulls the messages of one subscription.

    Flow control bounds what is held in memory. While a message is held the client extends its deadline; when
    the process dies, Pub/Sub delivers it again. Acknowledgements that an exactly-once subscription refuses
    need nothing more: the message comes again and the ledger knows it.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        """Names the subscription; nothing is connected yet.

        Args:
            name: `projects/P/subscriptions/S`.
            settings: `suffixes`, `subscription_max_messages`, `intake_batch`, `after_judging...`.
        """
        self.name = name
        self._settings = settings
        self._filter = object_filter(settings)

    def deliveries(self, ledger: Ledger, stop: Event, *, once: bool) -> Iterator[Delivery]:
        """Delivers what the messages announce; see `Source.deliveries`."""
        try:
            with self._stream() as (messages, future):
                last = time.monotonic()
                while not stop.is_set():
                    held = _held(messages, self._settings.intake_batch, LOOK_SECONDS)
                    if held:
                        yield self._delivery(held)
                        last = time.monotonic()
                    elif future.done():
                        future.result()
                        return
                    elif time.monotonic() - last > QUIET_SECONDS:
                        if once:
                            return
                        yield NOTHING_NEW
                left = messages.qsize()  # a busy stream goes on filling up: what comes now is handed back
                while left > 0 and (held := _held(messages, self._settings.intake_batch, 0.0)):
                    yield self._delivery(held)
                    left -= len(held)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise SourceUnavailable(f"{self.name}: {first_line(error)}") from None

    @contextmanager
    def _stream(self) -> Iterator[tuple[SimpleQueue[Message], "Future[None]"]]:
        """Opens the streaming pull; at the end hands back what was not delivered and closes it."""
        messages: SimpleQueue[Message] = SimpleQueue()
        flow = pubsub_v1.types.FlowControl(max_messages=self._settings.subscription_max_messages)
        with pubsub_v1.SubscriberClient() as client:
            future = client.subscribe(self.name, callback=messages.put, flow_control=flow)
            try:
                yield messages, future
            finally:
                for message in _held(messages, self._settings.subscription_max_messages, 0.0):
                    message.nack()
                future.cancel()
                try:
                    future.result(timeout=5)
                except (StillRunning, GoogleAPIError) as error:
                    log.debug("%s: the stream ended with %r", self.name, error)

    def _delivery(self, messages: Sequence[Message]) -> Delivery:
        """What a batch of messages announces, with how to acknowledge and to hand back all of them."""
        arrivals: list[Arrival] = []
        nameless: list[tuple[Message, Notice]] = []
        held: list[Message] = []
        happened: list[float] = []
        for message in messages:
            held.append(message)
            try:
                notice = read_message(message.attributes, message.data)
            except MalformedMessage as error:
                arrivals.append(self._malformed(message, error))
                continue
            if notice is None or not self._filter.wants(notice.name):
                continue
            happened.append(notice.happened or message.publish_time.timestamp())
            if notice.generation is None:
                nameless.append((message, notice))
            else:
                arrivals.append(self._arrival(notice, notice.generation))
        ignored = len(messages) - len(arrivals) - len(nameless)
        for (message, notice), found in zip(nameless, self._look_up(nameless), strict=True):
            if found is None:
                held.remove(message)
                message.nack()
                log.warning("%s: gs://%s does not answer; handed back", self.name, notice.bucket)
            else:
                arrivals.append(found)
        return Delivery(
            arrivals=arrivals,
            ignored=ignored,
            newest=max(happened, default=None),
            committed=lambda: self._acknowledge(held),
            refused=lambda: _hand_back(held),
        )

    def _acknowledge(self, messages: Sequence[Message]) -> None:
        for message in messages:
            message.ack_with_response().add_done_callback(self._acknowledged)

    def _acknowledged(self, answer: "Future[object]") -> None:
        error = None if answer.cancelled() else answer.exception()
        if error:
            log.info("%s: an acknowledgement was refused, the message comes again (%s)", self.name, error)

    def _arrival(self, notice: Notice, generation: str) -> Arrival:
        return Arrival(
            uri=object_uri(notice.bucket, notice.name),
            generation=generation,
            source=self.name,
            media_type=notice.media_type,
            size=notice.size,
        )

    def _malformed(self, message: Message, error: DocumentError) -> Arrival:
        """What the ledger keeps of a message that names no document; the same row if it comes again."""
        return Arrival(
            uri=f"pubsub://{self.name}/messages/{message.message_id}",
            generation=message.message_id,
            source=self.name,
            size=len(message.data),
            error_code=error.code,
            error_text=f"{error}; it begins with {message.data[:200]!a}",
        )

    @cached_property
    def _storage(self) -> storage.Client:
        return storage.Client()

    def _look_up(self, nameless: Sequence[tuple[Message, Notice]]) -> list[Arrival | None]:
        """Finds the present generation of objects named without one; None where the storage is out."""
        if not nameless:
            return []
        with ThreadPoolExecutor(min(LOOKUPS, len(nameless))) as pool:
            return list(pool.map(lambda pair: self._present(*pair), nameless))

    def _present(self, message: Message, notice: Notice) -> Arrival | None:
        try:
            blob = self._storage.bucket(notice.bucket).blob(notice.name)
            blob.reload(projection="noAcl", timeout=LOOKUP_SECONDS, retry=PATIENCE)
        except NotFound:
            return self._absent(message, notice, Gone())
        except Forbidden as error:
            return self._absent(message, notice, Unreadable(first_line(error)))
        except STORAGE_OUT:
            return None
        present = Notice(notice.bucket, notice.name, str(blob.generation), blob.size, blob.content_type)
        return self._arrival(present, str(blob.generation))

    def _absent(self, message: Message, notice: Notice, error: DocumentError) -> Arrival:
        """What the ledger keeps of an object that was announced without generation and cannot be found."""
        return Arrival(
            uri=object_uri(notice.bucket, notice.name),
            generation=f"message-{message.message_id}",
            source=self.name,
            error_code=error.code,
            error_text=str(error),
        )


def _held(messages: SimpleQueue[Message], most: int, seconds: float) -> list[Message]:
    """Takes what the stream has handed over, waiting for the first message only."""
    held: list[Message] = []
    try:
        held.append(messages.get(timeout=seconds) if seconds else messages.get_nowait())
        while len(held) < most:
            held.append(messages.get_nowait())
    except Empty:
        pass
    return held


def _hand_back(messages: Sequence[Message]) -> None:
    for message in messages:
        message.nack()
