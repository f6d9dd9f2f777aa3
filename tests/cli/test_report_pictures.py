"""The pictures in a report: bounded, and of what they should be of."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from cli.report.pictures import page_side, take
from results.evidence import Evidence, Verdict
from results.settings import read_settings
from results.status import Status
from results.values import FoundSignature
from tests.cli.evidence import BOX, NOW, judged, write


def test_the_bound_on_bytes_is_kept(folder: Path) -> None:
    entries = [judged(folder / f"bound {n}.png", BOX) for n in range(12)]
    left_out = write(entries, folder / "bound.html", max_bytes=20_000)
    assert 0 < left_out < 12
    pictures = list(take(entries, read_settings(decode_threads=2), 20_000))
    assert sum(one.size for one in pictures) <= 20_000
    assert page_side(12, 10**6) > page_side(12, 10**5)


def test_pictures_look_like_the_page(folder: Path) -> None:
    (pictures,) = take([judged(folder / "look.png", BOX)], read_settings(decode_threads=1), 10**7)
    page, crop = pictures.pages[0], pictures.crops[0]
    assert (page.width, page.height) == (773, 1000)
    assert crop.score == BOX.score
    shown = Image.open(io.BytesIO(base64.b64decode(crop.image.partition(",")[2]))).convert("L")
    assert ImageStat.Stat(shown).stddev[0] > 4, "the scribble is in the crop"
    assert shown.width / shown.height == pytest.approx(0.4 * 850 / (0.1 * 1100), rel=0.05)


def test_pictures_of_a_long_document_are_of_its_signed_pages(folder: Path) -> None:
    path, sheets = folder / "long.tif", [Image.new("L", (300, 400), 200 + n) for n in range(20)]
    sheets[0].save(path, save_all=True, append_images=sheets[1:])
    stat = path.stat()
    found = tuple(FoundSignature(page, 0.1, 0.1, 0.5, 0.2, score) for page, score in ((3, 0.9), (7, 0.8)))
    decided = Verdict("1.0.0", True, 0.9, 0.5, 20, NOW, found)
    entry = Evidence(path.as_uri(), f"{stat.st_size}-{stat.st_mtime_ns}", Status.DONE, NOW, verdict=decided)
    (pictures,) = take([entry], read_settings(decode_threads=1), 10**7)
    assert [page.page for page in pictures.pages] == [3, 7]
    assert [crop.page for crop in pictures.crops] == [3, 7]
