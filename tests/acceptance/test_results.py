"""`results`, `show`, `status` and what else works on a ledger that is there."""

import csv
import io
import json

import pytest
from PIL import Image
from pyarrow import parquet

from tests.acceptance.conftest import Judged


def test_table_names_every_document(judged: Judged) -> None:
    output = judged.command("results").output

    assert "signed letter.png" in output
    assert len(output.splitlines()) == 1 + judged.good + len(judged.bad) + 1


def test_json_is_one_array_of_the_views_columns(judged: Judged) -> None:
    rows = json.loads(judged.command("results", "--format", "json").output)

    assert len(rows) == judged.good + len(judged.bad) + 1
    assert {"uri", "has_signature", "confidence", "model_version", "decided_at"} <= set(rows[0])
    assert {row["has_signature"] for row in rows if row["status"] == "failed"} == {None}


def test_json_lines_and_parquet_hold_the_same_rows(judged: Judged) -> None:
    lines = judged.command("results", "--format", "jsonl").output.splitlines()
    judged.command("results", "--format", "parquet", "--out", "flags.parquet")

    table = parquet.read_table(judged.folder / "flags.parquet")
    assert table.column("uri").to_pylist() == [json.loads(line)["uri"] for line in lines]
    assert str(table.schema.field("decided_at").type) == "timestamp[us, tz=UTC]"


def test_csv_runs_nothing_in_a_spreadsheet(judged: Judged) -> None:
    text = judged.command("results", "--failed", "--format", "csv").output

    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert len(cells) > len(judged.bad)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_filters_narrow_the_list(judged: Judged) -> None:
    def listed(*filters: str) -> int:
        return len(json.loads(judged.command("results", "--format", "json", *filters).output))

    assert listed("--status", "failed") == len(judged.bad) + 1
    assert listed("--signed") + listed("--unsigned") == judged.good
    assert listed("--under", "scans/bad") == len(judged.bad)
    assert listed("--under", "scans/bad", "--code", "encrypted") == 1
    assert listed("--since", "1h") == judged.good + len(judged.bad) + 1
    assert listed("--before", "1h") == 0
    assert listed("--confidence-from", "0", "--confidence-to", "1") == judged.good
    assert listed("--limit", "1") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--signed", "--unsigned"), "exclude each other"),
        (("--since", "yesterday"), "is no time"),
        (("--release", "nobody"), "no model release"),
        (("--format", "parquet"), "--out"),
        (("--out", "nowhere/x.csv", "--format", "csv"), "cannot be written"),
    ],
)
def test_wrong_question(judged: Judged, arguments: tuple[str, ...], words: str) -> None:
    ended = judged.command("results", *arguments)

    assert ended.status == 2
    assert words in ended.errors
    assert len(ended.errors.strip().splitlines()) == 1


@pytest.mark.parametrize("by_uri", [False, True], ids=["path", "uri"])
def test_show_draws_the_page(judged: Judged, by_uri: bool) -> None:
    path = judged.folder / "scans" / "signed letter.png"
    name = path.as_uri() if by_uri else "scans/signed letter.png"

    ended = judged.command("show", name, "--out", "shown.png")

    assert ended.status == 0
    with Image.open(judged.folder / "shown.png") as image:
        assert image.mode == "RGB"
        assert image.height > image.width


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody.png",), "no document of this URI"),
        (("scans/bad/encrypted.pdf",), "encrypted"),
        (("scans/=letter.png", "--page", "7"), "no page 7"),
        (("scans/=letter.png", "--out", "page.unknown"), "cannot be written"),
    ],
)
def test_show_says_what_it_cannot_show(judged: Judged, arguments: tuple[str, ...], words: str) -> None:
    ended = judged.command("show", *arguments)

    assert ended.status == 2
    assert words in ended.errors
    assert len(ended.errors.strip().splitlines()) == 1


def test_show_of_a_file_that_is_gone(own_judged: Judged) -> None:
    (own_judged.folder / "scans" / "=letter.png").unlink()

    ended = own_judged.command("show", "scans/=letter.png")

    assert ended.status == 2
    assert "no longer where it arrived" in ended.errors


def test_status_adds_up(judged: Judged) -> None:
    numbers = {
        line.rsplit(maxsplit=1)[0].strip(): int(line.rsplit(maxsplit=1)[1])
        for line in judged.command("status").output.splitlines()
        if line.rsplit(maxsplit=1)[-1:] and line.rsplit(maxsplit=1)[-1].isdecimal()
    }

    assert numbers["received"] == numbers["done"] + numbers["in flight"] + len(judged.bad) + 1
    assert numbers["done"] == numbers["signed"] + numbers["unsigned"] == judged.good


def test_version_shows_code_schema_and_model(judged: Judged) -> None:
    output = judged.command("--version").output.splitlines()

    assert [line.split()[0] for line in output] == ["countersign", "schema", "model"]


def test_failed_documents_are_due_again_after_retry(own_judged: Judged) -> None:
    retried = own_judged.command("retry", "--code", "empty_file")
    (own_judged.folder / "scans" / "bad" / "empty.jpg").unlink()
    own_judged.command("run")

    assert "1 document is due again" in retried.output
    listed = json.loads(own_judged.command("results", "--code", "gone", "--format", "json").output)
    assert [one["status"] for one in listed] == ["failed"]


def test_reprocess_asks_which(judged: Judged) -> None:
    ended = judged.command("reprocess")

    assert ended.status == 2
    assert "--all" in ended.errors


def test_prune_forgets_what_was_finished(own_judged: Judged) -> None:
    kept = own_judged.command("prune", "--finished-before", "1h", "--yes")
    gone = own_judged.command("prune", "--finished-before", "2999-01-01", "--yes")

    assert kept.output.startswith("0 documents")
    assert gone.output.startswith(f"{own_judged.good + len(own_judged.bad) + 1} documents")
    assert own_judged.command("results", "--format", "json").output == "[]\n"


def test_releases_are_listed_compared_and_switched(judged: Judged) -> None:
    listed = judged.command("release", "list").output
    done = json.loads(judged.command("results", "--status", "done", "--format", "json").output)
    name = done[0]["model_version"]

    assert name in listed
    assert judged.command("compare", name, name).status == 0
    assert judged.command("compare", name, "nobody").status == 2
    assert judged.command("release", "switch", name).status == 0
    assert judged.command("release", "switch", "latest").status == 0
