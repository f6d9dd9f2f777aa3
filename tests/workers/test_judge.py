"""What became of a batch, on SQLite and on PostgreSQL: one bad document hurts only itself."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import event, text

from model.values import Signature
from results.abandoned import end_leases
from results.errors import DatabaseFull
from results.ledger import Ledger
from results.settings import read_settings
from tests.workers.conftest import Drop, arrival
from tests.workers.drawn import encoded, pdf, picture
from tests.workers.standin import StandIn
from workers.decoder import Decoders
from workers.judge import PAGES_AT_ONCE, DetectorBroken, Judge
from workers.metrics import Metrics
from workers.shutdown import Shutdown

Judging = Callable[..., Judge]

PNG = encoded(picture(), "PNG")
TIFF = encoded(picture(), "TIFF", save_all=True, append_images=[picture(), Image.new("L", (120, 160), 0)])


def rows(ledger: Ledger, query: str) -> list[tuple[object, ...]]:
    with ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def outcomes(ledger: Ledger) -> dict[str, str | None]:
    """File name to error code, None where there is a verdict."""
    found = rows(ledger, "SELECT uri, has_signature, error_code FROM document_flags")
    assert all((flag is None) == (code is not None) for _, flag, code in found)
    return {str(uri).rpartition("/")[2]: code for uri, _, code in found}  # type: ignore[misc]


def test_nothing_due(judging: Judging) -> None:
    assert judging().judge_batch() == 0


def test_a_batch_with_every_kind_of_failure(
    ledger: Ledger, drop: Drop, judging: Judging, tmp_path: Path
) -> None:
    drop(
        good=PNG,
        pages=TIFF,
        pdf=pdf(["", "/Rotate 90"]),
        empty=b"",
        text=b"no image at all",
        cut=encoded(Image.effect_noise((300, 300), 50), "JPEG")[:5000],
        gone=PNG,
        replaced=PNG,
        jp2=encoded(picture(), "JPEG2000"),
    )
    (tmp_path / "gone").unlink()
    (tmp_path / "replaced").write_bytes(PNG + b"more")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ledger.take_in([arrival(fifo)])
    assert judging().judge_batch() == 10
    assert outcomes(ledger) == {
        "good": None,
        "pages": None,
        "pdf": None,
        "empty": "empty_file",
        "text": "not_an_image",
        "cut": "truncated",
        "gone": "gone",
        "replaced": "replaced",
        "jp2": "format_not_allowed",
        "fifo": "not_an_image",
    }
    counts = ledger.counts()
    assert (counts.received, counts.done, counts.failed, counts.in_flight) == (10, 3, 7, 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(ledger: Ledger, drop: Drop, judging: Judging, tmp_path: Path) -> None:
    drop(secret=PNG)
    (tmp_path / "secret").chmod(0)
    judging().judge_batch()
    assert outcomes(ledger) == {"secret": "unreadable"}


def test_evidence(ledger: Ledger, drop: Drop, judging: Judging) -> None:
    drop(pages=TIFF)
    judging().judge_batch()
    ((flag, count, confidence, pages, first),) = rows(
        ledger,
        "SELECT has_signature, signature_count, confidence, page_count, first_signature_page"
        " FROM document_flags",
    )
    assert (flag, count, pages, first) == (True, 1, 3, 3)
    assert confidence == pytest.approx(1.0)
    assert rows(ledger, "SELECT page, x0, y0, x1, y1 FROM signature_boxes") == [
        (3, pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3), pytest.approx(0.4))
    ]
    ((media_type, size, sha256),) = rows(ledger, "SELECT media_type, size, content_sha256 FROM documents")
    assert (media_type, size, len(str(sha256))) == ("image/tiff", len(TIFF), 64)


def test_pages_of_the_whole_batch_go_through_the_detector_together(drop: Drop, judging: Judging) -> None:
    detector = StandIn()
    drop(**{f"page{n}": PNG for n in range(20)})
    judging(detector).judge_batch()
    assert sorted(detector.calls) == [20 - PAGES_AT_ONCE, PAGES_AT_ONCE]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["TIFF", "PDF"])
def test_three_thousand_pages_take_the_memory_of_a_few(
    ledger: Ledger, drop: Drop, judging: Judging, format: str
) -> None:
    blank = Image.new("1", (1200, 1600), 1)
    many = {"save_all": True, "append_images": [blank] * 2999, "compression": "group4"}
    drop(many=encoded(blank, "TIFF", **many) if format == "TIFF" else pdf([""] * 3000))
    judge = judging()
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    before = sum(process.memory_info().rss for process in processes)
    assert judge.judge_batch() == 1
    grown = sum(process.memory_info().rss for process in processes) - before
    assert rows(ledger, "SELECT page_count FROM document_flags") == [(3000,)]
    assert grown < 200 * 1600 * 1200, "as much as 200 of its pages"


def test_a_page_that_the_detector_cannot_take_costs_its_document(
    ledger: Ledger, drop: Drop, judging: Judging
) -> None:
    class Picky(StandIn):
        def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
            if any(page.shape == (7, 9) for page in pages) and any(page.min() < 255 for page in pages):
                raise ValueError("an odd page")
            return super().detect(pages)

    drop(first=PNG, odd=encoded(Image.new("L", (9, 7), 0), "PNG"), last=PNG)
    judging(Picky()).judge_batch()
    assert outcomes(ledger) == {"first": None, "odd": "damaged", "last": None}


def test_a_broken_detector_blames_no_document(ledger: Ledger, drop: Drop, judging: Judging) -> None:
    class Broken(StandIn):
        def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
            raise RuntimeError("the device is gone")

    drop(a=PNG, b=PNG)
    with pytest.raises(DetectorBroken):
        judging(Broken()).judge_batch()
    assert rows(ledger, "SELECT attempts FROM documents") == [(0,), (0,)]
    assert judging().judge_batch() == 2
    assert ledger.counts().done == 2


def test_a_document_that_was_tried_is_judged_with_nothing_beside_it(
    ledger: Ledger, drop: Drop, judging: Judging
) -> None:
    seen: list[int] = []

    class Counting(StandIn):
        def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
            seen.append(ledger.counts().claimed)
            return super().detect(pages)

    drop(tried=PNG)
    ledger.claim(worker="lost", max_documents=1, max_bytes=10**9, lease_seconds=-1, max_attempts=3)
    drop(**{f"page{n}": PNG for n in range(4)})
    judge = judging(Counting(0.3), max_batch=2)
    with ThreadPoolExecutor(2) as threads:
        claimed = [threads.submit(judge.judge_batch) for _ in range(2)]
        assert sorted(one.result() for one in claimed) == [1, 2]
    assert seen == [1, 2]


def test_shutdown_records_what_is_judged_and_gives_up_the_rest(
    ledger: Ledger, drop: Drop, judging: Judging
) -> None:
    shutdown = Shutdown()

    class Last(StandIn):
        def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
            shutdown.ask()
            return super().detect(pages)

    drop(**{f"page{n:02}": PNG for n in range(30)})
    judging(Last(), shutdown).judge_batch()
    counts = ledger.counts()
    assert counts.claimed == counts.failed == 0
    assert counts.done + counts.waiting == 30
    assert counts.waiting
    assert set(rows(ledger, "SELECT attempts FROM documents WHERE status = 'waiting'")) == {(0,)}
    judging().judge_batch()
    assert ledger.counts().done == 30


def test_a_batch_whose_lease_ran_out_records_nothing_twice(
    ledger: Ledger, drop: Drop, judging: Judging
) -> None:
    class Slow(StandIn):
        def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
            end_leases(ledger.engine, "test")
            assert judging().judge_batch() == 1
            return super().detect(pages)

    drop(a=PNG)
    judging(Slow()).judge_batch()
    assert rows(ledger, "SELECT count(*) FROM verdicts") == [(1,)]
    assert ledger.counts().done == 1


def test_a_copy_is_not_judged_again_where_settings_allow(
    ledger: Ledger, drop: Drop, judging: Judging
) -> None:
    drop(first=TIFF)
    judging().judge_batch()
    detector = StandIn()
    drop(copy=TIFF)
    judging(detector, reuse_verdicts=True).judge_batch()
    assert detector.calls == []
    first, copy = rows(ledger, "SELECT signature_count, confidence, page_count, status FROM document_flags")
    assert first == copy


def test_a_full_disk_under_sqlite(sqlite_url: str, decoders: Decoders, tmp_path: Path) -> None:
    """What was recorded stays, what was not is judged once there is room."""
    with Ledger.open(sqlite_url) as ledger:
        judge = Judge(
            ledger,
            StandIn(),
            decoders,
            read_settings(),
            worker="test",
            shutdown=Shutdown(),
            metrics=Metrics(),
        )
        frames = [Image.new("L", (20, 20), 0)] * 400
        (tmp_path / "long").write_bytes(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
        (tmp_path / "short").write_bytes(PNG)
        ledger.take_in([arrival(tmp_path / "short")])
        judge.judge_batch()
        ledger.take_in([arrival(tmp_path / "long")])
        ((used,),) = rows(ledger, "PRAGMA page_count")
        with full(ledger, int(str(used))), pytest.raises(DatabaseFull):
            judge.judge_batch()
        assert ledger.counts().done == 1
        end_leases(ledger.engine, "test")
        judge.judge_batch()
        assert ledger.counts().done == 2
        assert rows(ledger, "SELECT count(*) FROM signature_boxes") == [(400,)]


@contextmanager
def full(ledger: Ledger, file_pages: int) -> Iterator[None]:
    """A disk on which the database cannot grow."""

    def bound(connection: sqlite3.Connection, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {file_pages}")

    ledger.engine.dispose()
    event.listen(ledger.engine, "connect", bound)
    try:
        yield
    finally:
        event.remove(ledger.engine, "connect", bound)
        ledger.engine.dispose()


def test_limits_are_settings(ledger: Ledger, drop: Drop, judging: Judging) -> None:
    drop(big=PNG)
    judging(max_document_bytes=10).judge_batch()
    assert outcomes(ledger) == {"big": "too_many_bytes"}


def test_error_texts_are_one_line_and_say_what_to_do(ledger: Ledger, drop: Drop, judging: Judging) -> None:
    drop(empty=b"", text=b"no image at all")
    judging().judge_batch()
    for (message,) in rows(ledger, "SELECT error_text FROM failed_documents"):
        assert "\n" not in str(message)
        assert len(str(message)) > 20
