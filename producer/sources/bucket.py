"""Bucket source: lists a prefix, again and again, and notices new names and new generations."""

import logging
import math
import os
import socket
import time
from collections.abc import Generator, Iterator
from datetime import datetime
from threading import Event

from google.cloud import storage

from producer.patience import LEDGER_OUT, first_line
from producer.sources.objects import PATIENCE, STORAGE_OUT, object_filter, object_uri, split_uri
from producer.sources.recognition import Item, ListingMemory, identity, stretches
from producer.sources.source import NOTHING_NEW, Delivery
from results.errors import SourceUnavailable, WrongSettings
from results.ledger import Ledger
from results.passes import Passes
from results.settings import Settings
from results.values import Arrival

log = logging.getLogger(__name__)

FIELDS = "items(name,generation,size,contentType,updated),nextPageToken"
"""All that a listing has to say of an object; a fifth of what it says unasked."""

HOLD_SECONDS = 30.0
"""How long a pass stays with a process that no longer moves on."""

KEEP_SECONDS = 1.0
"""How often it is kept how far a pass got: what a cut costs is that much listing again."""

ASK_SECONDS = 1.0
"""How often a process asks whether the next pass is its to make."""


class Bucket:
    """Lists the objects below a prefix.

    One pass goes through all names in order, a page at a time. How far it got is kept in the ledger after
    each page, by name rather than by page token (tokens expire): a pass that was cut off goes on at the last
    name taken in, in whichever process comes first. Of several processes that watch one prefix, one lists
    and the others stand by. An object that appears behind the reader's back is found by the next pass.

    What a pass of this process has shown before, name for name and generation for generation, is recognised
    and not taken to the ledger again; see `ListingMemory`.
    """

    def __init__(self, uri: str, settings: Settings) -> None:
        """Names the bucket; nothing is connected yet.

        Args:
            uri: `gs://bucket` or `gs://bucket/prefix`.
            settings: `suffixes`, `list_interval_seconds`, `full_listing_seconds`, `intake_batch`,
                `after_judging...`.

        Raises:
            WrongSettings: The URI names no bucket.
        """
        self.bucket, self.prefix = split_uri(uri)
        if not self.bucket:
            raise WrongSettings(f"{uri} names no bucket")
        self.name = object_uri(self.bucket, self.prefix)
        self._settings = settings
        self._filter = object_filter(settings)
        self._memory = ListingMemory(settings.full_listing_seconds)
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{id(self)}"

    def deliveries(self, ledger: Ledger, stop: Event, *, once: bool) -> Iterator[Delivery]:
        """Delivers the bucket's objects page by page; see `Source.deliveries`."""
        passes = Passes(ledger.engine)
        interval = 0.0 if once else self._settings.list_interval_seconds
        try:
            with storage.Client() as client:
                while not stop.is_set():
                    begun = passes.begin(self.name, self._holder, HOLD_SECONDS, interval)
                    if begun is None:
                        stop.wait(ASK_SECONDS)
                        continue
                    self._memory.begin(begun.finished_at)
                    whole = yield from self._pass(client, passes, begun.position, stop)
                    if once and whole:
                        return
        except STORAGE_OUT as error:
            raise SourceUnavailable(f"{self.name}: {first_line(error)}") from None
        except LEDGER_OUT:
            self._memory.forget()
            raise

    def _pass(
        self, client: storage.Client, passes: Passes, position: str | None, stop: Event
    ) -> Generator[Delivery, None, bool]:
        """One pass over the names from a position on; the hold on it is given up however it ends.

        Returns:
            Whether it went over all names; what came up in front of the position since the cut is not seen.
        """
        if position:
            log.info("%s: goes on with the listing that was cut off", self.name)
        kept_at = -math.inf
        try:
            for items in self._pages(client, position):
                yield self._delivery(items)
                if stop.is_set():
                    return False
                if time.monotonic() - kept_at > KEEP_SECONDS:
                    if not passes.advance(self.name, self._holder, items[-1]["name"], HOLD_SECONDS):
                        return False  # another process went on with it
                    kept_at = time.monotonic()
            self._memory.end(passes.end(self.name, self._holder))
            yield NOTHING_NEW
            return not position
        finally:
            try:
                passes.leave(self.name, self._holder)
            except LEDGER_OUT:
                self._memory.forget()
                log.warning("%s: the ledger is out, the pass is left to its lease", self.name)

    def _pages(self, client: storage.Client, position: str | None) -> Iterator[list[Item]]:
        """The pages of the listing in the order of names, none of them empty, as the JSON API wrote them.

        A `Blob` for each object would cost three times as much as all the rest.
        """
        listing = client.list_blobs(
            self.bucket,
            prefix=self.prefix or None,
            start_offset=position,
            page_size=self._settings.intake_batch,
            fields=FIELDS,
            retry=PATIENCE,
        )
        for page in listing.pages:
            if items := page.raw_page.get("items"):
                yield items

    def _delivery(self, items: list[Item]) -> Delivery:
        """What one page holds: arrivals where anything is new, and mere numbers of what is known."""
        wanted: list[Item] = []
        seen: dict[bytes, int] = {}
        known = ignored = 0
        for stretch in stretches(items):
            key = identity(stretch)
            others = self._memory.ignored_in(key)
            if others is None:
                found = [item for item in stretch if self._filter.wants(item["name"])]
                others = seen[key] = len(stretch) - len(found)
                wanted += found
            else:
                known += len(stretch) - others
            ignored += others
        newest = max((item["updated"] for item in wanted), default=None)  # RFC 3339 in UTC: sorts as text
        return Delivery(
            arrivals=[self._arrival(item) for item in wanted],
            known=known,
            ignored=ignored,
            newest=datetime.fromisoformat(newest).timestamp() if newest else None,
            committed=lambda: self._memory.remember(seen),
            in_doubt=self._memory.forget,
        )

    def _arrival(self, item: Item) -> Arrival:
        return Arrival(
            uri=object_uri(self.bucket, item["name"]),
            generation=item["generation"],
            source=self.name,
            media_type=item.get("contentType"),
            size=int(item["size"]),
        )
