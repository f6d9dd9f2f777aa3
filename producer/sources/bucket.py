"""Bucket source: lists a prefix, again and again, and notices new names and new generations."""

import logging
import os
import socket
from collections.abc import Iterator
from functools import partial
from threading import Event

from google.cloud import storage

from producer.patience import LEDGER_OUT, first_line
from producer.sources.objects import PATIENCE, STORAGE_OUT, object_filter, object_uri, split_uri
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

ASK_SECONDS = 1.0
"""How often a process asks whether the next pass is its to make."""


class Bucket:
    """Lists the objects below a prefix.

    One pass goes through all names in order, a page at a time. How far it got is kept in the ledger after
    each page, by name rather than by page token (tokens expire): a pass that was cut off goes on at the last
    name taken in, in whichever process comes first. Of several processes that watch one prefix, one lists
    and the others stand by. An object that appears behind the reader's back is found by the next pass.
    """

    def __init__(self, uri: str, settings: Settings) -> None:
        """Names the bucket; nothing is connected yet.

        Args:
            uri: `gs://bucket` or `gs://bucket/prefix`.
            settings: `suffixes`, `list_interval_seconds`, `intake_batch`, `after_judging...`.

        Raises:
            WrongSettings: The URI names no bucket.
        """
        self.bucket, self.prefix = split_uri(uri)
        if not self.bucket:
            raise WrongSettings(f"{uri} names no bucket")
        self.name = object_uri(self.bucket, self.prefix)
        self._settings = settings
        self._filter = object_filter(settings)
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
                    yield from self._pass(client, passes, begun.position, stop)
                    if once:
                        return
        except STORAGE_OUT as error:
            raise SourceUnavailable(f"{self.name}: {first_line(error)}") from None

    def _pass(
        self, client: storage.Client, passes: Passes, position: str | None, stop: Event
    ) -> Iterator[Delivery]:
        """One pass over the names from a position on; the hold on it is given up however it ends."""
        if position:
            log.info("%s: goes on with the listing that was cut off", self.name)
        try:
            for page in self._pages(client, position):
                delivery = self._delivery(page, passes)
                if delivery:
                    yield delivery
                if stop.is_set() or not passes.is_held(self.name, self._holder):
                    return
            passes.end(self.name, self._holder)
            yield NOTHING_NEW
        finally:
            try:
                passes.leave(self.name, self._holder)
            except LEDGER_OUT:
                log.warning("%s: the ledger is out, the pass is left to its lease", self.name)

    def _pages(self, client: storage.Client, position: str | None) -> Iterator[list[storage.Blob]]:
        """The pages of the listing, in the order of names."""
        listing = client.list_blobs(
            self.bucket,
            prefix=self.prefix or None,
            start_offset=position,
            page_size=self._settings.intake_batch,
            fields=FIELDS,
            retry=PATIENCE,
        )
        for page in listing.pages:
            yield list(page)

    def _delivery(self, page: list[storage.Blob], passes: Passes) -> Delivery | None:
        """What one page holds; None for an empty page."""
        if not page:
            return None
        wanted = [blob for blob in page if self._filter.wants(blob.name)]
        return Delivery(
            arrivals=[self._arrival(blob) for blob in wanted],
            ignored=len(page) - len(wanted),
            newest=max((blob.updated.timestamp() for blob in wanted if blob.updated), default=None),
            committed=partial(self._step, passes, page[-1].name),
        )

    def _step(self, passes: Passes, name: str) -> None:
        """Keeps how far the pass got; whether it is still this process's is asked before the next page."""
        passes.advance(self.name, self._holder, name, HOLD_SECONDS)

    def _arrival(self, blob: storage.Blob) -> Arrival:
        return Arrival(
            uri=object_uri(self.bucket, blob.name),
            generation=str(blob.generation),
            source=self.name,
            media_type=blob.content_type,
            size=blob.size,
        )
