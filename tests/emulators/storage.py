"""A Cloud Storage server over the JSON API, for `STORAGE_EMULATOR_HOST`."""

import json
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.emulators.objects import ObjectStore, Refused, StoredObject

OBJECT = re.compile(r"(?:/download)?/storage/v1/b/([^/]+)/o/([^/]+)")
OBJECTS = re.compile(r"/storage/v1/b/([^/]+)/o")
UPLOAD = re.compile(r"(?:/resumable)?/upload/storage/v1/b/([^/]+)/o")
REWRITE = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/rewriteTo/b/([^/]+)/o/([^/]+)")
BUCKETS = re.compile(r"/storage/v1/b")
BUCKET = re.compile(r"/storage/v1/b/([^/]+)")
NOTIFICATIONS = re.compile(r"/storage/v1/b/([^/]+)/notificationConfigs")
FAULTS = re.compile(r"/_faults")


@dataclass
class Fault:
    """Something that goes wrong with the next requests."""

    status: int
    """HTTP status; 0 resets the connection instead of answering."""
    times: int = 1
    method: str = ""
    """Only this HTTP method; any if empty."""
    path: str = ""
    """Only paths that hold this; any if empty."""
    after: bool = False
    """The request takes effect and only the answer is lost."""


class StorageEmulator:
    """The server; `with StorageEmulator() as storage:` runs it on a free port."""

    def __init__(self, port: int = 0) -> None:
        self.store = ObjectStore()
        self.requests: list[tuple[str, str]] = []
        """Method and path with query of every request, for tests that look at what was asked."""
        self._faults: list[Fault] = []
        self._lock = Lock()
        handler = type("Handler", (_Handler,), {"emulator": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def host(self) -> str:
        """The value of `STORAGE_EMULATOR_HOST`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(
        self, status: int, times: int = 1, method: str = "", path: str = "", after: bool = False
    ) -> None:
        """Makes the next matching requests go wrong; see `Fault`."""
        with self._lock:
            self._faults.append(Fault(status, times, method, path, after))

    def next_fault(self, method: str, path: str) -> Fault | None:
        """The fault that befalls a request."""
        with self._lock:
            for fault in self._faults:
                if fault.times and fault.method in ("", method) and fault.path in path:
                    fault.times -= 1
                    return fault
            return None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    emulator: StorageEmulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def _answer(self) -> None:
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.emulator.requests.append((self.command, self.path))
        fault = None if FAULTS.fullmatch(split.path) else self.emulator.next_fault(self.command, self.path)
        if fault and not fault.after:
            return self._fail(fault)
        try:
            answer = self._route(split.path, query, body)
        except Refused as refused:
            self._send_json({"error": {"code": refused.status, "message": str(refused)}}, refused.status)
            return None
        if fault:
            return self._fail(fault)
        answer()
        return None

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server names them

    def _route(self, path: str, query: dict[str, str], body: bytes) -> Callable[[], None]:
        """Finds what serves a path; its effect takes place here, its answer is sent by what is returned."""
        routes: list[tuple[str, re.Pattern[str], Callable[..., Callable[[], None]]]] = [
            ("GET", OBJECTS, self._list),
            ("GET", OBJECT, self._get),
            ("PATCH", OBJECT, self._patch),
            ("DELETE", OBJECT, self._delete),
            ("POST", REWRITE, self._rewrite),
            ("POST", UPLOAD, self._upload),
            ("PUT", UPLOAD, self._resume),
            ("POST", BUCKETS, self._create_bucket),
            ("GET", BUCKET, self._get_bucket),
            ("POST", NOTIFICATIONS, self._notify),
            ("POST", FAULTS, self._add_fault),
        ]
        for method, pattern, serve in routes:
            found = pattern.fullmatch(path)
            if found and method == self.command:
                return serve(*(unquote(part) for part in found.groups()), query, body)
        raise Refused(404, f"{self.command} {path} is not emulated")

    def _list(self, bucket: str, query: dict[str, str], _: bytes) -> Callable[[], None]:
        fields = re.search(r"items\(([^)]*)\)", query.get("fields", ""))
        names = frozenset(fields[1].split(",")) if fields else None
        found, token = self.emulator.store.page(bucket, query)
        page: dict[str, Any] = {"kind": "storage#objects", "items": [one.resource(names) for one in found]}
        if token:
            page["nextPageToken"] = token
        return lambda: self._send_json(page)

    def _get(self, bucket: str, name: str, query: dict[str, str], _: bytes) -> Callable[[], None]:
        stored = self.emulator.store.get(bucket, name, query)
        if query.get("alt") == "media":
            return lambda: self._send_content(stored)
        return lambda: self._send_json(stored.resource())

    def _patch(self, bucket: str, name: str, query: dict[str, str], body: bytes) -> Callable[[], None]:
        stored = self.emulator.store.patch(bucket, name, json.loads(body), query)
        return lambda: self._send_json(stored.resource())

    def _delete(self, bucket: str, name: str, query: dict[str, str], _: bytes) -> Callable[[], None]:
        self.emulator.store.delete(bucket, name, query)
        return lambda: self._send(204, b"", "text/plain")

    def _rewrite(
        self, bucket: str, name: str, to_bucket: str, to_name: str, query: dict[str, str], body: bytes
    ) -> Callable[[], None]:
        conditions = {
            "ifGenerationMatch": query.get("ifSourceGenerationMatch"),
            "generation": query.get("sourceGeneration"),
        }
        source = self.emulator.store.get(bucket, name, {k: v for k, v in conditions.items() if v})
        if len(source.content) > 2**20 and "rewriteToken" not in query:  # a large object takes two calls
            half = {"done": False, "rewriteToken": "half", "objectSize": str(len(source.content))}
            return lambda: self._send_json({**half, "totalBytesRewritten": str(2**20)})
        copy = self.emulator.store.put(
            to_bucket,
            to_name,
            source.content,
            source.content_type,
            metadata=(json.loads(body) if body else {}).get("metadata") or source.metadata,
            conditions=query,
        )
        size = str(len(copy.content))
        done = {"done": True, "objectSize": size, "totalBytesRewritten": size, "resource": copy.resource()}
        return lambda: self._send_json(done)

    def _upload(self, bucket: str, query: dict[str, str], body: bytes) -> Callable[[], None]:
        if query.get("uploadType") == "resumable":
            meta = json.loads(body or b"{}")
            name = query.get("name") or meta["name"]
            place = f"{self.emulator.host}/resumable/upload/storage/v1/b/{bucket}/o?name={name}"
            return lambda: self._send(200, b"", "text/plain", {"Location": place})
        kind = self.headers["Content-Type"]
        if query.get("uploadType") == "multipart":
            (_, described), (kind, content) = _parts(body, kind)
            meta = json.loads(described)
            kind = meta.get("contentType") or kind
        else:
            meta, content = {"name": query["name"]}, body
        stored = self.emulator.store.put(
            bucket, meta["name"], content, kind, metadata=meta.get("metadata"), conditions=query
        )
        return lambda: self._send_json(stored.resource())

    def _resume(self, bucket: str, query: dict[str, str], body: bytes) -> Callable[[], None]:
        stored = self.emulator.store.put(bucket, query["name"], body, self.headers["Content-Type"])
        return lambda: self._send_json(stored.resource())

    def _create_bucket(self, query: dict[str, str], body: bytes) -> Callable[[], None]:
        name = json.loads(body)["name"]
        self.emulator.store.create_bucket(name)
        return lambda: self._send_json({"kind": "storage#bucket", "name": name})

    def _get_bucket(self, bucket: str, query: dict[str, str], _: bytes) -> Callable[[], None]:
        self.emulator.store.bucket(bucket)
        return lambda: self._send_json({"kind": "storage#bucket", "name": bucket})

    def _notify(self, bucket: str, query: dict[str, str], body: bytes) -> Callable[[], None]:
        wanted = json.loads(body) | {"id": "1"}
        self.emulator.store.bucket(bucket).notifications.append(wanted)
        return lambda: self._send_json(wanted)

    def _add_fault(self, query: dict[str, str], body: bytes) -> Callable[[], None]:
        self.emulator.fail(**json.loads(body))
        return lambda: self._send_json({})

    def _fail(self, fault: Fault) -> None:
        if fault.status:
            return self._send_json({"error": {"code": fault.status, "message": "injected"}}, fault.status)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        return None

    def _send_content(self, stored: StoredObject) -> None:
        content, status, headers = stored.content, 200, {"x-goog-generation": str(stored.generation)}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted:
            first = int(wanted[1])
            if first >= len(content):
                raise Refused(416, "The requested range cannot be satisfied.")
            content = content[first : int(wanted[2]) + 1 if wanted[2] else None]
            headers["Content-Range"] = f"bytes {first}-{first + len(content) - 1}/{len(stored.content)}"
            status = 206
        headers["x-goog-hash"] = f"crc32c={stored.resource()['crc32c']},md5={stored.resource()['md5Hash']}"
        self._send(status, content, stored.content_type or "application/octet-stream", headers)

    def _send_json(self, body: dict[str, Any], status: int = 200) -> None:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))  # as prettyPrint=false has it
        self._send(status, text.encode(), "application/json; charset=UTF-8")

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _parts(body: bytes, kind: str) -> list[tuple[str, bytes]]:
    """Media type and content of each part of a multipart upload; an email parser would mend line ends."""
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    assert boundary
    parts = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        parts.append((re.search(rb"(?i)content-type: *([^\r\n]+)", head)[1].decode(), content))  # type: ignore[index]
    return parts
