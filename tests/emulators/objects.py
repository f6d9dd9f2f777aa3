"""What the storage emulator keeps: buckets of objects with generations, listed in the order of names."""

import base64
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import md5
from threading import RLock
from typing import Any

import google_crc32c


class Refused(Exception):
    """A request that is answered with an HTTP error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


LISTED = frozenset({"name", "generation", "size", "updated", "contentType"})
"""The fields that a listing is usually asked for."""


@lru_cache(maxsize=1024)
def rfc3339(moment: float) -> str:
    """Seconds since 1970 as the JSON API writes them; objects put in place together share theirs."""
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One live object."""

    bucket: str
    name: str
    generation: int
    content: bytes
    content_type: str | None
    metageneration: int = 1
    metadata: dict[str, str] = field(default_factory=dict)
    updated: float = field(default_factory=time.time)

    def resource(self, fields: frozenset[str] | None = None) -> dict[str, Any]:
        """The object as the JSON API shows it, or some fields of it."""
        shown: dict[str, Any] = {
            "name": self.name,
            "generation": str(self.generation),
            "size": str(len(self.content)),
            "updated": rfc3339(self.updated),
        }
        if self.content_type:
            shown["contentType"] = self.content_type
        if fields == LISTED:
            return shown
        if fields is not None and fields <= LISTED:
            return {name: value for name, value in shown.items() if name in fields}
        checksum = google_crc32c.value(self.content).to_bytes(4, "big")
        return shown | {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "bucket": self.bucket,
            "metageneration": str(self.metageneration),
            "storageClass": "STANDARD",
            "timeCreated": shown["updated"],
            "md5Hash": base64.b64encode(md5(self.content).digest()).decode(),
            "crc32c": base64.b64encode(checksum).decode(),
            "etag": base64.b64encode(f"{self.generation}/{self.metageneration}".encode()).decode(),
            "metadata": self.metadata,
        }


class Bucket:
    """The live objects of one bucket, their names in order."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.objects: dict[str, StoredObject] = {}
        self.notifications: list[dict[str, Any]] = []

    def keep(self, stored: StoredObject) -> None:
        if stored.name not in self.objects:
            insort(self.names, stored.name)
        self.objects[stored.name] = stored

    def drop(self, name: str) -> None:
        del self.objects[name]
        del self.names[bisect_left(self.names, name)]


class ObjectStore:
    """All buckets; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._buckets: dict[str, Bucket] = {}
        self._generation = time.time_ns() // 1000
        self.on_event: Callable[[str, StoredObject, dict[str, Any]], None] = lambda *_: None
        """Called for each event, object and notification configuration that asked for it."""

    def create_bucket(self, bucket: str) -> None:
        with self._lock:
            if bucket in self._buckets:
                raise Refused(409, "You already own this bucket.")
            self._buckets[bucket] = Bucket()

    def bucket(self, bucket: str) -> Bucket:
        with self._lock:
            if bucket not in self._buckets:
                raise Refused(404, "The specified bucket does not exist.")
            return self._buckets[bucket]

    def get(self, bucket: str, name: str, conditions: dict[str, str] | None = None) -> StoredObject:
        """A live object that meets the preconditions of a request's query."""
        with self._lock:
            stored = self.bucket(bucket).objects.get(name)
            given = conditions or {}
            if stored is None or given.get("generation") not in (None, str(stored.generation)):
                if given.get("ifGenerationMatch", "0") != "0" and "generation" not in given:
                    raise Refused(412, "At least one of the pre-conditions you specified did not hold.")
                raise Refused(404, f"No such object: {bucket}/{name}")
            _check(stored, given)
            return stored

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        content_type: str | None = None,
        *,
        metadata: dict[str, str] | None = None,
        conditions: dict[str, str] | None = None,
    ) -> StoredObject:
        """Makes a new generation of an object."""
        if not 0 < len(name.encode()) <= 1024:
            raise Refused(400, "The specified object name is not valid.")
        with self._lock:
            place = self.bucket(bucket)
            _check(place.objects.get(name), conditions or {})
            self._generation = max(self._generation + 1, time.time_ns() // 1000)
            stored = StoredObject(
                bucket, name, self._generation, content, content_type, metadata=metadata or {}
            )
            place.keep(stored)
        self._tell("OBJECT_FINALIZE", stored)
        return stored

    def patch(self, bucket: str, name: str, body: dict[str, Any], conditions: dict[str, str]) -> StoredObject:
        """Merges metadata into an object's own."""
        with self._lock:
            old = self.get(bucket, name, conditions)
            merged = old.metadata | (body.get("metadata") or {})
            stored = replace(
                old,
                metadata={key: value for key, value in merged.items() if value is not None},
                content_type=body.get("contentType", old.content_type),
                metageneration=old.metageneration + 1,
                updated=time.time(),
            )
            self.bucket(bucket).keep(stored)
        self._tell("OBJECT_METADATA_UPDATE", stored)
        return stored

    def delete(self, bucket: str, name: str, conditions: dict[str, str] | None = None) -> None:
        with self._lock:
            stored = self.get(bucket, name, conditions)
            self.bucket(bucket).drop(name)
        self._tell("OBJECT_DELETE", stored)

    def page(self, bucket: str, query: dict[str, str]) -> tuple[list[StoredObject], str | None]:
        """One page of a listing, and the token of the next."""
        with self._lock:
            place = self.bucket(bucket)
            names, prefix = place.names, query.get("prefix", "")
            begin = bisect_left(names, max(prefix, query.get("startOffset", "")))
            if "pageToken" in query:
                begin = bisect_right(names, base64.urlsafe_b64decode(query["pageToken"]).decode())
            most = min(int(query.get("maxResults", 1000)), 1000)
            found = [name for name in names[begin : begin + most] if name.startswith(prefix)]
            following = begin + most < len(names) and names[begin + most].startswith(prefix)
            token = base64.urlsafe_b64encode(found[-1].encode()).decode() if found and following else None
            return [place.objects[name] for name in found], token

    def fill(self, bucket: str, count: int, prefix: str = "", content: bytes = b"x") -> None:
        """Puts many small objects in place at once, `prefix000000000.png` and so on, without events."""
        with self._lock:
            place, now = self.bucket(bucket), time.time()
            for number in range(count):
                self._generation += 1
                name = f"{prefix}{number:09d}.png"
                place.objects[name] = StoredObject(
                    bucket, name, self._generation, content, "image/png", updated=now
                )
            place.names = sorted(place.objects)

    def _tell(self, event: str, stored: StoredObject) -> None:
        for wanted in self.bucket(stored.bucket).notifications:
            types = wanted.get("event_types")
            if (not types or event in types) and stored.name.startswith(wanted.get("object_name_prefix", "")):
                self.on_event(event, stored, wanted)


def _check(stored: StoredObject | None, conditions: dict[str, str]) -> None:
    """Raises 412 unless the preconditions of a query hold (0 means: there is no such object)."""
    wanted = conditions.get("ifGenerationMatch")
    unwanted = conditions.get("ifGenerationNotMatch")
    meta = conditions.get("ifMetagenerationMatch")
    present = str(stored.generation if stored else 0)
    if (
        (wanted is not None and wanted != present)
        or (unwanted is not None and unwanted == present)
        or (meta is not None and (stored is None or meta != str(stored.metageneration)))
    ):
        raise Refused(412, "At least one of the pre-conditions you specified did not hold.")
