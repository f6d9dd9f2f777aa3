"""Recording: one verdict per document and release, only by who holds the document, with its evidence."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import func, select

from results.ledger import Ledger
from results.queries import boxes, flag, flags
from results.recording import LONGEST_WAIT, retry_wait
from results.reprocess import reprocess
from results.schema import signatures, verdicts
from results.selection import Selection
from results.status import Status
from results.values import Failed
from tests.results.conftest import arrivals, claim, judged, must_claim, record


def number_of_verdicts(ledger: Ledger) -> int:
    """How many verdicts there are, whoever sees them."""
    with ledger.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(verdicts)).scalar_one()


def test_a_verdict_carries_its_evidence(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    assert record(ledger, claimed, release, [judged(claimed.documents[0], 0.6, 0.2, 0.9, page=2)]) == 1
    found = flag(ledger, claimed.documents[0].uri)
    assert found.status is Status.DONE
    assert (found.has_signature, found.signature_count, found.confidence) == (True, 2, 0.9)
    assert (found.page_count, found.first_signature_page, found.threshold) == (3, 2, 0.5)
    assert found.model_version == "1.0"
    assert found.decided_at is not None
    assert found.decided_at >= found.received_at
    shown = boxes(ledger, found.uri, found.generation)
    assert [(one.page, one.x0, one.y1, one.score) for one in shown] == [
        (2, 0.1, 0.4, 0.9),
        (2, 0.1, 0.4, 0.6),
    ]


def test_regions_below_the_threshold_are_kept_and_do_not_count(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    record(ledger, claimed, release, [judged(claimed.documents[0], 0.49, 0.1)])
    found = flag(ledger, claimed.documents[0].uri)
    assert (found.has_signature, found.signature_count, found.first_signature_page) == (False, 0, None)
    assert found.confidence == 0.49
    assert boxes(ledger, found.uri, found.generation) == []
    with ledger.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(signatures)).scalar_one() == 2


def test_one_bad_document_hurts_only_itself(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(4))
    claimed = must_claim(ledger)
    bad, *good = claimed.documents
    assert record(ledger, claimed, release, [Failed(bad.id, "truncated", "ends early")]) == 1
    assert record(ledger, claimed, release, [judged(one, 0.9) for one in good]) == 3
    counts = ledger.counts()
    assert (counts.done, counts.failed, counts.in_flight) == (3, 1, 0)
    assert flag(ledger, bad.uri).error_code == "truncated"
    assert flag(ledger, bad.uri).has_signature is None


def test_a_late_worker_records_nothing(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(2))
    late = must_claim(ledger, lease_seconds=-1)
    taken = must_claim(ledger)
    outcomes = [judged(one, 0.9) for one in late.documents]
    assert record(ledger, late, release, outcomes) == 1, "the document that nobody took over is still its own"
    assert record(ledger, late, release, outcomes) == 0
    assert record(ledger, taken, release, [judged(taken.documents[0])]) == 1
    assert flag(ledger, taken.documents[0].uri).has_signature is False
    assert number_of_verdicts(ledger) == 2


def test_recording_again_changes_nothing(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    assert record(ledger, claimed, release, [judged(claimed.documents[0], 0.9)]) == 1
    assert record(ledger, claimed, release, [judged(claimed.documents[0])]) == 0
    assert record(ledger, claimed, release, [Failed(claimed.documents[0].id, "gone", "")]) == 0
    assert flag(ledger, claimed.documents[0].uri).has_signature is True


def test_a_document_of_another_claim_is_left_alone(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(2))
    one, other = must_claim(ledger, max_documents=1), must_claim(ledger, max_documents=1)
    outcomes = [judged(document) for document in (*one.documents, *other.documents)]
    assert record(ledger, one, release, outcomes) == 1
    assert ledger.counts().claimed == 1


def test_recording_nothing_is_nothing(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    assert record(ledger, must_claim(ledger), release, []) == 0


def test_the_same_release_never_judges_twice(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    record(ledger, claimed, release, [judged(claimed.documents[0], 0.9)])
    list(reprocess(ledger, Selection()))
    again = must_claim(ledger)
    assert record(ledger, again, release, [judged(again.documents[0])]) == 1
    assert number_of_verdicts(ledger) == 1
    assert flag(ledger, again.documents[0].uri).has_signature is True
    assert ledger.counts().done == 1


def test_a_failure_on_a_second_look_leaves_the_verdict(
    ledger: Ledger, register: Callable[[str], int]
) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    record(ledger, claimed, register("1.0"), [judged(claimed.documents[0], 0.9)])
    list(reprocess(ledger, Selection()))
    again = must_claim(ledger)
    record(ledger, again, register("2.0"), [Failed(again.documents[0].id, "gone", "moved away")])
    found = flag(ledger, again.documents[0].uri)
    assert (found.status, found.error_code, found.has_signature) == (Status.FAILED, "gone", True)


def test_an_error_is_forgotten_when_the_next_attempt_succeeds(ledger: Ledger, release: int) -> None:
    ledger.take_in(arrivals(1))
    claimed = must_claim(ledger)
    away = Failed(claimed.documents[0].id, "storage_unavailable", "503", transient=True)
    record(ledger, claimed, release, [away])
    assert flag(ledger, claimed.documents[0].uri).error_code == "storage_unavailable"
    again = must_claim(ledger)
    record(ledger, again, release, [judged(again.documents[0])])
    assert flag(ledger, again.documents[0].uri).error_code is None


def test_a_verdict_on_the_same_bytes_is_found(ledger: Ledger, register: Callable[[str], int]) -> None:
    ledger.take_in(arrivals(2))
    claimed = must_claim(ledger)
    outcome = judged(claimed.documents[0], 0.9, 0.1)
    record(ledger, claimed, register("1.0"), [outcome])
    assert ledger.known_verdict(outcome.content_sha256, register("1.0")) == outcome
    assert ledger.known_verdict(outcome.content_sha256, register("2.0")) is None
    assert ledger.known_verdict("0" * 64, register("1.0")) is None


def test_a_release_is_registered_once(ledger: Ledger, register: Callable[[str], int]) -> None:
    assert register("1.0") == register("1.0") != register("2.0")
    assert [one.version for one in ledger.releases()] == ["2.0", "1.0"]
    assert ledger.releases()[0].metrics == {"f1": 0.9}


def test_every_document_has_one_row_in_the_flags(ledger: Ledger, register: Callable[[str], int]) -> None:
    ledger.take_in(arrivals(3))
    for version in ("1.0", "2.0"):
        claimed = must_claim(ledger)
        record(ledger, claimed, register(version), [judged(one, 0.9) for one in claimed.documents])
        list(reprocess(ledger, Selection()))
    assert number_of_verdicts(ledger) == 6
    assert [one.model_version for one in flags(ledger)] == ["2.0"] * 3
    assert claim(ledger) is not None


@given(attempts=some.integers(1, 1000), first=some.floats(0, 100))
def test_back_off_doubles_within_its_jitter_and_has_an_end(attempts: int, first: float) -> None:
    wait = retry_wait(attempts, first).total_seconds()
    plain = min(first * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    assert 0.75 * plain - 1e-5 <= wait <= 1.25 * plain + 1e-5
