"""The stability tracker: a pure decision, so time is a number here."""

from producer.sources.stability import FileState, StabilityTracker

EMPTY = FileState(size=0, mtime_ns=0, ctime_ns=0)
HALF = FileState(size=50, mtime_ns=0, ctime_ns=1)
WHOLE = FileState(size=100, mtime_ns=0, ctime_ns=2)


def test_a_file_is_taken_once_nothing_has_happened_for_the_delay() -> None:
    tracker = StabilityTracker(delay=2.0)
    tracker.touch("a", WHOLE, now=10.0)
    assert tracker.ripe(11.9) == []
    assert tracker.ripe(12.0) == ["a"]
    assert tracker.settled("a", WHOLE, 12.0)
    assert len(tracker) == 0


def test_a_chunked_copy_waits_from_its_last_chunk() -> None:
    tracker = StabilityTracker(delay=2.0)
    tracker.touch("a", EMPTY, now=0.0)
    tracker.touch("a", HALF, now=1.5)
    assert tracker.ripe(2.5) == []
    assert tracker.ripe(3.5) == ["a"]


def test_a_file_that_grew_without_an_event_waits_again() -> None:
    tracker = StabilityTracker(delay=2.0)
    tracker.touch("a", HALF, now=0.0)
    assert not tracker.settled("a", WHOLE, 2.0)
    assert tracker.ripe(3.0) == []
    assert tracker.settled("a", WHOLE, 4.0)


def test_a_copy_that_keeps_the_old_time_still_shows_by_its_inode_change() -> None:
    tracker = StabilityTracker(delay=2.0)
    assert not tracker.is_quiet(FileState(100, mtime_ns=0, ctime_ns=999 * 10**9), wall_clock=1000.0)
    assert tracker.is_quiet(FileState(100, mtime_ns=0, ctime_ns=998 * 10**9), wall_clock=1000.0)


def test_a_file_from_the_future_has_to_wait() -> None:
    tracker = StabilityTracker(delay=2.0)
    assert not tracker.is_quiet(FileState(100, mtime_ns=2000 * 10**9, ctime_ns=0), wall_clock=1000.0)


def test_a_file_that_vanishes_is_forgotten() -> None:
    tracker = StabilityTracker(delay=2.0)
    tracker.touch("upload.tmp.png", HALF, now=0.0)
    tracker.touch("other.png", HALF, now=0.0)
    tracker.touch("upload.tmp.png", None, now=1.0)
    assert not tracker.settled("other.png", None, 2.0)
    assert len(tracker) == 0


def test_a_scan_does_not_start_the_wait_anew() -> None:
    tracker = StabilityTracker(delay=2.0)
    tracker.watch("a", HALF, now=0.0)
    tracker.watch("a", HALF, now=1.0)
    assert tracker.ripe(2.0) == ["a"]
