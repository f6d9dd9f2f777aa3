"""Listing again: what is known costs next to nothing, and no change goes unnoticed."""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from producer.intake import Intake
from producer.signs import LifeSigns
from producer.sources.bucket import Bucket
from producer.sources.recognition import ListingMemory, identity, stretches
from results import migrate
from results.engine import writing
from results.ledger import Ledger
from results.schema import documents
from results.settings import read_settings
from results.values import Arrival, IntakeCount
from tests.emulators.storage import StorageEmulator
from tests.producer.conftest import ODD_NAMES, Running, known
from tests.servers import PostgresServer
from tests.waiting import until

SETTINGS = read_settings(intake_batch=200)


class CountingLedger(Ledger):
    """Counts the arrivals that it is asked to take in."""

    asked = 0

    def take_in(self, arrivals: Iterable[Arrival]) -> IntakeCount:
        given = list(arrivals)
        self.asked += len(given)
        return super().take_in(given)


class Listing:
    """One bucket source as a watch keeps it, listed whenever a test says so."""

    def __init__(self, storage: StorageEmulator, source: Bucket | None = None) -> None:
        self.source = source or Bucket("gs://inbox", SETTINGS)
        self.ever: set[tuple[str, str]] = set()
        self._storage = storage

    def take_in(self, ledger: CountingLedger) -> tuple[int, int, int, int]:
        """Lists once; returns what was seen, new and ignored, and what the ledger was asked about."""
        signs, before = LifeSigns(), ledger.asked
        Intake(ledger, signs, lambda: None).run(self.source, Event(), once=True)
        total = signs.total()
        return total.seen, total.new, total.ignored, ledger.asked - before

    def there(self) -> set[tuple[str, str]]:
        """What the ledger ought to hold: every object that was there at any listing."""
        objects = self._storage.store.bucket("inbox").objects.values()
        now = {(f"gs://inbox/{one.name}", str(one.generation)) for one in objects}
        self.ever |= {one for one in now if not one[0].endswith(".txt")}
        return self.ever


@pytest.fixture
def listing(storage: StorageEmulator) -> Listing:
    """A bucket of 2,000 objects and some that are no documents."""
    storage.store.fill("inbox", 2000)
    for number in range(20):
        storage.store.put("inbox", f"0000{number:02d}.txt", b"x")
    return Listing(storage)


@pytest.fixture
def counting(ledger_url: str) -> Iterator[CountingLedger]:
    with CountingLedger.open(ledger_url) as opened:
        yield opened


def test_what_is_known_is_not_taken_to_the_ledger_again(
    listing: Listing, counting: CountingLedger, storage: StorageEmulator
) -> None:
    assert listing.take_in(counting) == (2000, 2000, 20, 2000)
    assert listing.take_in(counting) == (2000, 0, 20, 0)
    storage.store.patch("inbox", "000000700.png", {"metadata": {"a": "b"}}, {})
    assert listing.take_in(counting) == (2000, 0, 20, 0)
    assert set(known(counting)) == listing.there()


def test_a_new_object_disturbs_little_however_far_it_shifts_the_pages(
    counting: CountingLedger, storage: StorageEmulator
) -> None:
    storage.store.fill("inbox", 5000)
    listing = Listing(storage, Bucket("gs://inbox", read_settings()))
    listing.take_in(counting)
    for count, name in enumerate(["!first.png", "000002499a.png", "~last.png", *ODD_NAMES], 1):
        storage.store.put("inbox", name, b"x")
        seen, new, _, asked = listing.take_in(counting)
        assert (seen, new) == (5000 + count, 1)
        assert 1 <= asked < 5000 / 3
        assert listing.take_in(counting) == (5000 + count, 0, 0, 0)
    assert set(known(counting)) == listing.there()


def test_what_is_replaced_deleted_or_comes_back_is_noticed(
    listing: Listing, counting: CountingLedger, storage: StorageEmulator
) -> None:
    for number in range(2):
        for name in ("000000000.png", "000000199.png", "000000200.png", "000001999.png"):
            storage.store.put("inbox", name, b"replaced")
        listing.there()
        assert listing.take_in(counting)[1] == (4 if number else 2000)
    for name in ("000000000.png", "000000500.png", "000001999.png"):
        storage.store.delete("inbox", name)
    assert listing.take_in(counting)[:2] == (1997, 0)
    storage.store.put("inbox", "000000500.png", b"back")
    assert listing.take_in(counting)[:2] == (1998, 1)
    assert set(known(counting)) == listing.there()


def test_whatever_happens_between_listings_the_ledger_is_exact(
    listing: Listing, counting: CountingLedger, storage: StorageEmulator
) -> None:
    chance = random.Random(4)
    for _ in range(25):
        names = storage.store.bucket("inbox").names
        for name in chance.sample(names, chance.randint(0, 40)):
            storage.store.delete("inbox", name)
        for name in chance.sample(names, chance.randint(0, 10)):
            storage.store.put("inbox", name, b"again")
        for _ in range(chance.randint(0, 40)):
            storage.store.put("inbox", f"{chance.randrange(10**9):09d}{chance.choice(['.png', '.txt'])}", b"")
        wanted = listing.there()
        seen, _, ignored, _ = listing.take_in(counting)
        assert set(known(counting)) == wanted
        assert seen + ignored == len(storage.store.bucket("inbox").objects)
    assert counting.counts().received == len(known(counting)) == len(wanted)


def test_a_listing_that_was_cut_off_forgets_nothing_and_leaves_out_nothing(
    listing: Listing, counting: CountingLedger, storage: StorageEmulator
) -> None:
    listing.take_in(counting)
    storage.store.put("inbox", "000000100a.png", b"x")
    storage.store.put("inbox", "000001500a.png", b"x")
    stop = Event()
    for delivery in listing.source.deliveries(counting, stop, once=True):
        Intake(counting, LifeSigns(), stop.set).take(listing.source.name, delivery, stop)
    assert stop.is_set()
    assert len(known(counting)) == 2001
    assert listing.take_in(counting)[1] == 1
    assert set(known(counting)) == listing.there()


def test_the_full_comparison_finds_what_is_missing_in_the_ledger(
    storage: StorageEmulator, counting: CountingLedger
) -> None:
    """Someone deleted rows behind the producer's back."""
    storage.store.fill("inbox", 300)
    now = [0.0]
    listing = Listing(storage)
    listing.source._memory = ListingMemory(3600, clock=lambda: now[0])
    listing.take_in(counting)
    with writing(counting.engine) as connection:
        connection.execute(delete(documents).where(documents.c.uri.like("%0.png")))
    now[0] = 3599
    assert listing.take_in(counting) == (300, 0, 0, 0)
    now[0] = 3600
    assert listing.take_in(counting) == (300, 30, 0, 300)
    assert listing.take_in(counting) == (300, 0, 0, 0)


def test_each_listing_is_full_where_that_is_wanted(
    storage: StorageEmulator, counting: CountingLedger
) -> None:
    storage.store.fill("inbox", 300)
    listing = Listing(storage, Bucket("gs://inbox", read_settings(full_listing_seconds=0)))
    assert [listing.take_in(counting)[3] for _ in range(2)] == [300, 300]


def test_a_restored_ledger_is_noticed_at_once(
    listing: Listing, sqlite_url: str, tmp_path: Path, storage: StorageEmulator
) -> None:
    file, backup = sqlite_url.removeprefix("sqlite:///"), tmp_path / "backup.db"
    with CountingLedger.open(sqlite_url) as ledger:
        listing.take_in(ledger)
        with sqlite3.connect(file) as source, sqlite3.connect(backup) as target:
            source.backup(target)
        source.close()
        target.close()
        storage.store.put("inbox", "new.png", b"x")
        listing.take_in(ledger)
    backup.rename(file)
    for rest in ("-wal", "-shm"):
        Path(file + rest).unlink(missing_ok=True)
    with CountingLedger.open(sqlite_url) as ledger:
        assert listing.take_in(ledger) == (2001, 1, 20, 2001)
        assert set(known(ledger)) == listing.there()


def test_after_an_outage_of_the_ledger_everything_is_compared(
    listing: Listing, own_postgres: PostgresServer, storage: StorageEmulator
) -> None:
    """A server that comes back may have lost commits: a standby took over, a backup was restored."""
    url = own_postgres.new_database()
    migrate.upgrade(url)
    with CountingLedger.open(url) as ledger:
        listing.take_in(ledger)
        signs = LifeSigns()
        storage.store.put("inbox", "~last.png", b"x")
        (*_, delivery, _) = listing.source.deliveries(ledger, Event(), once=True)
        assert len(delivery.arrivals) < 200
        own_postgres.kill()
        with Running(lambda stop: Intake(ledger, signs, lambda: None).take("gs://inbox/", delivery, stop)):
            until(lambda: "ledger" in signs.troubles())
            own_postgres.start()
            until(lambda: signs.total().new == 1)
        with writing(ledger.engine) as connection:
            connection.execute(delete(documents).where(documents.c.id <= 500))
        seen, new, _, asked = listing.take_in(ledger)
        assert (seen, new) == (2001, 500)
        assert asked > 1800  # the delivery that came through in the end is remembered
        with ledger.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(documents)) == 2001


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), unique=True, max_size=400), st.data())
def test_stretches_are_the_page_and_depend_on_nothing_but_themselves(
    names: list[str], data: st.DataObject
) -> None:
    items = [{"name": name, "generation": "1"} for name in sorted(names)]
    cut = list(stretches(items))
    assert [item for stretch in cut for item in stretch] == items
    assert all(cut)
    removed = data.draw(st.integers(0, max(0, len(items) - 1)))
    kept = {identity(stretch) for stretch in stretches(items[:removed] + items[removed + 1 :])}
    assert sum(identity(stretch) not in kept for stretch in cut) <= 2
    changed = [item | {"generation": "2"} if i == removed else item for i, item in enumerate(items)]
    kept = {identity(stretch) for stretch in stretches(changed)}
    assert sum(identity(stretch) not in kept for stretch in cut) == min(1, len(items))
