"""Evidence and sums: what a report shows is what the ledger holds."""

from collections.abc import Callable
from itertools import product

import pytest

from results import queries
from results.comparison import compare
from results.errors import UnknownRelease
from results.evidence import BINS, evidence, flipped, sums
from results.ledger import Ledger
from results.reprocess import reprocess
from results.selection import Selection
from results.status import Status
from results.values import Failed
from tests.results.conftest import arrivals, claim, judged, must_claim, record

SCORES = (0.0, 0.049, 0.05, 0.3, 0.5, 0.7, 0.95, 1.0)


@pytest.fixture
def filled(ledger: Ledger, register: Callable[[str], int]) -> Ledger:
    """Eight documents judged with `SCORES`, one failed, one waiting; threshold 0.5."""
    ledger.take_in(arrivals(9))
    claimed = must_claim(ledger)
    outcomes = [judged(one, score, score / 2) for one, score in zip(claimed.documents, SCORES, strict=False)]
    broken = Failed(claimed.documents[8].id, "encrypted", "locked")
    record(ledger, claimed, register("1.0"), [*outcomes, broken])
    ledger.take_in(arrivals(1, start=9))
    return ledger


def judge_again(ledger: Ledger, release: int, *scores: float) -> None:
    """Judges the documents anew, in the order of their names; the last score serves the rest."""
    list(reprocess(ledger, Selection()))
    while claimed := claim(ledger):
        numbers = [int(one.uri.removesuffix(".pdf")[-6:]) for one in claimed.documents]
        found = [scores[min(number, len(scores) - 1)] for number in numbers]
        outcomes = [judged(one, score) for one, score in zip(claimed.documents, found, strict=True)]
        record(ledger, claimed, release, outcomes)


def test_evidence_is_newest_first_and_whole(filled: Ledger) -> None:
    found = evidence(filled, Selection(), limit=100)
    assert [one.uri for one in found] == [flag.uri for flag in queries.flags(filled)]
    waiting, failed, surest = found[:3]
    assert (waiting.status, waiting.verdict) == (Status.WAITING, None)
    assert (failed.status, failed.error_code, failed.error_text) == (Status.FAILED, "encrypted", "locked")
    assert surest.verdict
    assert (surest.verdict.release, surest.verdict.has_signature) == ("1.0", True)
    assert [region.score for region in surest.verdict.signatures] == [1.0, 0.5]
    assert [one.uri for one in evidence(filled, Selection(), limit=3)] == [one.uri for one in found[:3]]


def test_evidence_keeps_what_is_below_the_threshold(filled: Ledger) -> None:
    (unsigned, *_) = evidence(filled, Selection(signed=False), limit=100)
    assert unsigned.verdict
    assert [region.score for region in unsigned.verdict.signatures] == [0.3, 0.15]
    assert queries.boxes(filled, unsigned.uri, unsigned.generation) == []


def test_sums_count_every_document_once(filled: Ledger) -> None:
    parts = sums(filled, Selection())
    assert sum(part.documents for part in parts) == 10
    by_status = {(part.status, part.has_signature): part.documents for part in parts}
    assert by_status == {
        (Status.DONE, True): 4,
        (Status.DONE, False): 4,
        (Status.FAILED, None): 1,
        (Status.WAITING, None): 1,
    }
    steps = [sum(part.by_confidence[step] for part in parts) for step in range(BINS)]
    expected = [0] * BINS
    for score in SCORES:
        expected[min(BINS - 1, int(score * BINS))] += 1
    assert steps == expected
    assert [part.error_code for part in parts if part.status is Status.FAILED] == ["encrypted"]
    assert sums(filled, Selection(uri_prefix="gs://elsewhere/")) == []


def test_flips_carry_both_verdicts(filled: Ledger, register: Callable[[str], int]) -> None:
    judge_again(filled, register("2.0"), 0.9, 0.1, 0.1, 0.1, 0.2, 0.7, 0.95, 1.0)
    counts = compare(filled, "1.0", "2.0")
    found = flipped(filled, "1.0", "2.0", limit=10)
    assert len(found) == counts.became_signed + counts.became_unsigned == 2
    for one in found:
        assert one.verdict
        assert one.before
        assert (one.before.release, one.verdict.release) == ("1.0", "2.0")
        assert one.before.has_signature is not one.verdict.has_signature
    assert len(flipped(filled, "1.0", "2.0", limit=1)) == 1


@pytest.mark.parametrize(("before", "after"), [*product(("1.0", "9.9"), repeat=2)][1:])
def test_unknown_releases_are_named(filled: Ledger, before: str, after: str) -> None:
    with pytest.raises(UnknownRelease, match=r"9\.9"):
        flipped(filled, before, after, limit=1)
