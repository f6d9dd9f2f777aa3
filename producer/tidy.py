"""What becomes of a bucket's objects once they have a verdict: kept, moved, deleted, written to."""

import logging
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING

from producer.patience import LEDGER_OUT, Patience, first_line
from producer.signs import LifeSigns
from producer.sources.source import Source
from results.errors import SourceUnavailable
from results.ledger import Ledger
from results.passes import Passes
from results.settings import Settings
from results.tidied import mark_tidied, untidied

if TYPE_CHECKING:
    from producer.sources.tidying import ObjectTidier

log = logging.getLogger(__name__)

BATCH = 200
"""Objects between two notes in the ledger."""

HOLD_SECONDS = 60.0
"""How long a pass stays with a process that no longer moves on."""

OVERLAP = timedelta(minutes=2)
"""How far a look goes back behind the last: a verdict shows only when its transaction ends."""

THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Tidier:
    """Deals with judged objects below the watched prefixes, whichever source announced them.

    Of several processes on one ledger one tidies a prefix at a time. Each step is guarded by the object's
    generation and may be repeated; failed documents keep their objects where they are.
    """

    def __init__(
        self, ledger: Ledger, sources: Sequence[Source], settings: Settings, signs: LifeSigns
    ) -> None:
        """Notes which prefixes there are; nothing is connected yet.

        Args:
            ledger: Knows what was judged.
            sources: Buckets among them are tidied.
            settings: `after_judging...`, `write_verdict`, `tidy_interval_seconds`.
            signs: Counts what was done.
        """
        wanted = settings.after_judging != "keep" or settings.write_verdict != "no"
        self._prefixes = [s.name for s in sources if s.name.startswith("gs://")] if wanted else []
        self._ledger = ledger
        self._settings = settings
        self._signs = signs
        self._since = dict.fromkeys(self._prefixes, THE_BEGINNING)
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{id(self)}"

    @property
    def has_work(self) -> bool:
        """Whether anything is to be done with any object."""
        return bool(self._prefixes)

    def run(self, stop: Event) -> None:
        """Tidies on the settings' interval until `stop` is set; outages are waited out."""
        patience = Patience("tidying", stop, self._signs, (*LEDGER_OUT, SourceUnavailable), longest=60.0)
        while not stop.wait(self._settings.tidy_interval_seconds):
            try:
                patience(self.tidy, stop)
            except (*LEDGER_OUT, SourceUnavailable) as error:
                log.warning("tidying: stopped (%s)", first_line(error))

    def tidy(self, stop: Event) -> None:
        """Deals once with everything judged so far.

        Args:
            stop: Ends early, between two objects.

        Raises:
            SourceUnavailable: Cloud Storage does not answer or refuses.
        """
        passes = Passes(self._ledger.engine)
        for prefix in self._prefixes:
            name = f"tidy {prefix}"
            if passes.begin(name, self._holder, HOLD_SECONDS, 0.0) is None:
                continue
            try:
                while self._some(prefix, stop) and passes.advance(name, self._holder, "", HOLD_SECONDS):
                    pass
            finally:
                passes.leave(name, self._holder)

    def _some(self, prefix: str, stop: Event) -> bool:
        """Deals with some objects below a prefix; returns whether there may be more."""
        found = untidied(self._ledger.engine, prefix, self._since[prefix], BATCH)
        outcomes: list[tuple[int, str]] = []
        try:
            for one in found:
                if stop.is_set():
                    return False
                outcomes.append((one.document_id, self._objects.tidy(one)))
                self._signs.tidied(prefix, outcomes[-1][1])
        finally:
            mark_tidied(self._ledger.engine, outcomes)
        if found:
            self._since[prefix] = max(self._since[prefix], found[-1].decided_at - OVERLAP)
        return len(found) == BATCH

    @cached_property
    def _objects(self) -> "ObjectTidier":
        from producer.sources.tidying import ObjectTidier  # the storage client takes a second to import

        return ObjectTidier(self._settings)
