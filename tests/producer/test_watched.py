"""Watching real folders with real events, and by polling."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from producer.intake import Intake
from producer.signs import LifeSigns
from producer.sources.folder import Folder
from results.errors import SourceUnavailable
from results.ledger import Ledger
from results.settings import Settings, read_settings
from tests.producer.conftest import Running, known
from tests.waiting import until


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Ledger]:
    with Ledger.open(sqlite_url) as opened:
        yield opened


@pytest.fixture(params=[False, True], ids=["events", "polling"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return read_settings(folder_stable_seconds=0.3, folder_polling=request.param, folder_poll_seconds=0.1)


def watching(ledger: Ledger, folder: Path, settings: Settings) -> Running:
    intake = Intake(ledger, LifeSigns(), lambda: None)
    return Running(lambda stop: intake.run(Folder(str(folder), settings), stop, once=False))


def names(ledger: Ledger) -> list[str]:
    return [Path(uri).name for uri, _ in known(ledger)]


def test_what_is_there_and_what_arrives(ledger: Ledger, tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "old.png").write_bytes(b"x")
    with watching(ledger, folder, settings):
        until(lambda: names(ledger) == ["old.png"])
        (folder / "new.png").write_bytes(b"x")
        (folder / "sub").mkdir()
        (folder / "sub" / "deep.pdf").write_bytes(b"x")
        (folder / ".hidden.png").write_bytes(b"x")
        (folder / "notes.txt").write_bytes(b"x")
        until(lambda: sorted(names(ledger)) == ["deep.pdf", "new.png", "old.png"])


def test_a_file_is_not_taken_while_it_is_written(ledger: Ledger, tmp_path: Path, settings: Settings) -> None:
    """The complaint of paperless-ngx#1279: half an upload must never become a document."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    with watching(ledger, folder, settings), (folder / "slow.png").open("wb") as slow:
        for _ in range(12):
            slow.write(b"chunk")
            slow.flush()
            Event().wait(0.1)
        assert names(ledger) == []
        slow.close()
        until(lambda: names(ledger) == ["slow.png"])
    assert [generation.partition("-")[0] for _, generation in known(ledger)] == ["60"]


def test_a_temporary_name_is_never_taken_and_a_moved_folder_is(
    ledger: Ledger, tmp_path: Path, settings: Settings
) -> None:
    folder, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(b"x")
    with watching(ledger, folder, settings):
        (folder / ".b.png.part").write_bytes(b"x")
        Event().wait(0.3)
        (folder / ".b.png.part").rename(folder / "b.png")
        elsewhere.rename(folder / "batch")
        until(lambda: names(ledger) == ["b.png", "a.png"])


def test_what_happens_behind_a_symbolic_link_is_left_alone(
    ledger: Ledger, tmp_path: Path, settings: Settings
) -> None:
    """The system tells of events there all the same."""
    folder, outside = tmp_path / "inbox", tmp_path / "outside"
    folder.mkdir()
    (outside / "sub").mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    with watching(ledger, folder, settings):
        Event().wait(0.5)
        (outside / "secret.png").write_bytes(b"x")
        (outside / "sub" / "deep.png").write_bytes(b"x")
        (folder / "late").symlink_to(outside / "sub")
        (folder / "file.png").symlink_to(outside / "secret.png")
        Event().wait(0.5)
        (outside / "sub" / "later.png").write_bytes(b"x")
        (folder / "real.png").write_bytes(b"x")
        until(lambda: "real.png" in names(ledger))
        Event().wait(1.0)
    assert names(ledger) == ["real.png"]


def test_a_changed_file_is_a_new_document(ledger: Ledger, tmp_path: Path, settings: Settings) -> None:
    """Polling does not see a second change within one second of the clock; the scan does."""
    with watching(ledger, tmp_path, settings.model_copy(update={"folder_rescan_seconds": 1.0})):
        for count in (1, 2):
            (tmp_path / "a.png").write_bytes(b"x" * count)
            until(lambda count=count: len(known(ledger)) == count)  # type: ignore[misc]


def test_a_name_that_is_no_utf8_is_found_all_the_same(
    ledger: Ledger, tmp_path: Path, settings: Settings
) -> None:
    with watching(ledger, tmp_path, settings):
        Event().wait(0.5)
        (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"x")
        until(lambda: names(ledger) == ["caf%E9.png"])


def test_a_scan_finds_what_no_event_told(ledger: Ledger, tmp_path: Path) -> None:
    """Polling so seldom that only the scan can have found it."""
    settings = read_settings(
        folder_stable_seconds=0.2, folder_polling=True, folder_poll_seconds=600, folder_rescan_seconds=0.3
    )
    with watching(ledger, tmp_path, settings):
        Event().wait(0.5)
        (tmp_path / "a.png").write_bytes(b"x")
        until(lambda: names(ledger) == ["a.png"])


def test_a_folder_that_is_not_there_fails_no_document(ledger: Ledger, tmp_path: Path) -> None:
    source = Folder(str(tmp_path / "unmounted"), read_settings())
    with pytest.raises(SourceUnavailable, match="unmounted"):
        list(source.deliveries(ledger, Event(), once=False))
    assert known(ledger) == []


def test_a_mount_that_goes_away_is_noticed(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"x")
    settings = read_settings(folder_stable_seconds=0.1, folder_rescan_seconds=0.2)
    with watching(ledger, folder, settings) as running:
        until(lambda: names(ledger) == ["a.png"])
        shutil.rmtree(folder)
        until(lambda: running.error is not None)
        assert isinstance(running.error, SourceUnavailable)
        running.error = None
