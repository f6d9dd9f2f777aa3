"""Watching a folder: events say where to look, a tracker when a file is complete, scans catch the rest."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from watchfiles import watch

from producer.sources.source import NOTHING_NEW, Delivery, grouped
from producer.sources.stability import FileState, StabilityTracker
from results.errors import SourceUnavailable
from results.settings import Settings
from results.values import Arrival

if TYPE_CHECKING:
    from producer.sources.folder import Folder

log = logging.getLogger(__name__)

TICK_MS = 200
"""How often waiting files are looked at again, in milliseconds."""


def watched(folder: "Folder", settings: Settings, stop: Event) -> Iterator[Delivery]:
    """Delivers a folder's documents as they become complete; see `Source.deliveries`.

    Args:
        folder: What to watch.
        settings: `folder_...`, `intake_batch`.
        stop: Ends the watch.

    Yields:
        Deliveries.

    Raises:
        SourceUnavailable: The folder is not there, e.g. because its mount is gone.
    """
    watcher = _Watcher(folder, settings, stop)
    while not stop.is_set():
        try:
            for paths in _changes(folder.path, settings, stop):
                for delivery in grouped(watcher.step(paths), settings.intake_batch):
                    yield replace(delivery, newest=watcher.newest())
                yield NOTHING_NEW
        except OSError as error:
            raise SourceUnavailable(f"{folder.name}: {error.strerror or error}") from None
        except RuntimeError as error:  # watchfiles does not export its own class
            if "decode path" not in str(error):
                raise SourceUnavailable(f"{folder.name}: {error}") from None
            # A name that is not UTF-8 ends watchfiles' watch: begin another, and find that file by a scan.
            watcher.scan_soon()
            stop.wait(TICK_MS / 1000)


def _changes(path: Path, settings: Settings, stop: Event) -> Iterator[set[str]]:
    """Paths where something happened, an empty set at least every tick.

    The events begin before the first set is handed out, so a scan made then misses nothing.
    """
    for changes in watch(
        path,
        watch_filter=None,
        debounce=TICK_MS,
        rust_timeout=TICK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        force_polling=settings.folder_polling,
        poll_delay_ms=round(settings.folder_poll_seconds * 1000),
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        yield {changed for _, changed in changes}


class _Watcher:
    """What a watch remembers from one look to the next: files that wait, and when to scan again."""

    def __init__(self, folder: "Folder", settings: Settings, stop: Event) -> None:
        self._folder = folder
        self._stop = stop
        self._tracker = StabilityTracker(settings.folder_stable_seconds)
        self._rescan_seconds = settings.folder_rescan_seconds
        self._next_scan = 0.0
        self._newest: float | None = None

    def step(self, changed: set[str]) -> Iterator[Arrival | None]:
        """Looks where something happened, at what waits, and now and then at everything."""
        now = time.monotonic()
        if now >= self._next_scan:
            yield from self._scan(str(self._folder.path))
            self._next_scan = time.monotonic() + self._rescan_seconds
        for path in changed:
            yield from self._happened(path, now)
        for path in self._tracker.ripe(now):
            state = self._folder.look(path)
            if self._tracker.settled(path, state, now) and state:
                yield self._arrival(path, state)

    def newest(self) -> float | None:
        """When the newest of the files handed out since the last call was written, in seconds since 1970."""
        newest, self._newest = self._newest, None
        return newest

    def scan_soon(self) -> None:
        """Makes the next step look at everything."""
        self._next_scan = 0.0

    def _happened(self, path: str, now: float) -> Iterator[Arrival | None]:
        """An event: the path may be a file, a whole folder that was moved here, or gone."""
        if self._folder.is_left_alone(path):
            return
        if Path(path).is_dir():
            yield from self._scan(path)
        else:
            self._tracker.touch(path, self._folder.look(path), now)

    def _scan(self, top: str) -> Iterator[Arrival | None]:
        """Everything at and below a path: quiet files at once, the others are watched from now on."""
        for path, state in self._folder.files(top, self._stop):
            if isinstance(state, FileState) and not self._tracker.is_quiet(state, time.time()):
                self._tracker.watch(path, state, time.monotonic())
            elif isinstance(state, FileNotFoundError):
                if path == str(self._folder.path):
                    raise state  # the mount is gone: no reason to fail documents
            elif isinstance(state, FileState):
                yield self._arrival(path, state)
            else:
                yield self._folder.found(path, state)

    def _arrival(self, path: str, state: FileState) -> Arrival:
        self._newest = max(self._newest or 0.0, state.ctime_ns / 1e9)
        return self._folder.arrival(path, state)
