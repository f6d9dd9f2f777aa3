"""The reference pages that are made from the code: `python -m cli.reference docs/reference` (`make docs`)."""

import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from results.errors import codes
from results.settings import Settings
from results.status import Status

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

MADE = "<!-- Made by `make docs`; change the code instead. -->\n\n"


def settings_page() -> str:
    """All settings: variable, default, meaning."""
    rows = [
        (f"`COUNTERSIGN_{name.upper()}`", f"`{_default(field.default)}`", field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    prose = """
        Every setting is an environment variable. A setting may also be a file of the variable's name in small
        letters (for example `countersign_database_url`) in `/run/secrets`, or in the folder that
        `COUNTERSIGN_SECRETS_DIR` names: passwords belong there. The environment goes before the file, and an
        option on the command line before both. Wrong settings are named all at once, each with what it must
        be, and so is a variable that is spelled nearly like one of these.
    """
    return _page("Settings", prose, ("variable", "default", "meaning"), rows)


def error_codes_page() -> str:
    """All document error codes."""
    rows = [
        (f"`{code}`", _text(error), "yes" if error.transient else "no")
        for code, error in sorted(codes().items())
    ]
    prose = """
        A document that cannot be judged is `failed`; `error_code` in `document_flags` and `failed_documents`
        is one of these. Where it says *again*, the document is tried again by itself, with a growing pause,
        up to `COUNTERSIGN_MAX_ATTEMPTS` times. `countersign retry --code CODE` makes failed documents due
        again.
    """
    return _page("Error codes", prose, ("code", "what it means and what to do", "again"), rows)


def status_page() -> str:
    """The states of a document."""
    rows = [(f"`{status}`", meaning) for status, meaning in _members(Status)]
    prose = """
        `received = done + failed + in flight` holds at every moment, in one query on `ledger_counts`; in
        flight is `waiting` and `claimed` together.
    """
    return _page("Status of a document", prose, ("status", "meaning"), rows)


def metrics_page() -> str:
    """All metrics of the producer and of a worker, as Prometheus knows them."""
    from producer.signs import LifeSigns
    from workers.metrics import Metrics

    prose = """
        Producer and workers serve these at `/metrics`, on the port that `COUNTERSIGN_HEALTH_PORT` names; see
        [how to monitor](../how-to/monitor.md). Counters begin at 0 when the process does. A histogram has the
        series `_bucket`, `_sum` and `_count`.
    """
    text = _prose("Metrics", prose)
    for title, registry in (("The producer", LifeSigns().registry), ("A worker", Metrics().registry)):
        text += f"\n## {title}\n\n{_table(METRIC_COLUMNS, _metrics(registry))}"
    return text


METRIC_COLUMNS = ("metric", "type", "by", "meaning")


def _metrics(registry: "CollectorRegistry") -> list[tuple[str, ...]]:
    """Name, type, labels and help of every metric in a registry."""
    rows: list[tuple[str, ...]] = []
    for collector in dict.fromkeys(registry._names_to_collectors.values()):
        (metric,) = collector.describe()  # type: ignore[attr-defined]
        labels = ", ".join(f"`{label}`" for label in collector._labelnames)  # type: ignore[attr-defined]
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        rows.append((f"`{name}`", metric.type, labels, metric.documentation))
    return rows


def commands_page() -> str:
    """All commands with their arguments and options, as `--help` tells them."""
    import typer
    import typer.main
    from typer.cli import get_docs_for_click

    from cli.main import app

    command = typer.main.get_command(app)
    context = command.make_context("countersign", [], resilient_parsing=True)
    text = get_docs_for_click(obj=command, ctx=cast(typer.Context, context), name="countersign")
    body = text.removeprefix("# `countersign`").replace("```console", "```text")
    return f"# Commands\n\n{MADE}{body.strip()}\n"


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "error-codes.md": error_codes_page,
    "metrics.md": metrics_page,
    "settings.md": settings_page,
    "status.md": status_page,
}
"""File name to what writes it."""


def _default(value: object) -> str:
    """A default as a person would write it into the environment."""
    match value:
        case None:
            return "not set"
        case bool():
            return str(value).lower()
        case frozenset():
            return ",".join(sorted(map(str, value)))
        case str() if not value:
            return "empty"
    return str(value)


def _text(thing: type) -> str:
    """A class docstring on one line."""
    return " ".join((inspect.getdoc(thing) or "").split())


def _members(enum: type[Status]) -> list[tuple[str, str]]:
    """The members of an enum, each with the docstring that follows it in the source."""
    found = re.findall(r'^    [A-Z_]+ = "(\w+)"\n    """(.+?)"""', inspect.getsource(enum), re.S | re.M)
    return [(value, " ".join(meaning.split())) for value, meaning in found]


def _page(title: str, prose: str, heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A page with one table."""
    return f"{_prose(title, prose)}\n{_table(heading, rows)}"


def _prose(title: str, prose: str) -> str:
    """The beginning of a page."""
    return f"# {title}\n\n{MADE}{textwrap.fill(' '.join(prose.split()), 110)}\n"


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table."""
    lines = [heading, tuple("---" for _ in heading), *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
