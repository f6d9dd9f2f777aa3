"""Claims: who holds a document, in which order, for how long, and how often."""

from results.ledger import Ledger
from results.queries import failed
from results.reprocess import reprocess
from results.selection import Selection
from results.values import Arrival, Failed
from tests.results.conftest import arrivals, claim, judged, must_claim, record


def test_a_claim_takes_the_oldest_first_up_to_its_bounds(ledger: Ledger) -> None:
    ledger.take_in(arrivals(5))
    ledger.take_in(arrivals(5, start=100))
    claimed = must_claim(ledger, max_documents=7)
    assert [one.uri for one in claimed.documents] == [
        one.uri for one in (*arrivals(5), *arrivals(2, start=100))
    ]
    assert {one.attempts for one in claimed.documents} == {1}
    assert len(must_claim(ledger).documents) == 3
    assert claim(ledger) is None


def test_a_claim_is_bounded_by_bytes_but_takes_at_least_one(ledger: Ledger) -> None:
    ledger.take_in(arrivals(5, size=1000))
    assert len(must_claim(ledger, max_bytes=2500).documents) == 2
    assert len(must_claim(ledger, max_bytes=1).documents) == 1


def test_documents_of_unknown_size_are_claimed(ledger: Ledger) -> None:
    ledger.take_in(Arrival(f"gs://b/{index}", "1", "gs://b/") for index in range(3))
    assert len(must_claim(ledger, max_bytes=1).documents) == 3


def test_what_is_due_is_counted_up_to_the_bounds(ledger: Ledger) -> None:
    assert ledger.due(max_documents=10, max_bytes=10**9).documents == 0
    ledger.take_in(arrivals(5, size=1000))
    due = ledger.due(max_documents=10, max_bytes=10**9)
    assert (due.documents, due.size) == (5, 5000)
    assert due.oldest_wait_seconds >= 0
    assert ledger.due(max_documents=3, max_bytes=10**9).documents == 3
    assert ledger.due(max_documents=10, max_bytes=2500).size == 2500
    must_claim(ledger)
    assert ledger.due(max_documents=10, max_bytes=10**9).documents == 0


def test_an_expired_lease_is_due_again_and_its_documents_are_claimed_alone(ledger: Ledger) -> None:
    ledger.take_in(arrivals(3))
    must_claim(ledger, lease_seconds=-1)
    assert ledger.due(max_documents=10, max_bytes=10**9).documents == 3
    alone = [must_claim(ledger) for _ in range(3)]
    assert [len(one.documents) for one in alone] == [1, 1, 1]
    assert {one.documents[0].attempts for one in alone} == {2}


def test_who_has_others_in_hand_gets_no_document_that_was_tried(ledger: Ledger) -> None:
    ledger.take_in(arrivals(1))
    must_claim(ledger, lease_seconds=-1)
    ledger.take_in(arrivals(1, start=10))
    assert must_claim(ledger, tried=False).documents == ()
    assert must_claim(ledger).documents[0].attempts == 2
    assert must_claim(ledger, tried=False).documents[0].attempts == 1
    assert claim(ledger, tried=False) is None


def test_new_arrivals_go_together_though_one_before_them_failed(ledger: Ledger) -> None:
    ledger.take_in(arrivals(1))
    must_claim(ledger, lease_seconds=-1)
    ledger.take_in(arrivals(4, start=10))
    sizes = [len(must_claim(ledger).documents) for _ in range(2)]
    assert sorted(sizes) == [1, 4]


def test_a_document_whose_worker_died_every_time_fails_as_worker_lost(ledger: Ledger) -> None:
    ledger.take_in(arrivals(2))
    must_claim(ledger, max_documents=1)
    for _ in range(3):
        assert len(must_claim(ledger, lease_seconds=-1).documents) == 1
    assert claim(ledger) is None
    (lost,) = failed(ledger)
    assert (lost.uri, lost.error_code, lost.attempts) == (arrivals(2)[1].uri, "worker_lost", 3)
    assert lost.error_text is not None
    assert "worker died" in lost.error_text
    assert (ledger.counts().failed, ledger.counts().claimed) == (1, 1)


def test_a_lost_document_is_given_up_in_the_claim_that_takes_others(ledger: Ledger) -> None:
    ledger.take_in(arrivals(1))
    must_claim(ledger, lease_seconds=-1, max_attempts=1)
    ledger.take_in(arrivals(4, start=10))
    assert len(must_claim(ledger, max_attempts=1).documents) == 4
    assert ledger.counts().failed == 1


def test_an_extended_lease_holds(ledger: Ledger) -> None:
    ledger.take_in(arrivals(2))
    claimed = must_claim(ledger, lease_seconds=-1)
    assert ledger.extend(claimed, 3600)
    assert claim(ledger) is None


def test_a_lease_that_another_took_over_cannot_be_extended(ledger: Ledger) -> None:
    ledger.take_in(arrivals(1))
    late = must_claim(ledger, lease_seconds=-1)
    must_claim(ledger)
    assert not ledger.extend(late, 3600)


def test_what_is_given_up_is_due_at_once_and_the_attempt_does_not_count(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(3))
    claimed = must_claim(ledger)
    record(ledger, claimed, release, [judged(claimed.documents[0], 0.9)])
    assert ledger.give_up(claimed) == 2
    again = must_claim(ledger)
    assert [one.id for one in again.documents] == [one.id for one in claimed.documents[1:]]
    assert {one.attempts for one in again.documents} == {1}
    assert ledger.give_up(claimed) == 0


def test_marked_documents_go_behind_new_arrivals(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(2))
    claimed = must_claim(ledger)
    record(ledger, claimed, release, [judged(one) for one in claimed.documents])
    assert list(reprocess(ledger, Selection())) == [2]
    ledger.take_in(arrivals(2, start=10))
    uris = [one.uri for _ in range(2) for one in must_claim(ledger).documents]
    assert uris == [one.uri for one in (*arrivals(2, start=10), *arrivals(2))]


def test_a_transient_failure_waits_and_then_fails_for_good(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    for attempt in (1, 2, 3):
        claimed = must_claim(ledger)
        assert claimed.documents[0].attempts == attempt
        away = Failed(claimed.documents[0].id, "storage_unavailable", "503\0", transient=True)
        assert record(ledger, claimed, release, [away]) == 1
    assert claim(ledger) is None
    (found,) = failed(ledger)
    assert (found.error_code, found.error_text, found.attempts) == ("storage_unavailable", "503\ufffd", 3)


def test_a_document_that_backs_off_is_not_due(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    away = Failed(claimed.documents[0].id, "storage_unavailable", "503", transient=True)
    ledger.record(claimed, release, [away], max_attempts=3, retry_seconds=3600)
    assert claim(ledger) is None
    assert ledger.counts().waiting == 1
