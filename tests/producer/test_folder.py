"""The folder source on real folders, read once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event
from urllib.parse import unquote_to_bytes

import pytest

from producer.sources.folder import Folder
from producer.sources.names import is_hidden, suffixes
from results.settings import Settings, read_settings
from results.values import Arrival


def found(path: Path | str, settings: Settings) -> tuple[list[Arrival], int]:
    """The arrivals at a path, in order, and how much was ignored."""
    seen = list(Folder(str(path), settings).scan(Event()))
    return sorted((one for one in seen if one), key=lambda one: one.uri), seen.count(None)


@pytest.mark.parametrize(
    ("name", "hidden"),
    [(".scan.png", True), ("~$scan.pdf", True), ("scan.png~", True), ("@eaDir", True), ("scan.png", False)],
)
def test_hidden_names(name: str, hidden: bool) -> None:
    assert is_hidden(name) is hidden


def test_suffixes_are_read_however_they_are_written() -> None:
    assert suffixes("PDF, .tif  jpg") == {".pdf", ".tif", ".jpg"}


def test_known_suffixes_in_any_case_are_documents_and_the_rest_is_counted(
    tmp_path: Path, settings: Settings
) -> None:
    names = ["a.jpg", "b.JPEG", "c.jpe", "d.Png", "e.tif", "f.TIFF", "g.bmp", "h.gif", "i.webp", "sub/j.pdf"]
    for name in [*names, "notes.txt", "sub/README", "archive.zip"]:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"12345")
    arrivals, ignored = found(tmp_path, settings)
    assert [one.uri for one in arrivals] == sorted((tmp_path / name).as_uri() for name in names)
    assert ignored == 3
    state = (tmp_path / "a.jpg").stat()
    assert arrivals[0].generation == f"{state.st_size}-{state.st_mtime_ns}"
    assert (arrivals[0].size, arrivals[0].media_type) == (5, "image/jpeg")
    assert {one.error_code for one in arrivals} == {None}


def test_hidden_and_temporary_files_and_folders_are_ignored(tmp_path: Path, settings: Settings) -> None:
    for name in [".hidden.png", "~lock.pdf", "scan.png~", ".git/x.png", "@eaDir/thumb.jpg"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert found(tmp_path, settings) == ([], 5)


def test_symbolic_links_are_not_followed(tmp_path: Path, settings: Settings) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.png").write_bytes(b"x")
    (inside / "real.png").write_bytes(b"x")
    (inside / "file.png").symlink_to(outside / "secret.png")
    (inside / "folder").symlink_to(outside)
    (inside / "round").symlink_to(inside)
    arrivals, ignored = found(inside, settings)
    assert [one.uri for one in arrivals] == [(inside / "real.png").as_uri()]
    assert ignored == 3


def test_a_link_that_was_named_itself_is_followed(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [one.uri for one in found(tmp_path / "link", settings)[0]] == [
        (tmp_path / "link" / "a.png").as_uri()
    ]


def test_a_single_file_is_a_source_too(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "a.txt").write_bytes(b"x")
    assert [one.uri for one in found(tmp_path / "a.png", settings)[0]] == [(tmp_path / "a.png").as_uri()]
    assert found(tmp_path / "a.txt", settings) == ([], 1)


def test_a_missing_path_arrives_as_failed(tmp_path: Path, settings: Settings) -> None:
    (arrival,), _ = found(tmp_path / "nowhere", settings)
    assert (arrival.uri, arrival.error_code) == ((tmp_path / "nowhere").as_uri(), "no_such_path")
    assert arrival.error_text
    assert "nowhere" in arrival.error_text


def test_names_that_are_no_utf8_survive(tmp_path: Path, settings: Settings) -> None:
    name = b"caf\xe9 \xff 100%#?\n.png"
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    (arrival,), _ = found(tmp_path, settings)
    arrival.uri.encode("ascii")
    assert unquote_to_bytes(arrival.uri).endswith(name)


def test_a_folder_too_deep_to_read_is_one_failed_arrival(tmp_path: Path, settings: Settings) -> None:
    """A path longer than the system allows: it can be made step by step, but not named."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (tmp_path / "fine.png").write_bytes(b"x")
    try:
        arrivals, _ = found(tmp_path, settings)
        assert sorted(one.error_code or "" for one in arrivals) == ["", "unreadable"]
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / ("d" * 250))], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody without permission")
def test_a_folder_without_permission_is_one_failed_arrival(tmp_path: Path) -> None:
    place = Path("/tmp") / f"countersign-closed-{os.getpid()}"
    (place / "closed").mkdir(parents=True)
    try:
        place.chmod(0o755)
        (place / "fine.png").write_bytes(b"x")
        (place / "closed").chmod(0)
        script = (
            "import os, sys, threading\n"
            "from producer.sources.folder import Folder\n"
            "from results.settings import read_settings\n"
            "os.setuid(65534)\n"
            "for one in Folder(sys.argv[1], read_settings()).scan(threading.Event()):\n"
            "    print(one and one.error_code)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(place)], capture_output=True, text=True, check=True
        )
        assert sorted(done.stdout.split()) == ["None", "unreadable"]
        assert "Permission denied" in done.stderr
    finally:
        shutil.rmtree(place)


def test_devices_and_pipes_are_ignored(tmp_path: Path, settings: Settings) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert found(tmp_path, settings) == ([], 1)


def test_deliveries_are_bounded(tmp_path: Path) -> None:
    for number in range(25):
        (tmp_path / f"{number}.png").write_bytes(b"x")
    source = Folder(str(tmp_path), read_settings(intake_batch=10))
    sizes = [len(one.arrivals) for one in source.deliveries(None, Event(), once=True)]  # type: ignore[arg-type]
    assert sorted(sizes) == [5, 10, 10]
