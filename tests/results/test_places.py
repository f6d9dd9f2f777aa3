"""What is still to be judged of some places."""

import pytest

from results.ledger import Ledger
from results.places import is_in_flight
from results.values import Arrival


def _waiting(ledger: Ledger, uri: str) -> None:
    ledger.take_in([Arrival(uri, "1", "anywhere")])


@pytest.mark.parametrize(
    "place", ["file:///in", "file:///in/", "file:///in/a%20b.pdf", "gs://b/in", "gs://b"]
)
def test_what_waits_at_a_place_is_seen(ledger: Ledger, place: str) -> None:
    _waiting(ledger, "file:///in/a%20b.pdf")
    _waiting(ledger, "gs://b/inbox/c.pdf")
    assert is_in_flight(ledger.engine, [place])


@pytest.mark.parametrize("place", ["file:///i", "file:///in/a", "gs://b/out", "gs://c"])
def test_what_waits_elsewhere_is_not(ledger: Ledger, place: str) -> None:
    _waiting(ledger, "file:///in/a%20b.pdf")
    _waiting(ledger, "gs://b/inbox/c.pdf")
    assert not is_in_flight(ledger.engine, [place])


def test_thousands_of_named_files_are_asked_for(ledger: Ledger) -> None:
    places = [f"file:///in/{number}.pdf" for number in range(3000)]
    assert not is_in_flight(ledger.engine, places)
    _waiting(ledger, "file:///elsewhere/1.pdf")
    assert not is_in_flight(ledger.engine, places)
    _waiting(ledger, places[-1])
    assert is_in_flight(ledger.engine, places)
