"""Decoder processes as a worker sees them: a file in, pages out, no harm to the worker whatever it is."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, Final, Self

import numpy as np
from numpy.typing import NDArray

from results.errors import TooSlow, WorkerLost, codes
from results.settings import Settings

_ROOT = str(Path(__file__).resolve().parents[1])
_KEPT_HEAP: Final = {"MALLOC_MMAP_THRESHOLD_": str(64 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(128 * 2**20)}
"""Lets glibc keep a page's memory for the next page, at 20 MB a decoder.

Taken anew from the kernel each time it costs 10 ms of page faults for A4 at 300 dpi, as much as decoding G4.
"""

_MOST_CHATTER_CHARACTERS = 2000


class Decoder:
    """One decoder process, started when first needed and again after it died. For one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        """Takes the limits; starts nothing.

        Args:
            settings: Limits of one document and memory of one decoder.
        """
        self._seconds = settings.max_document_seconds
        self._options = json.dumps(
            {
                "max_pages": settings.max_document_pages,
                "max_page_pixels": settings.max_page_pixels,
                "formats": sorted(settings.formats),
                "memory_bytes": settings.decoder_memory_bytes,
                "seconds": settings.max_document_seconds,
            }
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket
        self._answers: BufferedReader
        self._chatter = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (shared with every process this decoder starts)

    @property
    def pid(self) -> int | None:
        """The process id, None while no process runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, unless it runs; it is ready after about half a second."""
        if self._process:
            return
        self._connection, theirs = socket.socketpair()
        # A decoder needs none of the worker's secrets.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")
        }
        environment |= {"PYTHONPATH": _ROOT, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | _KEPT_HEAP
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-X",
                    "faulthandler",
                    "-m",
                    "workers.decode.child",
                    str(theirs.fileno()),
                    self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._chatter,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        # A decoder that says nothing for as long as a whole document may take is stuck.
        self._connection.settimeout(self._seconds)
        self._answers = self._connection.makefile("rb")

    def pages(self, file: BinaryIO) -> Generator[NDArray[np.uint8], None, None]:
        """Decodes one document; a caller that stops early costs the process its life.

        Args:
            file: An open file with a descriptor.

        Yields:
            Grey uint8 pages (height, width), as `workers.decode.pages` describes them.

        Raises:
            DocumentError: what is wrong with it; `TooSlow` and `WorkerLost` when the process died of it.
        """
        self.start()
        whole = False
        try:
            socket.send_fds(self._connection, [b"\n"], [file.fileno()])
            while "page" in (answer := self._answer()):
                yield self._page(*answer["page"])
            whole = True
        except (EOFError, ConnectionError):
            raise self._cause_of_death() from None
        except TimeoutError:
            raise TooSlow from None
        finally:
            if not whole:
                self._end()
        if "error" in answer:
            raise codes()[answer["error"]](answer["detail"])

    def _answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        message: dict[str, Any] = json.loads(line)
        return message

    def _page(self, height: int, width: int) -> NDArray[np.uint8]:
        page = np.empty((height, width), dtype=np.uint8)
        remaining = memoryview(page.data).cast("B")
        while remaining:
            count = self._answers.readinto(remaining)
            if not count:
                raise EOFError
            remaining = remaining[count:]
        return page

    def _cause_of_death(self) -> TooSlow | WorkerLost:
        assert self._process is not None
        code = self._process.wait()
        if code == -signal.SIGPROF:
            return TooSlow()
        return WorkerLost(
            f"its decoder ended with {signal.Signals(-code).name if code < 0 else f'status {code}'}"
        )

    def chatter(self) -> str:
        """What decoders wrote to standard error since the last call, cut to a bounded length."""
        if not self._chatter.tell():  # the offset is shared with the process that writes
            return ""
        self._chatter.seek(0)
        text = self._chatter.read(_MOST_CHATTER_CHARACTERS).decode(errors="replace").strip()
        self._chatter.seek(0)
        self._chatter.truncate()
        return text

    def close(self) -> None:
        """Ends the process for good."""
        self._end()
        self._chatter.close()

    def _end(self) -> None:
        """Ends the process at once; the next document starts another."""
        if not self._process:
            return
        self._answers.close()
        self._connection.close()
        self._process.kill()
        self._process.wait()
        self._process = None


class Decoders:
    """A fixed number of decoders, lent to one thread at a time."""

    def __init__(self, settings: Settings, count: int) -> None:
        """Starts the processes; they become ready in the background.

        Args:
            settings: Limits of one document and memory of one decoder.
            count: How many.
        """
        self._all = [Decoder(settings) for _ in range(count)]
        self._idle: SimpleQueue[Decoder] = SimpleQueue()
        for decoder in self._all:
            decoder.start()
            self._idle.put(decoder)

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def lent(self) -> Iterator[Decoder]:
        """Lends a decoder, waiting until one is idle."""
        decoder = self._idle.get()
        try:
            yield decoder
        finally:
            self._idle.put(decoder)

    def close(self) -> None:
        """Ends every process."""
        for decoder in self._all:
            decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.close()
