"""A browser, a visitor, and a report for them to look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from results.evidence import Evidence
from results.status import Status
from tests.cli.browser import Visitor, chromium
from tests.cli.evidence import BOX, FAINT, NEAR_MISS, NOW, failed, judged, write


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Whoever visits a report in a test; the browser must have nothing to complain of."""
    with browser.new_page(viewport={"width": 1300, "height": 1000}) as page:
        somebody = Visitor(page)
        yield somebody
        assert somebody.complaints == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def mixed(folder: Path) -> Path:
    """A report over two signed, one unsigned, one failed, one waiting, one gone and one changed document."""
    gone = judged(folder / "gone.png", BOX)
    (folder / "gone.png").unlink()
    changed = judged(folder / "changed.png", BOX)
    with (folder / "changed.png").open("ab") as file:
        file.write(b"more")
    entries = [
        judged(folder / "signed.png", BOX, NEAR_MISS),
        judged(folder / "also signed.png", FAINT),
        judged(folder / "unsigned.png", NEAR_MISS),
        failed("file:///in/broken.pdf", "encrypted", "Locked"),
        Evidence("gs://inbox/new.pdf", "17", Status.WAITING, NOW),
        gone,
        changed,
    ]
    report = folder / "mixed.html"
    assert write(entries, report) == 0
    return report
