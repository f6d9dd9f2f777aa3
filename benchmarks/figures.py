"""What every benchmark shares: its options, its folder and its last line."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Real images to measure with; not part of the project, so benchmarks say so where they are absent."""


def parser(description: str) -> argparse.ArgumentParser:
    """An option parser with `--quick`, which every benchmark has.

    Args:
        description: What the benchmark measures, shown by `--help`.

    Returns:
        The parser; add the benchmark's own options to it.
    """
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    options.add_argument("--quick", action="store_true", help="a smaller run of under a minute")
    return options


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder among the system's temporary ones, deleted at the end, also at the end by SIGTERM.

    SIGTERM becomes an exit like any other, so that servers and workers end with the benchmark too.

    Yields:
        The folder.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="countersign-benchmark-") as name:
        yield Path(name)


def report(figures: Mapping[str, object]) -> None:
    """Prints the figures as one JSON object on the last line.

    Args:
        figures: Name to number.
    """
    print(json.dumps(figures), flush=True)
