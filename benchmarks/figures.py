"""What every benchmark shares: its options and its last line."""

import argparse
import json
from collections.abc import Mapping
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


def report(figures: Mapping[str, object]) -> None:
    """Prints the figures as one JSON object on the last line.

    Args:
        figures: Name to number.
    """
    print(json.dumps(figures), flush=True)
