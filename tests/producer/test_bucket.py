"""The bucket source with the real client against the storage emulator, into real ledgers."""

from threading import Event

import pytest

from producer.app import run_once
from producer.intake import Intake
from producer.signs import LifeSigns
from producer.sources.bucket import Bucket
from results.errors import SourceUnavailable, WrongSettings
from results.ledger import Ledger
from results.passes import Passes
from results.settings import Settings, read_settings
from tests.emulators.storage import StorageEmulator
from tests.producer.conftest import ODD_NAMES, Running, known
from tests.waiting import until

QUICK = read_settings(intake_batch=10)


def take_in(ledger: Ledger, uri: str = "gs://inbox", settings: Settings = QUICK) -> LifeSigns:
    """One pass over a bucket into the ledger."""
    signs = LifeSigns()
    Intake(ledger, signs, lambda: None).run(Bucket(uri, settings), Event(), once=True)
    return signs


def everything(storage: StorageEmulator) -> list[tuple[str, str]]:
    """What the ledger ought to hold of the bucket `inbox`."""
    objects = storage.store.bucket("inbox").objects.values()
    return sorted((f"gs://inbox/{one.name}", str(one.generation)) for one in objects)


def test_every_object_is_taken_in_once_page_by_page(ledger: Ledger, storage: StorageEmulator) -> None:
    storage.store.fill("inbox", 95)
    for name in ODD_NAMES:
        storage.store.put("inbox", name, b"x")
    storage.store.put("inbox", "notes.txt", b"x")
    storage.store.put("inbox", "folder/", b"")
    first, second = take_in(ledger).total(), take_in(ledger).total()
    wanted = [one for one in everything(storage) if not one[0].endswith((".txt", "/"))]
    assert known(ledger) == wanted
    assert (first.seen, first.new, first.ignored) == (95 + len(ODD_NAMES), 95 + len(ODD_NAMES), 2)
    assert (second.seen, second.new) == (95 + len(ODD_NAMES), 0)
    assert ledger.counts().received == len(wanted)


def test_only_the_prefix_is_listed(ledger: Ledger, storage: StorageEmulator) -> None:
    for name in ("contracts/a.png", "contracts/sub/b.pdf", "contracts.png", "other/c.png"):
        storage.store.put("inbox", name, b"x")
    take_in(ledger, "gs://inbox/contracts/")
    assert [uri for uri, _ in known(ledger)] == [
        "gs://inbox/contracts/a.png",
        "gs://inbox/contracts/sub/b.pdf",
    ]


def test_what_is_known_of_an_object_arrives_with_it(ledger: Ledger, storage: StorageEmulator) -> None:
    stored = storage.store.put("inbox", "a.pdf", b"12345", "application/pdf")
    delivery, end = Bucket("gs://inbox", QUICK).deliveries(ledger, Event(), once=True)
    (arrival,) = delivery.arrivals
    assert not end.arrivals
    assert (arrival.size, arrival.media_type) == (5, "application/pdf")
    assert arrival.source == "gs://inbox/"
    assert delivery.newest == pytest.approx(stored.updated, abs=1e-3)


def test_a_new_generation_is_a_new_document(ledger: Ledger, storage: StorageEmulator) -> None:
    for content in (b"1", b"2"):
        storage.store.put("inbox", "a.png", content)
        take_in(ledger)
    assert len(known(ledger)) == 2


@pytest.mark.parametrize("status", [429, 503, 0])
def test_throttling_outages_and_resets_are_waited_out(
    ledger: Ledger, storage: StorageEmulator, status: int
) -> None:
    storage.store.fill("inbox", 35)
    storage.fail(status, times=2, path="/o?")
    take_in(ledger)
    assert known(ledger) == everything(storage)


def test_a_listing_that_was_cut_off_goes_on_where_it_was(ledger: Ledger, storage: StorageEmulator) -> None:
    storage.store.fill("inbox", 50)
    storage.fail(403, path="pageToken")
    with pytest.raises(SourceUnavailable, match="gs://inbox/"):
        take_in(ledger)
    assert len(known(ledger)) == 10
    storage.requests.clear()
    take_in(ledger)
    assert known(ledger) == everything(storage)
    first = next(path for _, path in storage.requests if "/o?" in path)
    assert "startOffset=000000009.png" in first


def test_a_backfill_after_a_cut_also_finds_what_came_up_before_the_cut(
    ledger: Ledger, storage: StorageEmulator
) -> None:
    """It goes on where it was and then lists all of it: nobody may come again to look."""
    storage.store.fill("inbox", 50)
    storage.fail(403, path="pageToken")
    with pytest.raises(SourceUnavailable):
        take_in(ledger)
    storage.store.put("inbox", "000000001a.png", b"x")
    take_in(ledger)
    assert known(ledger) == everything(storage)


def test_a_listing_that_changes_while_it_is_read(ledger: Ledger, storage: StorageEmulator) -> None:
    """What is new behind the reader is found by the next pass; what was seen stays, also when it vanishes."""
    storage.store.fill("inbox", 30)
    signs = LifeSigns()
    intake = Intake(ledger, signs, lambda: None)
    for number, delivery in enumerate(Bucket("gs://inbox", QUICK).deliveries(ledger, Event(), once=True)):
        intake.take("gs://inbox/", delivery, Event())
        if number == 0:
            storage.store.put("inbox", "000000000a.png", b"behind")
            storage.store.put("inbox", "000000015a.png", b"ahead")
            storage.store.delete("inbox", "000000020.png")
            storage.store.put("inbox", "000000025.png", b"replaced ahead")
            storage.store.put("inbox", "000000001.png", b"replaced behind")
    take_in(ledger)
    assert set(everything(storage)) <= set(known(ledger))
    assert len(known(ledger)) == len(set(known(ledger))) == 30 - 1 + 2 + 1
    assert ledger.counts().received == len(known(ledger))


def test_of_two_processes_one_lists(ledger: Ledger, storage: StorageEmulator) -> None:
    storage.store.fill("inbox", 20)
    passes = Passes(ledger.engine)
    assert passes.begin("gs://inbox/", "another process", seconds=30, interval=0)
    settings = read_settings(list_interval_seconds=0, intake_batch=10)
    intake = Intake(ledger, LifeSigns(), lambda: None)
    with Running(lambda stop: intake.run(Bucket("gs://inbox", settings), stop, once=False)):
        Event().wait(0.5)
        assert known(ledger) == []
        passes.end("gs://inbox/", "another process")
        until(lambda: len(known(ledger)) == 20)


def test_the_next_pass_waits_for_its_interval(ledger: Ledger) -> None:
    passes = Passes(ledger.engine)
    assert passes.begin("p", "one", seconds=30, interval=60)
    assert passes.begin("p", "two", seconds=30, interval=60) is None
    assert passes.end("p", "one")
    assert passes.begin("p", "two", seconds=30, interval=60) is None
    assert passes.begin("p", "two", seconds=30, interval=0)


def test_a_pass_whose_process_died_is_taken_over_where_it_was(ledger: Ledger) -> None:
    passes = Passes(ledger.engine)
    assert passes.begin("p", "dead", seconds=0, interval=60)
    assert passes.advance("p", "dead", "m.png", seconds=0)
    taken = passes.begin("p", "alive", seconds=30, interval=60)
    assert taken
    assert taken.position == "m.png"
    assert not passes.advance("p", "dead", "n.png", seconds=30)
    assert not passes.is_held("p", "dead")


def test_a_watched_bucket_is_listed_again(
    ledger: Ledger, storage: StorageEmulator, settings: Settings
) -> None:
    intake = Intake(ledger, LifeSigns(), lambda: None)
    with Running(lambda stop: intake.run(Bucket("gs://inbox", settings), stop, once=False)):
        storage.store.put("inbox", "a.png", b"x")
        until(lambda: len(known(ledger)) == 1)
        storage.store.put("inbox", "b.png", b"x")
        until(lambda: len(known(ledger)) == 2)


def test_a_bucket_that_is_not_there_is_one_clear_line(sqlite_url: str, storage: StorageEmulator) -> None:
    with Ledger.open(sqlite_url) as ledger, pytest.raises(SourceUnavailable, match="gs://nowhere/: 404"):
        run_once([Bucket("gs://nowhere", QUICK)], QUICK, Event(), ledger=ledger)


def test_a_uri_without_bucket_is_refused() -> None:
    with pytest.raises(WrongSettings):
        Bucket("gs://", QUICK)
