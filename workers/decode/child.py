"""The decoder process: takes open files over a socket, sends pages back, and may die of a file without harm.

`workers.decoder` starts it as `python -m workers.decode.child SOCKET_FD OPTIONS`. For every document it
receives one byte with a file descriptor, and answers with lines of JSON: for every page
`{"page": [height, width]}` followed by that many bytes, then `{"end": true}` or
`{"error": code, "detail": text}`.
"""

import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

from results.errors import DocumentError
from workers.decode.limits import Limits
from workers.decode.pages import pages

_MOST_CHATTER_BYTES = 2**20


def serve(connection: socket.socket, limits: Limits, seconds: float) -> None:
    """Decodes documents until the other end closes the socket.

    Args:
        connection: Stream socket that file descriptors can travel on.
        limits: What one document may cost.
        seconds: Processor time one document may take; the process is killed by SIGPROF after it.
    """
    with connection.makefile("wb") as answer:
        while True:
            _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
            if not descriptors:
                return
            with os.fdopen(descriptors[0], "rb") as file:
                signal.setitimer(signal.ITIMER_PROF, seconds)
                _decode(file, limits, answer)
                signal.setitimer(signal.ITIMER_PROF, 0)


def _decode(file: BinaryIO, limits: Limits, answer: IO[bytes]) -> None:
    try:
        for page in pages(file, limits=limits):
            _say(answer, {"page": page.shape})
            answer.write(page.data)
        _say(answer, {"end": True})
    except DocumentError as error:
        _say(answer, {"error": error.code, "detail": error.detail})
    answer.flush()


def _say(answer: IO[bytes], message: Mapping[str, object]) -> None:
    answer.write(json.dumps(message).encode() + b"\n")


def contain(memory_bytes: int) -> None:
    """Bounds what this process may do to the machine.

    Args:
        memory_bytes: Memory it may take; beyond it, allocations fail.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_CHATTER_BYTES, _MOST_CHATTER_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to handle
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(OSError):  # where the kernel must kill somebody for memory, it should be this process
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    """Serves the socket named on the command line."""
    descriptor, options = int(sys.argv[1]), json.loads(sys.argv[2])
    limits = Limits(options["max_pages"], options["max_page_pixels"], frozenset(options["formats"]))
    # Loaded before the first document, so that it does not pay for it.
    from workers.decode import pdf, raster  # noqa: F401

    contain(options["memory_bytes"])
    with socket.socket(fileno=descriptor) as connection, suppress(BrokenPipeError, ConnectionResetError):
        serve(connection, limits, options["seconds"])


if __name__ == "__main__":
    main()
