"""Lists that commands write: whole, aligned, and nothing at all where something is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.formats import Format
from cli.listing import write_rows
from cli.results import FAILED_TABLE
from results.errors import CannotWrite, UnknownRelease, codes
from results.values import Arrival


@pytest.mark.parametrize("format", Format)
def test_what_is_wrong_shows_before_anything_is_written(
    format: Format, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def found() -> Iterator[object]:
        raise UnknownRelease("9.9")
        yield

    file = tmp_path / "kept"
    file.write_text("what was there")
    for to in (file, None) if format is not Format.PARQUET else (file,):
        with pytest.raises(UnknownRelease):
            write_rows(found(), Arrival, {}, format, to)

    assert file.read_text() == "what was there"
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"--out.*nowhere/x\.csv: No such file"):
        write_rows([], Arrival, {}, Format.CSV, tmp_path / "nowhere" / "x.csv")


def test_every_error_code_fits_its_column() -> None:
    assert max(map(len, codes())) <= max(len(name) for name in FAILED_TABLE if name.startswith("code"))
