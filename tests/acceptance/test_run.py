"""`countersign run`, as somebody meets it who has never seen it."""

import json
import re
import signal
from pathlib import Path

import pytest

from results.ledger import Ledger
from tests.acceptance.command import Command, page, signal_group
from tests.acceptance.conftest import Judged
from tests.waiting import attempts


def row(output: str, name: str) -> list[int]:
    """The numbers in one row of the summary."""
    found = re.search(rf"^{name}  +(.*)$", output, re.M)
    assert found, f"no row {name!r} in\n{output}"
    return [int(number) for number in found[1].split()]


def finished(output: str) -> list[int]:
    """Documents with a verdict: of this run, and in the ledger."""
    return [sum(pair) for pair in zip(row(output, "signed"), row(output, "unsigned"), strict=True)]


def test_everything_is_judged_or_named(judged: Judged) -> None:
    assert judged.ended.status == 0
    assert finished(judged.ended.output) == [judged.good] * 2
    assert row(judged.ended.output, "failed") == [len(judged.bad) + 1] * 2
    assert row(judged.ended.output, "ignored") == [1]
    assert str(judged.folder / "countersign.db") in judged.ended.output.replace("\n", "")
    for name, code in judged.bad.items():
        assert re.search(rf"{re.escape(name)}: .+ \[{code}\]", judged.ended.errors), judged.ended.errors
    assert re.search(r"nowhere: .+ \[no_such_path\]", judged.ended.errors)


def test_every_bad_document_has_its_code_in_the_ledger(judged: Judged) -> None:
    listed = json.loads(judged.command("results", "--failed", "--format", "json").output)

    codes = {Path(one["uri"]).name: one["error_code"] for one in listed}
    assert codes == judged.bad | {"nowhere": "no_such_path"}


def test_second_run_judges_only_what_is_new_or_changed(own_judged: Judged) -> None:
    again = own_judged.command("run", "scans", "nowhere")

    assert finished(again.output)[0] == row(again.output, "failed")[0] == 0
    assert row(again.output, "known already") == [own_judged.good + len(own_judged.bad) + 1]
    assert "nowhere" in again.errors

    page("Changed").save(own_judged.folder / "scans" / "=letter.png")
    page("New").save(own_judged.folder / "scans" / "new.png")
    changed = own_judged.command("run", "scans")

    assert finished(changed.output)[0] == 2


def test_strict_exits_with_1_for_as_long_as_a_failure_stands(own_judged: Judged) -> None:
    assert own_judged.command("run", "scans", "--strict").status == 1

    for name in own_judged.bad:
        (own_judged.folder / "scans" / "bad" / name).unlink()

    assert own_judged.command("run", "scans", "--strict").status == 0


def test_nothing_but_a_missing_folder(command: Command) -> None:
    ended = command("run", "nowhere")

    assert ended.status == 0
    assert "nowhere: There is no file or folder of this name" in ended.errors


def test_empty_folder(command: Command) -> None:
    (command.folder / "empty").mkdir()

    ended = command("run", "empty")

    assert ended.status == 0
    assert "No documents were found" in ended.output


@pytest.fixture
def many(command: Command) -> Command:
    """A folder with more documents than one batch holds."""
    (command.folder / "many").mkdir()
    for number in range(120):
        page(f"Letter {number}").save(command.folder / "many" / f"{number}.png")
    return command


def wait_until_some_are_done(command: Command) -> None:
    """Returns once the first batch is recorded."""
    url = f"sqlite:///{command.folder / 'countersign.db'}"
    for attempt in attempts(300, every=0.05):
        with attempt:
            assert (command.folder / "countersign.db").exists()
            with Ledger.open(url) as ledger:
                assert ledger.counts().done


def test_interrupted_run_stops_cleanly_and_carries_on(many: Command) -> None:
    running = many.start("run", "many")
    wait_until_some_are_done(many)
    signal_group(running, signal.SIGINT)
    _, errors = running.communicate()

    assert running.returncode == 130, errors
    assert "Stopping" in errors
    assert "Traceback" not in errors
    with Ledger.open(f"sqlite:///{many.folder / 'countersign.db'}") as ledger:
        counts = ledger.counts()
    assert counts.claimed == 0
    assert counts.waiting > 0

    again = many("run", "many")

    assert again.status == 0
    assert finished(again.output)[1] == 120


def test_killed_run_is_carried_on_without_waiting_for_its_lease(many: Command) -> None:
    long_lease = {"COUNTERSIGN_LEASE_SECONDS": "100000", "COUNTERSIGN_MAX_BATCH": "8"}
    running = many.start("run", "many", env=long_lease)
    wait_until_some_are_done(many)
    signal_group(running, signal.SIGKILL)
    running.communicate()

    again = many("run", "many", env=long_lease)

    assert again.status == 0
    assert finished(again.output)[1] == 120
