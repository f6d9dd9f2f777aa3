"""What exists is documented: commands, options, settings, error codes, states, views and metrics."""

import re

import pytest
import typer.main

from cli import reference
from cli.main import app
from results.errors import codes
from results.schema import VIEWS
from results.settings import Settings
from tests.docs.blocks import PAGES, ROOT, name

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", reference.PAGES)
def test_reference_page_is_up_to_date(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")

    assert written == reference.PAGES[page](), "run `make docs`"


def test_every_command_and_option_has_help() -> None:
    silent = []

    def visit(command: object, path: str) -> None:
        if not getattr(command, "help", None):
            silent.append(path)
        for parameter in getattr(command, "params", []):
            if not getattr(parameter, "help", None) and parameter.name != "help":
                silent.append(f"{path} {parameter.name}")
        for child, found in getattr(command, "commands", {}).items():
            visit(found, f"{path} {child}")

    visit(typer.main.get_command(app), "countersign")

    assert silent == []


def test_every_setting_has_a_description() -> None:
    assert [field for field, info in Settings.model_fields.items() if not info.description] == []


def test_every_error_code_says_what_it_means() -> None:
    assert [code for code, error in codes().items() if not error.__doc__] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_and_column_is_documented(view: object) -> None:
    text = (ROOT / "docs" / "reference" / "views.md").read_text(encoding="utf-8")
    _, _, after = text.partition(f"## {view.name}\n")  # type: ignore[attr-defined]
    section = after.partition("\n## ")[0]

    assert section, f"views.md has no section about {view.name}"  # type: ignore[attr-defined]
    assert [column.name for column in view.columns if f"`{column.name}`" not in section] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: object) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]  # type: ignore[attr-defined]

    assert broken == []


def test_every_test_that_the_guarantees_name_exists() -> None:
    text = (ROOT / "docs" / "why" / "guarantees.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)

    assert named
    assert [
        f"{path}::{test}"
        for path, test in named
        if f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs") for page in PAGES if page.parent != ROOT]

    assert [str(page) for page in pages if f"]({page})" not in index and page.name != "README.md"] == []
