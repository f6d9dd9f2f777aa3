"""Releases: which one people see, how two differ, and what is judged again for the next."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from results import comparison, queries
from results.errors import UnknownRelease
from results.ledger import Ledger
from results.prune import prune
from results.reprocess import reprocess, retry
from results.selection import Selection
from results.status import Status
from results.switching import show_release
from results.values import Failed
from tests.results.conftest import arrivals, judged, must_claim, record


@pytest.fixture
def twice(ledger: Ledger, register: Callable[[str], int]) -> Ledger:
    """Four documents: 1.0 found signatures on 0 and 1; 2.0, which did not see 3, on 1 and 2."""
    ledger.take_in(arrivals(4))
    claimed = must_claim(ledger)
    record(
        ledger,
        claimed,
        register("1.0"),
        [judged(one, s) for one, s in zip(claimed.documents, (0.9, 0.8, 0.1, 0.2), strict=True)],
    )
    list(reprocess(ledger, Selection()))
    again = must_claim(ledger, max_documents=3)
    record(
        ledger,
        again,
        register("2.0"),
        [judged(one, s) for one, s in zip(again.documents, (0.3, 0.9, 0.7), strict=True)],
    )
    last = must_claim(ledger)
    record(ledger, last, register("1.0"), [judged(last.documents[0])])
    return ledger


def seen(ledger: Ledger) -> list[tuple[str | None, bool | None]]:
    """What people see of each document, in order."""
    return [(one.model_version, one.has_signature) for one in queries.flags(ledger, newest_first=False)]


LATEST = [("2.0", False), ("2.0", True), ("2.0", True), ("1.0", False)]
FIRST = [("1.0", True), ("1.0", True), ("1.0", False), ("1.0", False)]


def test_the_latest_verdict_is_seen_until_a_release_is_made_current(twice: Ledger) -> None:
    assert seen(twice) == LATEST
    assert not any(one.is_current for one in twice.releases())


def test_switching_the_release_people_see_and_back(twice: Ledger) -> None:
    assert list(show_release(twice, "1.0"))
    assert seen(twice) == FIRST
    assert (twice.counts().signed, twice.counts().unsigned) == (2, 2)
    assert [one.version for one in twice.releases() if one.is_current] == ["1.0"]
    list(show_release(twice, "2.0"))
    assert seen(twice) == LATEST
    list(show_release(twice, "1.0"))
    list(show_release(twice, None))
    assert seen(twice) == LATEST
    assert (twice.counts().signed, twice.counts().unsigned) == (2, 2)
    assert not any(one.is_current for one in twice.releases())


def test_new_verdicts_go_behind_those_of_the_current_release(
    twice: Ledger, register: Callable[[str], int]
) -> None:
    list(show_release(twice, "2.0"))
    list(reprocess(twice, Selection()))
    again = must_claim(twice)
    record(twice, again, register("3.0"), [judged(one, 0.9) for one in again.documents])
    assert seen(twice) == [*LATEST[:3], ("3.0", True)]
    list(show_release(twice, "3.0"))
    assert seen(twice) == [("3.0", True)] * 4


def test_only_a_release_the_ledger_knows_can_be_shown(twice: Ledger) -> None:
    with pytest.raises(UnknownRelease, match=r"there is detector 2\.0, detector 1\.0"):
        list(show_release(twice, "nine"))
    assert seen(twice) == LATEST


def test_two_releases_are_compared_over_what_both_judged(twice: Ledger) -> None:
    found = comparison.compare(twice, "1.0", "2.0")
    assert found == comparison.Comparison(
        both=3, signed_in_both=1, unsigned_in_both=0, became_signed=1, became_unsigned=1
    )
    flips = list(comparison.flips(twice, "1.0", "2.0"))
    uris = [one.uri for one in arrivals(3)]
    assert [(one.uri, one.signed_before) for one in flips] == [(uris[0], True), (uris[2], False)]
    assert (flips[0].confidence_before, flips[0].confidence_after) == (0.9, 0.3)
    assert len(list(comparison.flips(twice, "1.0", "2.0", limit=1))) == 1
    with pytest.raises(UnknownRelease):
        comparison.compare(twice, "1.0", "nine")


def test_reprocess_takes_what_was_judged_before_a_release(twice: Ledger) -> None:
    assert list(reprocess(twice, Selection(judged_before="2.0"))) == [1]
    assert must_claim(twice).documents[0].uri == arrivals(4)[3].uri


def test_reprocess_leaves_alone_what_is_in_flight_or_failed(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(3))
    claimed = must_claim(ledger)
    first, second, _ = claimed.documents
    record(ledger, claimed, release, [judged(first), Failed(second.id, "gone", "")])
    ledger.take_in(arrivals(1, start=3))
    assert list(reprocess(ledger, Selection())) == [1]
    assert list(reprocess(ledger, Selection())) == []


def test_failed_documents_are_tried_again_by_their_code(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(3))
    claimed = must_claim(ledger)
    codes = ("gone", "encrypted", "gone")
    record(
        ledger,
        claimed,
        release,
        [Failed(d.id, code, "") for d, code in zip(claimed.documents, codes, strict=True)],
    )
    assert list(retry(ledger, Selection(error_code="gone"))) == [2]
    again = must_claim(ledger)
    assert [one.attempts for one in again.documents] == [1, 1]
    assert list(retry(ledger, Selection())) == [1]
    assert ledger.counts().failed == 0


def test_pruning_forgets_what_was_finished_long_ago(twice: Ledger) -> None:
    twice.take_in(arrivals(1, start=9))
    now = datetime.now(UTC)
    assert list(prune(twice, now - timedelta(days=1))) == []
    assert list(prune(twice, now + timedelta(days=1), Selection(signed=False))) == [2]
    assert list(prune(twice, now + timedelta(days=1))) == [2]
    assert [one.status for one in queries.flags(twice)] == [Status.WAITING]
    counts = twice.counts()
    assert (counts.received, counts.waiting, counts.signed, counts.unsigned) == (1, 1, 0, 0)
    assert twice.take_in(arrivals(4)).new == 4
