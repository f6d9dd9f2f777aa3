"""What becomes of judged objects, with the real client against the storage emulator."""

import json
from collections.abc import Iterator
from threading import Event

import pytest

from producer.intake import Intake
from producer.signs import LifeSigns
from producer.sources.bucket import Bucket
from producer.sources.tidying import SIDECAR
from producer.tidy import Tidier
from results.errors import SourceUnavailable
from results.ledger import Ledger
from results.settings import Settings, read_settings
from results.values import Failed, Judged, ReleaseRecord
from tests.emulators.objects import StoredObject
from tests.emulators.storage import StorageEmulator
from tests.producer.conftest import ODD_NAMES, known


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Ledger]:
    """SQLite; that the query says the same on PostgreSQL is one test below."""
    with Ledger.open(sqlite_url) as opened:
        yield opened


def take_in(ledger: Ledger, settings: Settings) -> None:
    Intake(ledger, LifeSigns(), lambda: None).run(Bucket("gs://inbox/scans/", settings), Event(), once=True)


def judge(ledger: Ledger, version: str = "1", fails: str = "") -> None:
    """Judges everything that is due as a worker would; documents whose URI ends in `fails` fail."""
    release = ledger.register_release(ReleaseRecord("test", version, version * 64, 0.5))
    while claim := ledger.claim(
        worker="w", max_documents=100, max_bytes=2**40, lease_seconds=60, max_attempts=3
    ):
        outcomes = [
            Failed(one.id, "damaged", "broken")
            if fails and one.uri.endswith(fails)
            else Judged(one.id, "0" * 64, "image/png", 1, 1, 0.0, 0.5)
            for one in claim.documents
        ]
        ledger.record(claim, release, outcomes, max_attempts=3, retry_seconds=1)


def tidy(ledger: Ledger, settings: Settings) -> dict[str, float]:
    """Tidies once; returns how often each outcome came about."""
    signs = LifeSigns()
    Tidier(ledger, [Bucket("gs://inbox/scans/", settings)], settings, signs).tidy(Event())
    samples = [one for metric in signs.registry.collect() for one in metric.samples]
    return {
        one.labels["outcome"]: one.value for one in samples if one.name == "countersign_objects_tidied_total"
    }


def names(storage: StorageEmulator) -> list[str]:
    return list(storage.store.bucket("inbox").names)


def put(storage: StorageEmulator, name: str, content: bytes = b"x") -> StoredObject:
    return storage.store.put("inbox", f"scans/{name}", content, "image/png", metadata={"scanner": "7"})


def test_by_default_objects_are_kept(ledger: Ledger, storage: StorageEmulator) -> None:
    tidier = Tidier(ledger, [Bucket("gs://inbox", read_settings())], read_settings(), LifeSigns())
    assert not tidier.has_work


def test_the_same_on_postgresql(postgres_url: str, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="delete")
    put(storage, "a.png")
    put(storage, "b.png")
    with Ledger.open(postgres_url) as ledger:
        take_in(ledger, settings)
        judge(ledger, fails="b.png")
        assert tidy(ledger, settings) == {"deleted": 1}
        assert tidy(ledger, settings) == {}


@pytest.mark.parametrize("action", ["move", "delete"])
def test_judged_objects_are_moved_or_deleted_and_failed_ones_stay(
    ledger: Ledger, storage: StorageEmulator, action: str
) -> None:
    settings = read_settings(after_judging=action)
    for name in [*ODD_NAMES[:-1], "broken.png"]:
        put(storage, name)
    take_in(ledger, settings)
    storage.store.put("inbox", "elsewhere/a.png", b"x")
    put(storage, "not judged yet.png")
    judge(ledger, fails="broken.png")
    outcome = "moved" if action == "move" else "deleted"
    assert tidy(ledger, settings) == {outcome: len(ODD_NAMES) - 1}
    moved = [f"judged/scans/{name}" for name in ODD_NAMES[:-1]] if action == "move" else []
    stay = ["elsewhere/a.png", "scans/broken.png", "scans/not judged yet.png"]
    assert names(storage) == sorted([*moved, *stay])
    assert tidy(ledger, settings) == {}


def test_an_object_replaced_meanwhile_is_never_touched(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="delete")
    put(storage, "a.png", b"old")
    put(storage, "b.png", b"old")
    take_in(ledger, settings)
    judge(ledger)
    put(storage, "a.png", b"new")
    storage.store.delete("inbox", "scans/b.png")
    assert tidy(ledger, settings) == {"gone": 2}
    assert storage.store.get("inbox", "scans/a.png").content == b"new"


def test_a_used_name_never_overwrites_what_was_moved_before(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="move")
    for content in (b"monday", b"tuesday", b"wednesday"):
        put(storage, "scan1.png", content)
        take_in(ledger, settings)
        judge(ledger)
        assert tidy(ledger, settings) == {"moved": 1}
    kept = {one.content for one in storage.store.bucket("inbox").objects.values()}
    assert kept == {b"monday", b"tuesday", b"wednesday"}


def test_moved_objects_do_not_arrive_again(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="move")
    source = Bucket("gs://inbox", settings)
    storage.store.put("inbox", "a.png", b"x")
    Intake(ledger, LifeSigns(), lambda: None).run(source, Event(), once=True)
    judge(ledger)
    Tidier(ledger, [source], settings, LifeSigns()).tidy(Event())
    Intake(ledger, LifeSigns(), lambda: None).run(source, Event(), once=True)
    assert names(storage) == ["judged/a.png"]
    assert len(known(ledger)) == 1


def test_a_move_that_broke_off_in_the_middle_is_finished(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="move")
    put(storage, "a.png", b"x" * 2_000_000)  # rewritten in two calls
    take_in(ledger, settings)
    judge(ledger)
    storage.fail(400, method="DELETE")
    with pytest.raises(SourceUnavailable, match=r"scans/a\.png"):
        tidy(ledger, settings)
    assert names(storage) == ["judged/scans/a.png", "scans/a.png"]
    assert tidy(ledger, settings) == {"moved": 1}
    assert names(storage) == ["judged/scans/a.png"]


@pytest.mark.parametrize("status", [429, 503, 0])
def test_throttling_outages_and_resets_are_waited_out(
    ledger: Ledger, storage: StorageEmulator, status: int
) -> None:
    settings = read_settings(after_judging="move", write_verdict="metadata")
    put(storage, "a.png")
    take_in(ledger, settings)
    judge(ledger)
    for method in ("GET", "PATCH", "POST"):
        storage.fail(status, method=method)
    assert tidy(ledger, settings) == {"moved": 1}
    assert names(storage) == ["judged/scans/a.png"]


def test_an_answer_that_is_lost_does_no_harm(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="delete")
    put(storage, "a.png")
    take_in(ledger, settings)
    judge(ledger)
    storage.fail(0, method="DELETE", after=True)
    assert sum(tidy(ledger, settings).values()) == 1
    assert names(storage) == []


def test_an_object_under_a_retention_policy_does_not_hold_up_the_others(
    ledger: Ledger, storage: StorageEmulator
) -> None:
    settings = read_settings(after_judging="delete")
    put(storage, "a.png")
    put(storage, "b.png")
    take_in(ledger, settings)
    judge(ledger)
    storage.fail(403, method="DELETE", path="a.png")
    assert tidy(ledger, settings) == {"deleted": 1, "refused": 1}
    assert names(storage) == ["scans/a.png"]


@pytest.mark.parametrize(("action", "writes"), [("move", "no"), ("keep", "sidecar")])
def test_a_name_that_grows_too_long_does_not_hold_up_the_others(
    ledger: Ledger, storage: StorageEmulator, action: str, writes: str
) -> None:
    settings = read_settings(after_judging=action, write_verdict=writes)
    longest = "n" * (1024 - len("scans/.png")) + ".png"
    for name in ("a.png", longest, "z.png"):
        put(storage, name)
    take_in(ledger, settings)
    judge(ledger)
    outcome = "moved" if action == "move" else "written"
    assert tidy(ledger, settings) == {outcome: 2, "refused": 1}
    assert f"scans/{longest}" in names(storage)
    assert tidy(ledger, settings) == {}


def test_the_verdict_in_the_metadata(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(write_verdict="metadata")
    before = put(storage, "a.png")
    take_in(ledger, settings)
    judge(ledger)
    assert tidy(ledger, settings) == {"written": 1}
    after = storage.store.get("inbox", "scans/a.png")
    assert after.generation == before.generation
    assert after.metadata["scanner"] == "7"
    assert after.metadata["countersign-has-signature"] == "false"
    assert after.metadata["countersign-model-version"] == "1"
    assert tidy(ledger, settings) == {}


def test_the_verdict_in_a_sidecar(ledger: Ledger, storage: StorageEmulator) -> None:
    settings = read_settings(after_judging="move", write_verdict="sidecar")
    stored = put(storage, "a b.png")
    take_in(ledger, settings)
    judge(ledger)
    assert tidy(ledger, settings) == {"moved": 1}
    sidecar = json.loads(storage.store.get("inbox", "judged/scans/a b.png" + SIDECAR).content)
    assert sidecar["uri"] == "gs://inbox/scans/a b.png"
    assert sidecar["generation"] == str(stored.generation)
    assert sidecar["has_signature"] is False
    assert sidecar["threshold"] == 0.5
