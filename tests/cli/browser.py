"""A real browser for tests: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; the test is skipped where none is installed."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        # Root, as in most CI containers, has no sandbox.
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=False)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody who opens files in a browser and notes what it complains of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, exceptions, and requests to anywhere but the file itself."""

    def __post_init__(self) -> None:
        """Listens."""
        self.page.set_default_timeout(120_000)  # milliseconds; a busy machine is no failure
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith(("file:", "data:")):
            self.complaints.append(f"asked for {url}")

    def open(self, file: Path, fragment: str = "") -> Page:
        """Opens a file and waits until it is painted; only then do cards have a size and an inner text.

        Args:
            file: What to open.
            fragment: What comes after it in the address, e.g. `#flag=signed`.
        """
        self.page.goto("about:blank")
        self.page.goto(file.as_uri() + fragment)
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page
