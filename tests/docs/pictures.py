"""The pictures of the README and the docs, made anew: `python -m tests.docs.pictures docs/images`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cli.browser import chromium
from tests.docs.blocks import ROOT

NAMES = ("flagged-page.png", "report.png")
COUNTERSIGN = Path(sys.executable).with_name("countersign")


def draw(folder: Path) -> None:
    """Judges the samples, and pictures a page with its boxes and the report in a browser.

    Args:
        folder: Where `NAMES` go.
    """
    page, shot = (folder.absolute() / name for name in NAMES)
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "COUNTERSIGN_DATABASE_URL": f"sqlite:///{place}/countersign.db"}
        for words in (
            ("run", "samples"),
            ("show", "samples/letter-signed.png", "--out", str(page)),
            ("report", "--out", f"{place}/report.html"),
        ):
            subprocess.run(
                [str(COUNTERSIGN), *words], cwd=ROOT, env=environment, check=True, capture_output=True
            )
        with chromium() as browser, browser.new_page(viewport={"width": 1200, "height": 1130}) as tab:
            tab.goto(f"file://{place}/report.html")
            tab.locator("li.card img").first.wait_for()
            tab.screenshot(path=shot)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
