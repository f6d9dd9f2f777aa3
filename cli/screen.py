"""What a person sees: tables and progress on a terminal, plain lines elsewhere."""

import os
import shutil
import sys

from rich.console import Console
from rich.table import Table

WIDE = 10_000
"""Columns of what is no terminal: a file or another program gets each row on one line."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
"""Standard output: what was asked for."""

err = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else WIDE)
"""Standard error: progress, warnings and errors."""


def say(message: str) -> None:
    """Tells what is going on, on standard error, so that output stays clean for a pipe."""
    err.print(message, markup=False)


def warn(message: str) -> None:
    """Tells of something that is wrong but stops nothing."""
    err.print(message, markup=False, style="yellow")


def complain(message: str) -> None:
    """Tells on one line why a command stops."""
    err.print(f"countersign: {' '.join(message.split())}", markup=False, style="red")


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the one look that all commands share.

    Args:
        *columns: Headings; one that starts with `>` is aligned to the right.
        title: What the table is about.
    """
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return made


def on_terminal() -> bool:
    """Whether a person watches standard error."""
    return sys.stderr.isatty()


def printable(text: str) -> str:
    """Text from a document's name or content with everything that could steer a terminal made visible."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def called() -> str:
    """How to call countersign again from here: by its name, or by its path where the name is not found."""
    if shutil.which("countersign"):
        return "countersign"
    return min(os.path.relpath(sys.argv[0]), os.path.abspath(sys.argv[0]), key=len)  # noqa: PTH100
