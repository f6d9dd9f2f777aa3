"""`countersign report` over a real ledger: what it writes, and what it says when it cannot."""

import re
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from cli.main import app
from results.errors import DatabaseUnavailable, UnknownRelease, UsageError, WrongSettings
from results.ledger import Ledger
from results.reprocess import reprocess
from results.selection import Selection
from results.values import Arrival, ClaimedDocument, Failed, FoundSignature, Judged, ReleaseRecord


def report(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


def names(file: Path) -> list[str]:
    """The documents of a report's gallery, in order."""
    return re.findall(r'"name": "([^"]+)"', file.read_text())


@pytest.fixture
def ledger(sqlite_url: str) -> Ledger:
    return Ledger.open(sqlite_url)


@pytest.fixture
def filled(ledger: Ledger, tmp_path: Path, sqlite_url: str) -> str:
    """Three pages judged by release 1.0.0, scored 0.9, 0.4 and 0.1, and one document that failed; the URL."""
    for name in ("a.png", "b.png", "c.png"):
        Image.new("L", (210, 297), 255).save(tmp_path / name)
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.png", "d.pdf")]
    (tmp_path / "d.pdf").write_bytes(b"%PDF-")
    ledger.take_in([arrival(path) for path in paths])
    judge(ledger, "1.0.0", [0.9, 0.4, 0.1])
    return sqlite_url


def arrival(path: Path) -> Arrival:
    stat = path.stat()
    return Arrival(path.as_uri(), f"{stat.st_size}-{stat.st_mtime_ns}", str(path.parent))


def judge(ledger: Ledger, version: str, scores: list[float]) -> None:
    """Judges what is due in the order of arrival; what has no score fails."""
    release = ledger.register_release(ReleaseRecord("detector", version, f"hash of {version}", 0.5))
    claim = ledger.claim(worker="w", max_documents=9, max_bytes=10**9, lease_seconds=60, max_attempts=3)
    assert claim
    outcomes = [
        outcome(document, score)
        for document, score in zip(claim.documents, [*scores, None, None], strict=False)
    ]
    ledger.record(claim, release, outcomes, max_attempts=3, retry_seconds=1)


def outcome(document: ClaimedDocument, score: float | None) -> Judged | Failed:
    if score is None:
        return Failed(document.id, "truncated", "The file ends early")
    regions = (FoundSignature(1, 0.1, 0.1, 0.5, 0.2, score),)
    return Judged(document.id, "00" * 32, "image/png", 100, 1, score, 0.5, regions)


def test_writes_all_documents_newest_first(filled: str, tmp_path: Path) -> None:
    done = report("--database", filled, "--out", str(tmp_path / "report.html"))
    assert done.exit_code == 0, done.output
    assert names(tmp_path / "report.html") == ["d.pdf", "c.png", "b.png", "a.png"]
    assert "The report is in" in done.stderr
    assert not list(tmp_path.glob("*.part"))


def test_takes_filters_and_a_limit_and_says_what_is_not_in_it(filled: str, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert report("--database", filled, "--out", str(out), "--signed").exit_code == 0
    assert names(out) == ["a.png"]
    assert "Documents: signed" in out.read_text()
    done = report("--database", filled, "--out", str(out), "--limit", "2")
    assert names(out) == ["d.pdf", "c.png"]
    assert "the gallery shows the newest 2" in done.stderr
    assert "The gallery holds 2 of 4 documents" in out.read_text()
    done = report("--database", filled, "--out", str(out), "--max-megabytes", "0")
    assert "3 documents have no picture" in done.stderr


def test_a_document_whose_file_is_gone_is_in_it(filled: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").unlink()
    out = tmp_path / "report.html"
    assert report("--database", filled, "--out", str(out), "--signed").exit_code == 0
    assert names(out) == ["a.png"]
    assert "no longer where it was" in out.read_text()


def test_compares_two_releases(filled: str, ledger: Ledger, tmp_path: Path) -> None:
    list(reprocess(ledger, Selection()))
    judge(ledger, "2.0.0", [0.95, 0.8, 0.2])
    out = tmp_path / "flips.html"
    done = report("--database", filled, "--out", str(out), "--compare", "1.0.0", "2.0.0")
    assert done.exit_code == 0, done.output
    assert "1 document on which 1.0.0 and 2.0.0 differ" in done.stderr
    assert names(out) == ["b.png"]
    assert '"confidence": 0.4' in out.read_text()
    assert '"confidence": 0.8' in out.read_text()


def test_a_report_over_nothing_is_written_and_says_so(sqlite_url: str, tmp_path: Path) -> None:
    done = report("--database", sqlite_url, "--out", str(tmp_path / "report.html"))
    assert done.exit_code == 0
    assert "no document" in done.stderr
    assert "No documents" in (tmp_path / "report.html").read_text()


def test_says_what_is_wrong_and_leaves_the_old_report(filled: str, tmp_path: Path) -> None:
    old = tmp_path / "report.html"
    old.write_text("old")
    to = ("--database", filled, "--out", str(old))
    assert isinstance(report(*to, "--release", "9.9.9").exception, UnknownRelease)
    assert isinstance(report(*to, "--compare", "1.0.0", "9.9.9").exception, UnknownRelease)
    assert isinstance(report(*to, "--signed", "--unsigned").exception, WrongSettings)
    assert isinstance(report(*to, "--compare", "1.0.0", "1.0.0", "--signed").exception, WrongSettings)
    assert old.read_text() == "old"
    nowhere = report("--database", filled, "--out", str(tmp_path / "nowhere" / "report.html"))
    assert isinstance(nowhere.exception, UsageError)
    assert isinstance(report("--database", "sqlite:////nowhere/x.db").exception, DatabaseUnavailable)
