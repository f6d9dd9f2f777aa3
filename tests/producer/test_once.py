"""One pass over some sources ends when what they hold is judged, whatever else is in the ledger."""

from pathlib import Path
from threading import Event

import pytest

from producer.app import run_once
from producer.sources import open_source
from results.ledger import Ledger
from results.places import is_in_flight
from results.settings import Settings
from results.values import Arrival, Failed
from tests.waiting import until


class Judging:
    """A queue whose rings fail everything that is due."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __call__(self) -> None:
        claim = self._ledger.claim(
            worker="here", max_documents=32, max_bytes=2**30, lease_seconds=60, max_attempts=3
        )
        if claim:
            failed = [Failed(one.id, "damaged", "It is broken.") for one in claim.documents]
            self._ledger.record(claim, 0, failed, max_attempts=3, retry_seconds=0.0)

    def waiting(self) -> int:
        return 0


@pytest.mark.timeout(60)
def test_nobody_waits_for_what_others_brought(ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    ledger.take_in([Arrival("gs://elsewhere/scan.png", "1", "gs://elsewhere")])
    held = ledger.claim(
        worker="elsewhere", max_documents=1, max_bytes=2**30, lease_seconds=3600, max_attempts=3
    )
    assert held
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"x")

    sources = [open_source(str(tmp_path), settings)]
    signs = run_once(sources, settings, Event(), ledger=ledger, send_ring=Judging(ledger))

    assert signs.total().new == 2
    counts = ledger.counts()
    assert (counts.failed, counts.claimed) == (2, 1)


def test_what_others_hold_of_a_place_is_in_flight(ledger: Ledger) -> None:
    ledger.take_in([Arrival(uri, "1", "x") for uri in ("file:///in/a.png", "gs://b/c/d.png")])
    for place in ("file:///in", "file:///in/a.png", "gs://b", "gs://b/c/d"):
        assert is_in_flight(ledger.engine, [place]), place
    for place in ("file:///i", "file:///in/a", "gs://b/e"):
        assert not is_in_flight(ledger.engine, [place]), place


def test_without_sources_everything_is_waited_for(ledger: Ledger, settings: Settings) -> None:
    ledger.take_in([Arrival("gs://elsewhere/scan.png", "1", "gs://elsewhere")])

    run_once([], settings, Event(), ledger=ledger, send_ring=Judging(ledger))

    until(lambda: ledger.counts().failed == 1)
