"""Every command that the README and the docs show is run, or at least parsed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app
from tests.docs.blocks import PAGES, ROOT, Block, blocks, name

NOT_RUN = {"console setup", "console server", "console cloud"}
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("COUNTERSIGN_")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}
CALLED = re.compile(r"(\w+=\S* +)*(docker compose exec [\w -]+ )?countersign(?P<arguments>( .*)?$)")
"""A line that calls countersign, on this machine or in a container."""

console_pages = [page for page in PAGES if any(block.info == "console" for block in blocks(page))]
parsed_blocks = [block for page in PAGES for block in blocks(page) if block.info in NOT_RUN]


@pytest.mark.parametrize("page", console_pages, ids=name)
def test_commands_on_a_page_work(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    for block in blocks(page):
        for command in block.commands if block.info == "console" else []:
            ended = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                cwd=tmp_path,
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, f"{name(page)}: {command}\n{ended.stdout}{ended.stderr}"


@pytest.mark.parametrize("block", parsed_blocks, ids=lambda block: name(block.page))
def test_commands_that_are_not_run_parse(block: Block) -> None:
    for line in block.commands:
        called = CALLED.match(line)
        if called:
            _parse(shlex.split(called["arguments"], comments=True))


def test_every_console_block_says_whether_it_is_run() -> None:
    infos = {block.info for page in PAGES for block in blocks(page) if block.info.startswith("console")}

    assert infos <= NOT_RUN | {"console"}


def _parse(arguments: list[str]) -> None:
    """Parses a command line as `countersign` would, without running the command; raises where it cannot."""
    command = typer.main.get_command(app)
    _disarm(command)
    command.main(arguments, standalone_mode=False)


def _disarm(command: Any) -> None:  # noqa: ANN401 Typer's own click has no public types
    """Makes every command do nothing."""
    command.callback = lambda **_: None
    for child in getattr(command, "commands", {}).values():
        _disarm(child)
