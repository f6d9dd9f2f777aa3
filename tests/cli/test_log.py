"""What long-running commands write to standard error."""

import logging
from collections.abc import Iterator

import pytest

from cli.log import write_log
from cli.options import Level
from results.settings import read_settings


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_name_cannot_pass_for_a_line_of_the_log(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    write_log(Level.INFO, read_settings(log_format=log_format))
    logging.getLogger("x").warning("%s: left as it is", "gs://inbox/a\n2026-11-23 ERROR forged\x1b[31m.png")
    (line,) = capsys.readouterr().err.splitlines()
    assert "\x1b" not in line
    assert "left as it is" in line
