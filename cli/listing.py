"""Lists that commands print or write to a file, for people and for programs."""

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import Any

from cli.formats import Format, Row, columns_of, write
from cli.screen import say
from results.errors import CannotWrite, WrongSettings

Cells = Mapping[str, Callable[[Any], object]]
"""Heading to what makes a cell of a value; the heading is padded to the width of its column."""


def write_rows(
    found: Iterable[object],
    kind: type,
    cells: Cells,
    format: Format,
    to: Path | None,
) -> None:
    """Writes what was found to a file or to standard output.

    Args:
        found: Values of a dataclass, one by one.
        kind: The dataclass; its fields are the columns for programs.
        cells: The columns for people, each with what makes a cell of a value.
        format: How to write.
        to: File to write; None for standard output.

    Raises:
        WrongSettings: Parquet without a file.
        CannotWrite: the file cannot be written.
    """
    columns, found = columns_of(kind), _begun(found)
    rows: Iterable[Row] = ({name: getattr(one, name) for name in columns} for one in found)
    if format is Format.TABLE:
        columns = dict.fromkeys(cells, str)
        rows = ({name: cell(one) for name, cell in cells.items()} for one in found)
    if format is Format.PARQUET and to is None:
        raise WrongSettings("Parquet is no text; name a file with --out FILE.parquet")
    try:
        with to.open("w", encoding="utf-8", newline="") if to else nullcontext(sys.stdout) as file:
            count = write(rows, columns, format, file, to)
    except OSError as error:
        if to is None:
            raise
        raise CannotWrite(f"{to}: {error.strerror}") from None
    if to or not count:
        say(f"{count} {'document' if count == 1 else 'documents'}" + (f" in {to}" if to else ""))


def _begun(found: Iterable[object]) -> Iterable[object]:
    """Values whose first has been asked for: what is wrong shows before anything is written."""
    rest = iter(found)
    return chain(list(islice(rest, 1)), rest)
