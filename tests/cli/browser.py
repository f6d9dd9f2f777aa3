"""A real browser for tests: a file opened in headless Chromium, its document read back, its picture taken."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything written in it."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str = "", of_class: str = "", **attributes: str) -> "list[Element]":
        """Every element inside it with this tag, class and attributes."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            if (
                (not tag or child.tag == tag)
                and (not of_class or of_class in child.attributes.get("class", "").split())
                and attributes.items() <= child.attributes.items()
            ):
                found.append(child)
            found += child.all(tag, of_class, **attributes)
        return found

    def one(self, tag: str = "", of_class: str = "", **attributes: str) -> "Element":
        """The only such element inside it."""
        (found,) = self.all(tag, of_class, **attributes)
        return found


class _Reader(HTMLParser):
    """The document that Chromium wrote out, as elements."""

    EMPTY = frozenset({"meta", "input", "img", "br", "link", "hr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in self.EMPTY:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


@dataclass(frozen=True)
class Visit:
    """What a browser made of a file."""

    page: Element
    console: list[str]
    """What it complained of."""


def _chromium() -> str:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no browser: apt-get install chromium")
    return program


def _run(file: Path, fragment: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    with tempfile.TemporaryDirectory(prefix="countersign-chromium-") as profile:
        return subprocess.run(
            [
                _chromium(),
                "--headless",
                "--no-sandbox",  # root, as in most CI containers, has none
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--enable-logging=stderr",
                "--virtual-time-budget=4000",
                f"--user-data-dir={profile}",
                *options,
                file.as_uri() + fragment,
            ],
            capture_output=True,
            check=True,
            timeout=120,
        )


def visit(file: Path, fragment: str = "") -> Visit:
    """Opens a file and reads the document back once its script has run.

    Args:
        file: An HTML file.
        fragment: What comes after it in the address, e.g. `#flag=signed`.
    """
    done = _run(file, fragment, "--dump-dom")
    reader = _Reader()
    reader.feed(done.stdout.decode())
    console = [line for line in done.stderr.decode(errors="replace").splitlines() if ":CONSOLE" in line]
    return Visit(reader.root, console)


def picture(file: Path, to: Path, fragment: str = "", *, dark: bool = False, size: str = "1400,1400") -> None:
    """Takes a picture of a file as a person would see it.

    Args:
        file: An HTML file.
        to: The PNG.
        fragment: What comes after the file in the address.
        dark: Whether the person prefers a dark screen.
        size: Width and height of the window.
    """
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    _run(file, fragment, f"--screenshot={to}", f"--window-size={size}", *scheme)
