"""Intake: once per (uri, generation), whatever the texts hold."""

from results.ledger import Ledger
from results.queries import failed, flags
from results.status import Status
from results.values import Arrival, IntakeCount
from tests.results.conftest import arrivals, claim


def test_every_arrival_is_taken_in_once(ledger: Ledger) -> None:
    assert ledger.take_in(arrivals(5)) == IntakeCount(seen=5, new=5)
    assert ledger.take_in(arrivals(7)) == IntakeCount(seen=7, new=2)
    assert ledger.counts().received == 7


def test_a_new_generation_is_a_new_document(ledger: Ledger) -> None:
    ledger.take_in([Arrival("gs://b/a.pdf", "1", "gs://b/")])
    assert ledger.take_in([Arrival("gs://b/a.pdf", "2", "gs://b/")]).new == 1
    assert [one.generation for one in flags(ledger)] == ["2", "1"]


def test_the_same_arrival_twice_in_one_batch_is_one_document(ledger: Ledger) -> None:
    assert ledger.take_in([*arrivals(3), *arrivals(3)]) == IntakeCount(seen=6, new=3)


def test_more_than_one_statement_holds_is_taken_in_together(ledger: Ledger) -> None:
    assert ledger.take_in(one for one in arrivals(12_001)) == IntakeCount(seen=12_001, new=12_001)
    assert ledger.counts().waiting == 12_001


def test_nothing_is_taken_in_from_no_arrivals(ledger: Ledger) -> None:
    assert ledger.take_in([]) == IntakeCount(seen=0, new=0)


def test_an_arrival_with_an_error_is_taken_in_as_failed(ledger: Ledger) -> None:
    bad = Arrival("pubsub://message/7", "7", "p", error_code="malformed_message", error_text="no bucket")
    ledger.take_in([bad, *arrivals(1)])
    assert ledger.counts().failed == 1
    assert ledger.counts().waiting == 1
    (found,) = failed(ledger)
    assert (found.error_code, found.error_text, found.uri) == ("malformed_message", "no bucket", bad.uri)
    assert found.failed_at == found.received_at
    claimed = claim(ledger)
    assert claimed is not None
    assert bad.uri not in [one.uri for one in claimed.documents]


def test_text_that_no_database_holds_does_not_stop_its_neighbours(ledger: Ledger) -> None:
    odd = Arrival("gs://b/nul\0and\ud800half.pdf", "1", "gs://b/", error_code="gone", error_text="\0")
    assert ledger.take_in([odd, *arrivals(1)]).new == 2


def test_names_come_back_as_they_went_in(ledger: Ledger) -> None:
    name = "gs://b/Ünïcödé 签名 'quote\" % _ \\ \U0001f58b\ttab?.pdf"
    ledger.take_in([Arrival(name, "1", "gs://b/")])
    (found,) = flags(ledger)
    assert found.uri == name
    assert found.status is Status.WAITING
    assert found.has_signature is None
    assert found.received_at.tzinfo is not None
