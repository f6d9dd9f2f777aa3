"""Rows out: as a table for people, and as JSON, JSON lines, CSV or Parquet for programs.

Every format streams: at no time are more than `CHUNK` rows in memory.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any, get_args, get_type_hints

import typer

from cli.screen import printable

Row = Mapping[str, Any]

CHUNK = 5_000
"""Rows that Parquet keeps in memory and writes as one row group."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet run a CSV cell (OWASP, CSV Injection)."""


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    """Aligned columns for people."""

    JSON = "json"
    """One array of objects."""

    JSONL = "jsonl"
    """One object a line."""

    CSV = "csv"
    """With a heading; text that a spreadsheet would run as a formula gets a leading apostrophe."""

    PARQUET = "parquet"
    """Typed columns, with `--out`."""


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format", metavar="FORMAT", help=f"How rows are written: {', '.join(Format)}, the last with --out."
    ),
]


def columns_of(kind: type) -> dict[str, type]:
    """The columns of a dataclass: each field's name and type, without its None.

    Args:
        kind: A dataclass of str, bool, int, float, datetime and StrEnum.
    """
    hints = {name: (get_args(hint) or (hint,))[0] for name, hint in get_type_hints(kind).items()}
    return {name: str if issubclass(hint, str) else hint for name, hint in hints.items()}


def write(
    rows: Iterable[Row], columns: Mapping[str, type], format: Format, file: IO[str], path: Path | None
) -> int:
    """Writes rows.

    Args:
        rows: The rows, each with a value or None for every column.
        columns: Name to type (str, bool, int, float or datetime), in order.
        format: How to write them.
        file: Where text goes.
        path: Where Parquet goes, which is no text.

    Returns:
        How many rows were written.
    """
    counted = _Counted(rows)
    if format is Format.PARQUET and path:
        _write_parquet(counted, columns, path)
    else:
        _WRITERS[format](counted, columns, file)
    return counted.count


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def _write_table(rows: Iterable[Row], columns: Mapping[str, type], file: IO[str]) -> None:
    """Columns as wide as their headings, so that no row waits for the next; the last column is free."""
    *aligned, last = columns
    file.write("  ".join(columns) + "\n")
    for row in rows:
        cells = [_cell(row[name]).ljust(len(name)) for name in aligned]
        file.write("  ".join([*cells, _cell(row[last])]).rstrip() + "\n")


def _cell(value: object) -> str:
    """One value as people read it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return printable(str(value))


def _plain(value: object) -> object:
    """A value as JSON and CSV hold it: times in ISO 8601, UTC."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _write_json(rows: Iterable[Row], columns: Mapping[str, type], file: IO[str]) -> None:
    """One array, an object a line."""
    separator = "[\n"
    for row in rows:
        file.write(separator + json.dumps({name: _plain(row[name]) for name in columns}))
        separator = ",\n"
    file.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_json_lines(rows: Iterable[Row], columns: Mapping[str, type], file: IO[str]) -> None:
    """One object a line, nothing around them."""
    for row in rows:
        file.write(json.dumps({name: _plain(row[name]) for name in columns}) + "\n")


def _write_csv(rows: Iterable[Row], columns: Mapping[str, type], file: IO[str]) -> None:
    """RFC 4180 with a heading; NULL is an empty cell."""
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_inert(_plain(row[name])) for name in columns])


def _inert(value: object) -> object:
    """A CSV cell that no spreadsheet runs; truth values as JSON has them."""
    match value:
        case bool():
            return str(value).lower()
        case str() if value.startswith(FORMULA_STARTS):
            return f"'{value}"
    return value


def _write_parquet(rows: Iterable[Row], columns: Mapping[str, type], path: Path) -> None:
    """Row groups of `CHUNK` rows; times are microseconds in UTC."""
    import pyarrow
    from pyarrow import parquet

    types = {
        str: pyarrow.string(),
        bool: pyarrow.bool_(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        datetime: pyarrow.timestamp("us", tz="UTC"),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        for chunk in _chunks(rows):
            writer.write_table(pyarrow.Table.from_pylist([dict(row) for row in chunk], schema=schema))


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows, `CHUNK` at a time."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


_WRITERS: dict[Format, Callable[[Iterable[Row], Mapping[str, type], IO[str]], None]] = {
    Format.TABLE: _write_table,
    Format.JSON: _write_json,
    Format.JSONL: _write_json_lines,
    Format.CSV: _write_csv,
}
