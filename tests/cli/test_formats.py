"""How rows are written: in every format as they come, and inert whatever they hold."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from cli.formats import CHUNK, FORMULA_STARTS, Format, Row, write

COLUMNS: dict[str, type] = {"name": str, "signed": bool, "score": float, "pages": int, "at": datetime}


def row(name: str) -> Row:
    return {"name": name, "signed": True, "score": 0.5, "pages": 3, "at": datetime(2026, 11, 23, tzinfo=UTC)}


@pytest.mark.parametrize("format", [Format.TABLE, Format.JSON, Format.JSONL, Format.CSV])
def test_a_row_is_written_before_the_next_is_asked_for(format: Format) -> None:
    file = io.StringIO()

    def rows() -> Iterator[Row]:
        yield row("first.png")
        assert "first.png" in file.getvalue()
        yield row("second.png")

    assert write(rows(), COLUMNS, format, file, None) == 2
    assert "second.png" in file.getvalue()


def test_parquet_holds_no_more_than_a_chunk(tmp_path: Path) -> None:
    rows = (row(str(number)) for number in range(2 * CHUNK + 1))

    write(rows, COLUMNS, Format.PARQUET, io.StringIO(), tmp_path / "rows.parquet")

    file = parquet.ParquetFile(tmp_path / "rows.parquet")
    assert file.num_row_groups == 3
    assert file.read().column("at")[0].as_py() == datetime(2026, 11, 23, tzinfo=UTC)


@settings(deadline=None)
@given(st.text())
def test_csv_keeps_text_and_runs_none_of_it(name: str) -> None:
    file = io.StringIO(newline="")

    write([row(name)], COLUMNS, Format.CSV, file, None)

    file.seek(0)
    cell = list(csv.reader(file))[1][0]
    assert cell == (f"'{name}" if name.startswith(FORMULA_STARTS) else name)


@settings(deadline=None)
@given(st.text())
def test_json_keeps_any_text(name: str) -> None:
    file = io.StringIO()

    write([row(name)], COLUMNS, Format.JSON, file, None)

    assert json.loads(file.getvalue())[0]["name"] == name


def test_a_table_shows_what_would_steer_a_terminal() -> None:
    file = io.StringIO()

    write([{**row("x"), "at": "\x1b[2Jevil\u202e.png"}], COLUMNS, Format.TABLE, file, None)

    assert "\x1b" not in file.getvalue()
    assert "\\x1b[2Jevil\\u202e.png" in file.getvalue()


def test_no_rows_are_an_empty_array() -> None:
    file = io.StringIO()

    write([], COLUMNS, Format.JSON, file, None)

    assert json.loads(file.getvalue()) == []
