"""A Pub/Sub server over gRPC, for `PUBSUB_EMULATOR_HOST`, over google-cloud-pubsub's own messages."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from types import TracebackType
from typing import Any, Self

import grpc
from google.cloud.pubsub_v1 import types
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from tests.emulators.objects import StoredObject
from tests.emulators.queues import MessageStore, Queue

MOST_IN_RESPONSE = 1000
"""Most messages in one answer of a streaming pull."""


class PubSubEmulator:
    """The server; `with PubSubEmulator() as pubsub:` runs it on a free port."""

    def __init__(self, port: int = 0) -> None:
        self.store = MessageStore()
        self.streams = 0
        """Streaming pulls opened so far."""
        self._cut = 0
        self._cut_status = grpc.StatusCode.UNAVAILABLE
        self._server = grpc.server(ThreadPoolExecutor(max_workers=64))
        self._server.add_generic_rpc_handlers(
            (
                _service("google.pubsub.v1.Publisher", self._publisher()),
                _service("google.pubsub.v1.Subscriber", self._subscriber()),
            )
        )
        self._port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        if not self._port:
            raise OSError(f"port {port} is taken")

    @property
    def host(self) -> str:
        """The value of `PUBSUB_EMULATOR_HOST`."""
        return f"127.0.0.1:{self._port}"

    def create(self, subscription: str, **options: object) -> Queue:
        """Creates a subscription, and a topic of the same name, unless they exist.

        Args:
            subscription: `projects/P/subscriptions/S`; the topic is `projects/P/topics/S`.
            **options: Fields of `google.pubsub.v1.Subscription`.

        Returns:
            The subscription's queue.
        """
        topic = subscription.replace("/subscriptions/", "/topics/")
        self.store.topics.setdefault(topic, types.Topic.pb(types.Topic(name=topic)))
        config = types.Subscription(name=subscription, topic=topic, **options)
        return self.store.queues.setdefault(subscription, Queue(types.Subscription.pb(config)))

    def send(self, topic: str, data: bytes = b"", /, **attributes: str) -> str:
        """Publishes one message without a client; returns its id."""
        message = types.PubsubMessage(data=data, attributes=attributes)
        return self.store.publish(topic, [types.PubsubMessage.pb(message)])[0]

    def notify(self, event: str, stored: StoredObject, wanted: dict[str, Any]) -> None:
        """Publishes a Cloud Storage notification; fits `ObjectStore.on_event`."""
        payload = wanted.get("payload_format", "JSON_API_V1")
        resource = stored.resource()
        message = types.PubsubMessage(
            data=json.dumps(resource).encode() if payload == "JSON_API_V1" else b"",
            attributes={
                "notificationConfig": f"projects/_/buckets/{stored.bucket}/notificationConfigs/1",
                "eventType": event,
                "payloadFormat": payload,
                "bucketId": stored.bucket,
                "objectId": stored.name,
                "objectGeneration": str(stored.generation),
                "eventTime": resource["updated"],
            },
        )
        topic = wanted["topic"].removeprefix("//pubsub.googleapis.com/")
        self.store.publish(topic, [types.PubsubMessage.pb(message)])

    def cut_streams(self, status: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        """Ends every open streaming pull, as Pub/Sub itself does now and then.

        Args:
            status: What is answered: UNAVAILABLE is HTTP's 503, RESOURCE_EXHAUSTED its 429.
        """
        with self.store.changed:
            self._cut += 1
            self._cut_status = status
            self.store.changed.notify_all()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=0.2).wait()

    def _publisher(self) -> dict[str, Any]:
        return {
            "CreateTopic": _unary(types.Topic, self._create_topic),
            "GetTopic": _unary(types.GetTopicRequest, self._get_topic),
            "Publish": _unary(types.PublishRequest, self._publish),
        }

    def _subscriber(self) -> dict[str, Any]:
        return {
            "CreateSubscription": _unary(types.Subscription, self._create_subscription),
            "GetSubscription": _unary(types.GetSubscriptionRequest, self._get_subscription),
            "Pull": _unary(types.PullRequest, self._pull),
            "Acknowledge": _unary(types.AcknowledgeRequest, self._acknowledge),
            "ModifyAckDeadline": _unary(types.ModifyAckDeadlineRequest, self._modify),
            "StreamingPull": grpc.stream_stream_rpc_method_handler(
                self._streaming_pull,
                types.StreamingPullRequest.pb().FromString,
                lambda answer: answer.SerializeToString(),
            ),
        }

    def _create_topic(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 protobuf
        return self.store.topics.setdefault(request.name, request)

    def _get_topic(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 protobuf
        if request.topic not in self.store.topics:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Topic not found: {request.topic}")
        return self.store.topics[request.topic]

    def _publish(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 protobuf
        try:
            ids = self.store.publish(request.topic, list(request.messages))
        except KeyError:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Topic not found: {request.topic}")
        return types.PublishResponse.pb(types.PublishResponse(message_ids=ids))

    def _create_subscription(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 protobuf
        return self.store.queues.setdefault(request.name, Queue(request)).config

    def _get_subscription(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 protobuf
        return self._queue(request.subscription, context).config

    def _queue(self, subscription: str, context: grpc.ServicerContext) -> Queue:
        if subscription not in self.store.queues:
            context.abort(
                grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={subscription.rpartition('/')[2]})."
            )
        return self.store.queues[subscription]

    def _pull(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 protobuf
        self._queue(request.subscription, context)
        return _response(types.PullResponse, self.store.lease(request.subscription, request.max_messages))

    def _acknowledge(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: ANN401 protobuf
        queue = self._queue(request.subscription, context)
        stale = self.store.acknowledge(request.subscription, list(request.ack_ids))
        return self._confirmed(queue, stale, context)

    def _modify(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: ANN401 protobuf
        queue = self._queue(request.subscription, context)
        stale = self.store.extend(
            request.subscription, list(request.ack_ids), float(request.ack_deadline_seconds)
        )
        return self._confirmed(queue, stale, context)

    def _confirmed(self, queue: Queue, stale: list[str], context: grpc.ServicerContext) -> Empty:
        """Exactly-once subscriptions say which acknowledgements came too late; others never do."""
        if stale and queue.exactly_once:
            detail = AnyMessage()
            detail.Pack(ErrorInfo(metadata=dict.fromkeys(stale, "PERMANENT_FAILURE_INVALID_ACK_ID")))
            status = Status(
                code=grpc.StatusCode.FAILED_PRECONDITION.value[0], message="stale", details=[detail]
            )
            context.abort_with_status(rpc_status.to_status(status))
        return Empty()

    def _streaming_pull(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        first = next(requests)
        queue = self._queue(first.subscription, context)
        cut = self._cut  # before the stream shows: who cuts it then, cuts it
        self.streams += 1
        Thread(target=_exhaust, args=(requests,), daemon=True).start()  # the client's heartbeats
        mine: set[str] = set()
        while context.is_active():
            if self._cut != cut:
                context.abort(self._cut_status, "The service was unable to fulfill your request.")
            with self.store.changed:
                mine &= queue.leased.keys()
            room = min((first.max_outstanding_messages or MOST_IN_RESPONSE) - len(mine), MOST_IN_RESPONSE)
            taken = self.store.lease(first.subscription, room, first.stream_ack_deadline_seconds)
            if taken:
                mine.update(ack_id for _, ack_id in taken)
                yield _response(types.StreamingPullResponse, taken, queue)
            else:
                with self.store.changed:
                    self.store.changed.wait(0.05)


def _exhaust(requests: Iterator[Any]) -> None:
    try:
        for _ in requests:
            pass
    except grpc.RpcError:
        return


def _response(kind: Any, taken: list[Any], queue: Queue | None = None) -> Any:  # noqa: ANN401 protobuf
    """The protobuf answer that holds leased messages."""
    answer = kind.pb()()
    for held, ack_id in taken:
        received = answer.received_messages.add()
        received.ack_id = ack_id
        received.message.CopyFrom(held.message)
        if queue is None or queue.config.dead_letter_policy.dead_letter_topic:
            received.delivery_attempt = held.attempts
    if queue is not None:
        answer.subscription_properties.exactly_once_delivery_enabled = queue.exactly_once
    return answer


def _unary(kind: Any, serve: Callable[..., Any]) -> Any:  # noqa: ANN401 protobuf and grpc without types
    return grpc.unary_unary_rpc_method_handler(
        serve, kind.pb().FromString, lambda answer: answer.SerializeToString()
    )


def _service(name: str, handlers: dict[str, Any]) -> Any:  # noqa: ANN401 grpc without types
    return grpc.method_handlers_generic_handler(name, handlers)
