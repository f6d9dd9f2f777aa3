"""What Pub/Sub messages mean, in every form that Google's services write."""

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.sources.messages import Notice, read_message
from results.errors import MalformedMessage
from tests.producer.conftest import ODD_NAMES

NOTIFICATION = {
    "notificationConfig": "projects/_/buckets/inbox/notificationConfigs/1",
    "eventType": "OBJECT_FINALIZE",
    "payloadFormat": "JSON_API_V1",
    "bucketId": "inbox",
    "objectId": "a/b.png",
    "objectGeneration": "1700000000000001",
    "eventTime": "2026-11-23T10:00:00.123456Z",
}
RESOURCE = {
    "kind": "storage#object",
    "bucket": "inbox",
    "name": "a/b.png",
    "generation": "1700000000000001",
    "size": "1234",
    "contentType": "image/png",
    "timeCreated": "2026-11-23T10:00:00.1Z",
}
FULL = Notice("inbox", "a/b.png", "1700000000000001", 1234, "image/png", 1795428000.123456)
CE = "google.cloud.storage.object.v1.finalized"


def test_storage_notification_with_payload() -> None:
    assert read_message(NOTIFICATION, json.dumps(RESOURCE).encode()) == FULL


def test_storage_notification_without_payload() -> None:
    read = read_message({**NOTIFICATION, "payloadFormat": "NONE"}, b"")
    assert read == Notice("inbox", "a/b.png", "1700000000000001", None, None, 1795428000.123456)


@pytest.mark.parametrize("event", ["OBJECT_DELETE", "OBJECT_ARCHIVE", "OBJECT_METADATA_UPDATE", "NEW_KIND"])
def test_other_storage_events_are_no_arrivals(event: str) -> None:
    assert read_message({**NOTIFICATION, "eventType": event}, b"not even JSON") is None


def test_cloud_event_in_binary_mode() -> None:
    attributes = {
        "ce-type": CE,
        "ce-specversion": "1.0",
        "ce-time": "2026-11-23T10:00:00.123456Z",
        "content-type": "application/json",
    }
    assert read_message(attributes, json.dumps(RESOURCE).encode()) == FULL


@pytest.mark.parametrize("attributes", [{}, {"content-type": "application/cloudevents+json; charset=utf-8"}])
def test_cloud_event_in_structured_mode(attributes: Mapping[str, str]) -> None:
    event = {"specversion": "1.0", "type": CE, "time": "2026-11-23T10:00:00.123456Z", "data": RESOURCE}
    assert read_message(attributes, json.dumps(event).encode()) == FULL


@pytest.mark.parametrize(
    ("attributes", "body"),
    [
        ({"ce-type": "google.cloud.storage.object.v1.deleted"}, {}),
        ({}, {"specversion": "1.0", "type": "google.cloud.storage.object.v1.archived"}),
    ],
)
def test_other_cloud_events_are_no_arrivals(attributes: dict[str, str], body: dict[str, str]) -> None:
    assert read_message(attributes, json.dumps(body).encode()) is None


def test_plain_uri() -> None:
    assert read_message({}, b'{"uri": "gs://inbox/a b%.png"}') == Notice("inbox", "a b%.png", None)
    assert read_message({}, b'{"uri": "gs://inbox/a.png", "generation": 7}') == Notice("inbox", "a.png", "7")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_come_through_as_they_are(name: str) -> None:
    read = read_message({**NOTIFICATION, "payloadFormat": "NONE", "objectId": name}, b"")
    assert read
    assert read.name == name


@pytest.mark.parametrize(
    ("attributes", "data", "reason"),
    [
        ({}, b"", "no JSON"),
        ({}, b"\xff\xfe", "no JSON"),
        ({}, b"[" * 100_000, "no JSON"),
        ({}, b"[1]", "no object"),
        ({}, b"{}", "no uri"),
        ({}, b'{"uri": 5.5}', "uri is missing or no text"),
        ({}, b'{"uri": "file:///etc/passwd.png"}', "no gs://bucket/name"),
        ({}, b'{"uri": "gs://inbox"}', "no gs://bucket/name"),
        ({}, b'{"uri": "gs://inbox/a\\u0000.png"}', "NUL"),
        ({}, b'{"uri": "gs://inbox/\\ud800.png"}', "Unicode"),
        ({}, json.dumps({"uri": "gs://b/" + "x" * 1025}).encode(), "1025 bytes"),
        ({}, b'{"uri": "gs://b/n.png", "generation": "x"}', "no object generation"),
        ({"eventType": "OBJECT_FINALIZE", "bucketId": "b"}, b"", "no objectId"),
        (NOTIFICATION, b"{broken", "no JSON"),
        ({"ce-type": CE}, b'{"bucket": "b"}', "name is missing"),
        ({}, json.dumps({"specversion": "1.0", "type": CE, "data": "text"}).encode(), "no JSON object"),
    ],
)
def test_malformed_messages_say_why(attributes: dict[str, str], data: bytes, reason: str) -> None:
    with pytest.raises(MalformedMessage, match=reason):
        read_message(attributes, data)


TEXTS = st.text("ab/%\0\ud800é", max_size=20) | st.sampled_from(
    [*NOTIFICATION.values(), CE, "gs://a/b.png", "1", "NONE"]
)
NAMES = st.sampled_from(
    [*NOTIFICATION, *RESOURCE, "ce-type", "content-type", "specversion", "type", "data", "uri"]
)
BODIES = st.dictionaries(NAMES, TEXTS | st.integers() | st.none() | st.dictionaries(NAMES, TEXTS))


@given(
    st.dictionaries(NAMES, TEXTS), st.binary(max_size=50) | BODIES.map(lambda body: json.dumps(body).encode())
)
def test_any_message_is_read_or_refused(attributes: dict[str, str], data: bytes) -> None:
    notice = None
    with suppress(MalformedMessage):
        notice = read_message(attributes, data)
    if notice is not None:
        assert "\0" not in notice.name
        assert 0 < len(notice.name.encode()) <= 1024
