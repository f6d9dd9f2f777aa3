"""Queries: every filter finds what it says, and the views hold what the queries return."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta

import pytest
from sqlalchemy import select

from results import queries
from results.errors import UnknownDocument, UnknownRelease
from results.ledger import Ledger
from results.reprocess import reprocess
from results.schema import document_flags, ledger_counts, signature_boxes
from results.selection import Selection
from results.status import Status
from results.values import Failed
from tests.results.conftest import arrivals, judged, must_claim, record


@pytest.fixture
def filled(ledger: Ledger, register: Callable[[str], int]) -> Ledger:
    """Ten documents: 0 to 4 signed ever more surely, 5 to 7 not, 8 failed, 9 waiting."""
    ledger.take_in(arrivals(5, prefix="gs://contracts/"))
    ledger.take_in(arrivals(4, start=5))
    claimed = must_claim(ledger)
    scores = (0.55, 0.6, 0.7, 0.8, 0.95, 0.45, 0.2, None)
    outcomes = [
        judged(one, *filter(None, [score])) for one, score in zip(claimed.documents, scores, strict=False)
    ]
    record(
        ledger, claimed, register("1.0"), [*outcomes, Failed(claimed.documents[8].id, "encrypted", "locked")]
    )
    ledger.take_in(arrivals(1, start=9))
    return ledger


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), range(10)),
        (Selection(signed=True), [0, 1, 2, 3, 4]),
        (Selection(signed=False), [5, 6, 7]),
        (Selection(status=Status.DONE), range(8)),
        (Selection(status=Status.FAILED), [8]),
        (Selection(status=Status.WAITING), [9]),
        (Selection(status=Status.CLAIMED), []),
        (Selection(error_code="encrypted"), [8]),
        (Selection(uri_prefix="gs://contracts/"), range(5)),
        (Selection(uri_prefix="gs://letters/", signed=False), [5, 6, 7]),
        (Selection(uri_prefix="gs://contracts/00000_"), []),
        (Selection(uri_prefix="gs://contracts/%"), []),
        (Selection(confidence_from=0.7), [2, 3, 4]),
        (Selection(confidence_to=0.2), [6, 7]),
        (Selection(confidence_from=0.2, confidence_to=0.6), [0, 1, 5, 6]),
        (Selection(near_threshold=0.06), [0, 5]),
        (Selection(release="1.0"), range(8)),
        (Selection(release="detector 1.0", signed=False), [5, 6, 7]),
        (Selection(judged_before="1.0"), []),
    ],
)
def test_each_filter_keeps_what_it_says(filled: Ledger, selection: Selection, expected: range) -> None:
    found = [int(one.uri[-10:-4]) for one in queries.flags(filled, selection)]
    assert found == sorted(expected, reverse=True)
    assert queries.count(filled, selection) == len(found)


def test_documents_are_filtered_by_the_time_they_arrived(filled: Ledger) -> None:
    newest = next(iter(queries.flags(filled))).received_at
    assert queries.count(filled, Selection(received_from=newest)) == 1
    assert queries.count(filled, Selection(received_before=newest)) == 9
    assert queries.count(filled, Selection(signed=True, received_from=newest - timedelta(days=1))) == 5


def test_oldest_first_and_a_limit(filled: Ledger) -> None:
    oldest = [one.uri for one in queries.flags(filled, newest_first=False, limit=2)]
    assert oldest == [one.uri for one in arrivals(2, prefix="gs://contracts/")]
    assert len(list(queries.flags(filled, Selection(signed=False), limit=2))) == 2


def test_the_views_hold_what_the_queries_return(filled: Ledger) -> None:
    with filled.engine.connect() as connection:
        rows = {tuple(row) for row in connection.execute(select(document_flags))}
        assert rows == {astuple(one) for one in queries.flags(filled)}
        shown = {tuple(row) for row in connection.execute(select(signature_boxes))}
        counts = connection.execute(select(ledger_counts)).one()._mapping
    listed = [box for one in queries.flags(filled) for box in queries.boxes(filled, one.uri, one.generation)]
    assert shown == {astuple(box) for box in listed}
    assert len(shown) == 5
    assert dict(counts) == {
        **{"received": 10, "done": 8, "failed": 1, "in_flight": 1},
        **{"waiting": 1, "claimed": 0, "signed": 5, "unsigned": 3},
    }


def test_a_verdict_that_is_not_seen_is_found_by_its_release(
    filled: Ledger, register: Callable[[str], int]
) -> None:
    list(reprocess(filled, Selection(uri_prefix="gs://contracts/")))
    must_claim(filled)
    again = must_claim(filled)
    record(filled, again, register("2.0"), [judged(one, 0.1) for one in again.documents])
    assert queries.count(filled, Selection(signed=True)) == 0
    assert queries.count(filled, Selection(release="1.0", signed=True)) == 5
    assert queries.count(filled, Selection(release="2.0", signed=False)) == 5
    assert queries.count(filled, Selection(judged_before="2.0")) == 3
    uri = again.documents[0].uri
    assert queries.boxes(filled, uri, "1") == []
    assert [one.model_version for one in queries.boxes(filled, uri, "1", release="1.0")] == ["1.0"]


def test_failures_are_listed_and_counted(filled: Ledger) -> None:
    (found,) = queries.failed(filled)
    assert (found.error_code, found.error_text, found.attempts) == ("encrypted", "locked", 1)
    assert found.failed_at >= found.received_at
    assert list(queries.failed(filled, error_code="gone")) == []
    assert len(list(queries.failed(filled, uri_prefix="gs://letters/", limit=1))) == 1
    assert queries.failures(filled) == {"encrypted": 1}


def test_a_document_is_found_by_its_uri_in_its_newest_generation(filled: Ledger) -> None:
    newer = [type(one)(one.uri, "2", one.source) for one in arrivals(1, prefix="gs://contracts/")]
    filled.take_in(newer)
    assert queries.flag(filled, newer[0].uri).generation == "2"


def test_an_unknown_document_or_release_is_named(filled: Ledger) -> None:
    with pytest.raises(UnknownDocument, match="gs://nowhere"):
        queries.flag(filled, "gs://nowhere")
    with pytest.raises(UnknownRelease, match=r"9\.9; there is detector 1\.0"):
        list(queries.flags(filled, Selection(release="9.9")))
    with pytest.raises(UnknownRelease, match=r"9\.9"):
        queries.count(filled, Selection(judged_before="9.9"))


def test_rows_stream_while_others_write(filled: Ledger) -> None:
    filled.take_in(arrivals(5000, prefix="gs://more/"))
    rows = queries.flags(filled)
    next(rows)
    filled.take_in(arrivals(10, prefix="gs://late/"))
    assert sum(1 for _ in rows) == 5009
