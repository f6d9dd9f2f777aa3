"""What a Pub/Sub message says: a document arrived, something else happened, or nothing intelligible."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from producer.sources.objects import MAX_NAME_BYTES, split_uri
from results.errors import MalformedMessage

FINALIZE = "OBJECT_FINALIZE"
"""The one event type of Cloud Storage notifications that means a document arrived
(https://cloud.google.com/storage/docs/pubsub-notifications#events)."""

FINALIZED = "google.cloud.storage.object.v1.finalized"
"""The same as a CloudEvent (https://cloud.google.com/eventarc/docs/reference/supported-events)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """An object that a message names."""

    bucket: str
    name: str
    generation: str | None
    """Digits; None when the message does not say."""
    size: int | None = None
    """Bytes."""
    media_type: str | None = None
    happened: float | None = None
    """Seconds since 1970."""


def read_message(attributes: Mapping[str, str], data: bytes) -> Notice | None:
    """Reads a message in any of the forms that announce an object.

    The forms are Cloud Storage notifications (with payload JSON_API_V1 or NONE), CloudEvents in binary and
    in structured mode (https://github.com/googleapis/google-cloudevents/blob/main/docs/spec/pubsub.md), and
    plain `{"uri": "gs://bucket/name"}`, optionally with `generation`.

    Args:
        attributes: The message's attributes.
        data: The message's data.

    Returns:
        The object that arrived; None for an event of another type.

    Raises:
        MalformedMessage: It is none of these; the message says why.
    """
    if "eventType" in attributes:
        return _notification(attributes, data)
    if "ce-type" in attributes:
        return _cloud_event(attributes["ce-type"], attributes.get("ce-time"), lambda: _json(data))
    body = _json(data)
    if "specversion" in body or attributes.get("content-type", "").startswith("application/cloudevents"):
        return _cloud_event(_text(body, "type"), body.get("time"), lambda: body.get("data"))
    if "uri" in body:
        return _plain(body)
    raise MalformedMessage("it is no storage notification, no CloudEvent, and has no uri")


def _notification(attributes: Mapping[str, str], data: bytes) -> Notice | None:
    if attributes["eventType"] != FINALIZE:
        return None
    for name in ("bucketId", "objectId", "objectGeneration"):
        if not attributes.get(name):
            raise MalformedMessage(f"the storage notification has no {name}")
    body = _json(data) if attributes.get("payloadFormat") == "JSON_API_V1" else {}
    return _notice(
        attributes["bucketId"],
        attributes["objectId"],
        attributes["objectGeneration"],
        body,
        attributes.get("eventTime") or body.get("timeCreated"),
    )


def _cloud_event(kind: str, time: object, read_data: Callable[[], object]) -> Notice | None:
    if kind != FINALIZED:
        return None
    body = read_data()
    if not isinstance(body, dict):
        raise MalformedMessage("the CloudEvent's data is no JSON object")
    return _notice(_text(body, "bucket"), _text(body, "name"), _text(body, "generation"), body, time)


def _plain(body: dict[str, Any]) -> Notice:
    uri = _text(body, "uri")
    bucket, name = split_uri(uri)
    if not uri.startswith("gs://") or not bucket or not name:
        raise MalformedMessage(f"{uri[:200]!r} is no gs://bucket/name")
    return _notice(bucket, name, _text(body, "generation") if "generation" in body else None, body, None)


def _notice(bucket: str, name: str, generation: str | None, body: Mapping[str, Any], time: object) -> Notice:
    """Checks what every form must hold: text that a database can keep, a generation in digits."""
    if generation is not None and not (generation.isascii() and generation.isdigit()):
        raise MalformedMessage(f"{generation[:50]!r} is no object generation")
    media_type = body.get("contentType")
    return Notice(
        bucket=_storable(bucket, "bucket"),
        name=_storable(name, "object name"),
        generation=generation,
        size=_whole_number(body.get("size")),
        media_type=_storable(media_type, "contentType") if isinstance(media_type, str) else None,
        happened=_seconds(time),
    )


def _storable(text: str, what: str) -> str:
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        raise MalformedMessage(f"the {what} {text[:50]!r} is no valid Unicode") from None
    if "\0" in text:
        raise MalformedMessage(f"the {what} {text[:50]!r} holds a NUL character")
    if not 0 < length <= MAX_NAME_BYTES:
        raise MalformedMessage(f"the {what} has {length} bytes, not 1 to {MAX_NAME_BYTES}")
    return text


def _json(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedMessage("the data is no JSON") from None
    if not isinstance(body, dict):
        raise MalformedMessage("the data is JSON, but no object")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # generations are 64-bit numbers, written either way
    if not isinstance(value, str) or not value:
        raise MalformedMessage(f"{name} is missing or no text")
    return value


def _whole_number(value: object) -> int | None:
    """A size as the JSON API writes it (64-bit numbers are text there), None where it makes no sense."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _seconds(time: object) -> float | None:
    """An RFC 3339 time in seconds since 1970, None where it makes no sense."""
    try:
        return datetime.fromisoformat(str(time)).timestamp()
    except (ValueError, OverflowError):
        return None
