"""What acceptance tests share: a folder of good and bad documents that was judged once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.command import Command, Ended, page, write_bad_documents

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@dataclass(frozen=True)
class Judged:
    """A folder after `countersign run scans nowhere`."""

    command: Command
    folder: Path
    ended: Ended
    bad: dict[str, str]
    """File name to error code of the documents that cannot be judged."""
    good: int
    """Documents that can."""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`countersign`, called in an empty folder."""
    return Command(tmp_path)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Good, bad and unknown files, judged; tests must not change them."""
    folder = tmp_path_factory.mktemp("judged")
    return judge(Command(folder))


@pytest.fixture
def own_judged(tmp_path: Path) -> Judged:
    """The same in a folder of the test's own, to change."""
    return judge(Command(tmp_path))


def judge(command: Command) -> Judged:
    """Writes the documents into the command's folder and judges them."""
    scans = command.folder / "scans"
    bad = write_bad_documents(scans / "bad")
    page().save(scans / "=letter.png")
    shutil.copy(SAMPLES / "letter-signed.png", scans / "signed letter.png")
    (scans / "notes.docx").write_text("left alone")
    return Judged(command, command.folder, command("run", "scans", "nowhere"), bad, good=2)
