"""Times and places as people write them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli import filters
from results.errors import WrongSettings


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T15:00", datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("2026-11-23T15:00+02:00", datetime(2026, 11, 23, 13, tzinfo=UTC)),
    ],
)
def test_a_moment(text: str, moment: datetime) -> None:
    assert filters.moment(text) == moment


def test_an_unknown_error_code_is_named_with_those_there_are() -> None:
    with pytest.raises(WrongSettings, match=r"no error code nonsense; there are damaged, empty_file"):
        filters.select(error_code="nonsense")


def test_how_long_ago() -> None:
    assert abs(datetime.now(UTC) - timedelta(days=7) - filters.moment("7d")) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["yesterday", "", "7", "7y", "2026-13-01", "-7d"])
def test_no_time(text: str) -> None:
    with pytest.raises(WrongSettings):
        filters.moment(text)


def test_below_a_folder_is_not_below_its_namesake(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()

    assert filters.prefix(str(tmp_path / "scans")) == f"{(tmp_path / 'scans').as_uri()}/"
    assert filters.prefix("gs://bucket/in") == "gs://bucket/in"
