"""Folder source: the documents in a folder and below it, or a single file."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from producer.sources.names import has_suffix, is_hidden, media_type, suffixes
from producer.sources.source import Delivery, grouped
from producer.sources.stability import FileState
from results.errors import NoSuchPath, Unreadable
from results.ledger import Ledger
from results.settings import Settings
from results.values import Arrival

log = logging.getLogger(__name__)


class Folder:
    """Finds the documents at a path.

    Files with a known suffix are documents; every other file is left alone and counted as ignored. Hidden
    and temporary files and folders are ignored, unless named by the path itself. Symbolic links below the
    path are not followed: what they point to inside the folder is found anyway, and what lies outside was
    not asked for.
    """

    def __init__(self, path: str, settings: Settings) -> None:
        """Names the folder; nothing is read yet.

        Args:
            path: A folder or a file.
            settings: Which suffixes are documents, and how files are watched.
        """
        self.path = Path(path).absolute()
        self.name = self.path.as_uri()
        self._settings = settings
        self._suffixes = suffixes(settings.suffixes)

    def deliveries(self, ledger: Ledger, stop: Event, *, once: bool) -> Iterator[Delivery]:
        """Delivers the documents at the path; see `Source.deliveries`."""
        if once:
            yield from grouped(self.scan(stop), self._settings.intake_batch)
            return
        from producer.sources.watched import watched  # it imports this module

        yield from watched(self, self._settings, stop)

    def scan(self, stop: Event) -> Iterator[Arrival | None]:
        """Looks at everything at the path.

        Args:
            stop: Ends the scan early.

        Yields:
            An arrival for each document and for each thing that could not be read, None for each file that is
            no document.
        """
        for path, state in self.files(str(self.path), stop):
            yield self.found(path, state)

    def found(self, path: str, state: FileState | OSError | None) -> Arrival | None:
        """What one result of `files` means: a document, a thing that cannot be read, or None for neither."""
        if isinstance(state, OSError):
            return self._unreadable(path, state)
        return None if state is None else self.arrival(path, state)

    def files(self, top: str, stop: Event) -> Iterator[tuple[str, FileState | OSError | None]]:
        """Looks at everything at and below a path, one folder at a time.

        Args:
            top: The path to begin at: the source's own or one below it.
            stop: Ends the scan early.

        Yields:
            Path and state of each file; None in place of the state when it is no document, the error when it
            cannot be read.
        """
        try:
            found = os.stat(top)  # noqa: PTH116 - names that are not UTF-8 stay as they are
        except OSError as error:
            yield top, error
            return
        if not stat.S_ISDIR(found.st_mode):
            yield top, self._state(top, found)
            return
        folders = [top]
        while folders and not stop.is_set():
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    yield from self._entries(entries, folders)
            except FileNotFoundError:
                continue  # removed during the scan
            except OSError as error:
                yield folder, error

    def _entries(
        self, entries: Iterator["os.DirEntry[str]"], folders: list[str]
    ) -> Iterator[tuple[str, FileState | OSError | None]]:
        """The files of one folder; its sub-folders are appended to `folders`."""
        for entry in entries:
            if is_hidden(entry.name) or entry.is_symlink():
                yield entry.path, None
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif has_suffix(entry.name, self._suffixes):
                try:
                    yield entry.path, self._state(entry.path, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue
            else:
                yield entry.path, None

    def is_left_alone(self, path: str) -> bool:
        """Whether a path below this folder is hidden, in a hidden folder, or reached through a symbolic link.

        Scans come upon none of these; events tell of all of them.
        """
        here = self.path
        for part in Path(path).relative_to(self.path).parts:
            here /= part
            if is_hidden(part) or here.is_symlink():
                return True
        return False

    def look(self, path: str) -> FileState | None:
        """The present state of a document below the path, None when it is gone or no document."""
        try:
            found = os.lstat(path)
        except OSError:
            return None
        return self._state(path, found)

    def _state(self, path: str, found: os.stat_result) -> FileState | None:
        """The state of a file, None when it is no document."""
        if not stat.S_ISREG(found.st_mode) or not has_suffix(path, self._suffixes):
            return None
        return FileState(found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def arrival(self, path: str, state: FileState) -> Arrival:
        """The document that a file is in a state."""
        return Arrival(
            uri=Path(path).as_uri(),
            generation=state.generation,
            source=self.name,
            media_type=media_type(path),
            size=state.size,
        )

    def _unreadable(self, path: str, error: OSError) -> Arrival:
        """What the ledger keeps of a path that cannot be read: one row however often it is tried."""
        shown = os.fsencode(path).decode("utf-8", "replace")
        kind = NoSuchPath if isinstance(error, FileNotFoundError) else Unreadable
        log.warning("%s: %s", shown, error.strerror)
        return Arrival(
            uri=Path(path).as_uri(),
            generation=kind.code,
            source=self.name,
            error_code=kind.code,
            error_text=str(kind(f"{shown}: {error.strerror}")),
        )
