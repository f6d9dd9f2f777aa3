"""Fenced blocks of the documentation, and what their info strings promise.

A page's blocks, in order, share one folder that holds a copy of `samples/`:

- `console`: lines after `$ ` are commands, run by bash; each must end with 0. Other lines are output.
- `console setup`, `console server`, `console cloud`: need a fresh clone, servers or a cloud account; they are
  not run, but every `countersign` command in them must parse.
- `sql`: each statement runs on SQLite and on PostgreSQL; `sql postgresql` and `sql sqlite` on that one.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
"""Every page a person reads."""

FENCE = re.compile(r"^( *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^\1```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One fenced block: the page it is on, what it is, and its text."""

    page: Path
    info: str
    body: str

    @property
    def commands(self) -> list[str]:
        """The commands of a console block; a line that ends in a backslash goes on."""
        joined = re.sub(r"\\\n *", "", self.body)
        return [line.strip()[2:] for line in joined.splitlines() if line.strip().startswith("$ ")]

    @property
    def statements(self) -> list[str]:
        """The statements of an SQL block."""
        return [statement.strip() for statement in self.body.split(";") if statement.strip()]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(page, found["info"].strip(), found["body"]) for found in FENCE.finditer(text)]


def name(page: Path) -> str:
    """A page as tests call it."""
    return str(page.relative_to(ROOT))
