"""What the Pub/Sub emulator keeps: topics, subscriptions, and messages with leases."""

import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from threading import Condition
from typing import Any

from google.cloud.pubsub_v1 import types


@dataclass
class Held:
    """One message of one subscription."""

    message: Any
    """A protobuf PubsubMessage."""
    attempts: int = 0
    ack_id: str = ""
    deadline: float = 0.0
    not_before: float = 0.0


@dataclass
class Queue:
    """One subscription: messages that wait, and messages that somebody holds under a lease."""

    config: Any
    """A protobuf Subscription."""
    waiting: deque[Held] = field(default_factory=deque)
    leased: dict[str, Held] = field(default_factory=dict)
    acked: list[str] = field(default_factory=list)
    """Message ids in the order of their acknowledgement."""
    delivered: list[str] = field(default_factory=list)
    """Message ids in the order of their deliveries, repeated ones included."""
    nacked: int = 0
    ack_failures: int = 0
    """How many of the next acknowledgements get lost on their way."""

    @property
    def exactly_once(self) -> bool:
        return bool(self.config.enable_exactly_once_delivery)


class MessageStore:
    """All topics and subscriptions; every method may be called from any thread."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.topics: dict[str, Any] = {}
        self.queues: dict[str, Queue] = {}
        self._published: dict[str, Any] = {}
        self._ids = count(1)
        self._ack_ids = count(1)

    def publish(self, topic: str, messages: list[Any]) -> list[str]:
        """Hands messages to every subscription of a topic; KeyError for an unknown topic."""
        with self.changed:
            if topic not in self.topics:
                raise KeyError(topic)
            for message in messages:
                message.message_id = message.message_id or str(next(self._ids))
                message.publish_time.GetCurrentTime()
                self._published[message.message_id] = message
                for queue in self.queues.values():
                    if queue.config.topic == topic:
                        queue.waiting.append(Held(message))
            self.changed.notify_all()
            return [message.message_id for message in messages]

    def repeat(self, subscription: str, message_id: str) -> None:
        """Delivers a message once more, whether or not it was acknowledged."""
        with self.changed:
            queue = self.queues[subscription]
            queue.waiting.append(Held(self._published[message_id]))
            self.changed.notify_all()

    def lease(self, subscription: str, most: int, seconds: float | None = None) -> list[tuple[Held, str]]:
        """Takes messages that are due, under new acknowledgement ids."""
        now = time.monotonic()
        with self.changed:
            queue = self.queues[subscription]
            self._expire(queue, now)
            taken: list[tuple[Held, str]] = []
            later: deque[Held] = deque()
            while queue.waiting and len(taken) < most:
                held = queue.waiting.popleft()
                if held.not_before > now:
                    later.append(held)
                    continue
                held.attempts += 1
                held.ack_id = f"{held.message.message_id}-{next(self._ack_ids)}"
                held.deadline = now + (seconds or queue.config.ack_deadline_seconds or 10)
                queue.leased[held.ack_id] = held
                queue.delivered.append(held.message.message_id)
                taken.append((held, held.ack_id))
            queue.waiting.extend(later)
            return taken

    def acknowledge(self, subscription: str, ack_ids: list[str]) -> list[str]:
        """Ends leases; returns the ids that no longer hold one."""
        with self.changed:
            queue, stale = self.queues[subscription], []
            self._expire(queue, time.monotonic())
            for ack_id in ack_ids:
                if ack_id not in queue.leased:
                    stale.append(ack_id)
                elif queue.ack_failures:
                    queue.ack_failures -= 1
                    self._again(queue, queue.leased.pop(ack_id), time.monotonic())
                    stale.append(ack_id)
                else:
                    queue.acked.append(queue.leased.pop(ack_id).message.message_id)
            self.changed.notify_all()
            return stale

    def extend(self, subscription: str, ack_ids: list[str], seconds: float) -> list[str]:
        """Prolongs leases, or ends them for redelivery where `seconds` is 0; returns the stale ids."""
        with self.changed:
            queue, now = self.queues[subscription], time.monotonic()
            self._expire(queue, now)
            stale = [ack_id for ack_id in ack_ids if ack_id not in queue.leased]
            for ack_id in set(ack_ids) - set(stale):
                if seconds:
                    queue.leased[ack_id].deadline = now + seconds
                else:
                    queue.nacked += 1
                    self._again(queue, queue.leased.pop(ack_id), now)
            self.changed.notify_all()
            return stale

    def expire_all(self, subscription: str) -> None:
        """Lets every lease of a subscription run out now."""
        with self.changed:
            queue = self.queues[subscription]
            for held in list(queue.leased.values()):
                held.deadline = 0.0
            self._expire(queue, time.monotonic())
            self.changed.notify_all()

    def _expire(self, queue: Queue, now: float) -> None:
        for ack_id, held in list(queue.leased.items()):
            if held.deadline <= now:
                self._again(queue, queue.leased.pop(ack_id), now)

    def _again(self, queue: Queue, held: Held, now: float) -> None:
        """A message that was not acknowledged: due again after the back-off, or a dead letter."""
        policy = queue.config.dead_letter_policy
        if policy.dead_letter_topic and held.attempts >= (policy.max_delivery_attempts or 5):
            letter = types.PubsubMessage.pb(types.PubsubMessage())
            letter.CopyFrom(held.message)
            letter.message_id = ""
            letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = str(held.attempts)
            self.publish(policy.dead_letter_topic, [letter])
            return
        held.not_before = now + queue.config.retry_policy.minimum_backoff.ToMilliseconds() / 1000
        queue.waiting.append(held)
