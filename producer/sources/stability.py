"""Tells files that are complete from files that are still being written, without touching any."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileState:
    """What a look at a file showed."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Last write, in nanoseconds since 1970; a copying program may set it."""
    ctime_ns: int
    """Last change of content, name or attributes, in nanoseconds since 1970; nobody can set it."""

    @property
    def generation(self) -> str:
        """The generation of the document that the file is in this state."""
        return f"{self.size}-{self.mtime_ns}"


class StabilityTracker:
    """Holds back files until nothing has happened to them for a while.

    It does no I/O: the caller reports what it saw and asks what is ripe. The cases it is made for:

    - A copy over the network arrives in chunks with pauses: every event, and every change of size or time,
      starts the wait anew.
    - A program keeps the time of the original (`cp -p`, rsync): size and inode change time still move.
    - A scanner opens a finished file again: the event starts the wait anew, the file is taken later.
    - A file is written under a temporary name and renamed: the temporary name vanishes, the final one waits
      its time.
    - A file vanishes while it waits: it is forgotten.
    - A file that was quiet for long before it was first seen need not wait at all.
    """

    def __init__(self, delay: float) -> None:
        """Begins with no files.

        Args:
            delay: How long nothing may happen to a file before it is taken, in seconds.
        """
        self._delay = delay
        self._waiting: dict[str, tuple[FileState, float]] = {}

    def __len__(self) -> int:
        """How many files wait."""
        return len(self._waiting)

    def is_quiet(self, state: FileState, wall_clock: float) -> bool:
        """Whether a file just seen has been left alone for long enough already.

        Args:
            state: What the look at it showed.
            wall_clock: Now, in seconds since 1970. A file from the future (clocks of two machines differ) is
                never quiet: it has to wait under the eyes of the tracker.
        """
        return wall_clock - max(state.mtime_ns, state.ctime_ns) / 1e9 >= self._delay

    def touch(self, path: str, state: FileState | None, now: float) -> None:
        """Something happened to a file, or it was seen for the first time: its wait starts anew.

        Args:
            path: The file.
            state: What a look at it showed; None when it is gone.
            now: Now, on a monotonic clock, in seconds.
        """
        if state is None:
            self._waiting.pop(path, None)
        else:
            self._waiting[path] = (state, now)

    def watch(self, path: str, state: FileState, now: float) -> None:
        """A file was seen in a scan: its wait starts unless it runs already; see `touch`."""
        if path not in self._waiting:
            self._waiting[path] = (state, now)

    def ripe(self, now: float) -> list[str]:
        """The files whose wait is over; look at each and ask `settled`."""
        return [path for path, (_, since) in self._waiting.items() if now - since >= self._delay]

    def settled(self, path: str, state: FileState | None, now: float) -> bool:
        """Whether a ripe file is still as it was when its wait began; if so it is forgotten.

        Args:
            path: The file.
            state: What a second look at it showed; None when it is gone.
            now: Now, on a monotonic clock, in seconds.

        Returns:
            True when the file is complete. False when it changed, so that it waits again, or is gone.
        """
        if state is not None and self._waiting[path][0] == state:
            del self._waiting[path]
            return True
        self.touch(path, state, now)
        return False
