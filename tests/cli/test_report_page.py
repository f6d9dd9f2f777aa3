"""The report as a browser shows it."""

import base64
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image, ImageDraw, ImageStat
from playwright.sync_api import Browser, Page, expect

from cli.report.content import Compared, Report, Totals
from cli.report.draw import draw
from cli.report.pictures import LEFT_OUT, Pictures, page_side, take
from results.comparison import Comparison
from results.evidence import BINS, Evidence, Sum, Verdict
from results.settings import read_settings
from results.status import Status
from results.values import FoundSignature
from tests.cli.browser import Visitor, chromium

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BOX = FoundSignature(1, 0.5, 0.75, 0.9, 0.85, 0.97)
FAINT = FoundSignature(1, 0.5, 0.75, 0.9, 0.85, 0.61)
NEAR_MISS = FoundSignature(1, 0.1, 0.2, 0.3, 0.3, 0.21)

HOSTILE_NAMES = [
    b"</script><script>document.title='owned'</script>.png",
    b"<img src=x onerror=document.title='owned'>.png",
    b"\"quotes' & ampersands; {{ 7 * 7 }} ${document.title='owned'}.png",
    "right-to-left \u202egnp.exe".encode() + b".png",
    b"new\nline.png",
    b"not utf-8 \xff\xfe.png",
    "-->\u2028<!--.png".encode(),
    b"javascript:document.title='owned'",
    "契約書 договор.png".encode(),
]


def scan(path: Path | bytes) -> tuple[str, str]:
    """Writes a page with a scribble where `BOX` is; returns its URI and generation."""
    image = Image.new("L", (850, 1100), 255)
    pen = ImageDraw.Draw(image)
    for row in range(100, 700, 24):
        pen.line((90, row, 760, row), fill=90, width=3)
    pen.line([(440 + 8 * i, 880 + (i * 37) % 60 - 30) for i in range(40)], fill=0, width=4)
    name = path if isinstance(path, bytes) else bytes(path)
    with open(name, "wb") as file:  # noqa: PTH123  (names that are not UTF-8)
        image.save(file, "PNG")
    stat = Path(name.decode(errors="surrogateescape")).stat()
    return "file://" + quote(name), f"{stat.st_size}-{stat.st_mtime_ns}"


def verdict(*signatures: FoundSignature, release: str = "1.0.0") -> Verdict:
    confidence = max((signature.score for signature in signatures), default=0.0)
    return Verdict(release, confidence >= 0.5, confidence, 0.5, 1, NOW, signatures)


def judged(path: Path | bytes, *signatures: FoundSignature) -> Evidence:
    return Evidence(*scan(path), Status.DONE, NOW, verdict=verdict(*signatures))


def failed(uri: str, code: str, text: str) -> Evidence:
    return Evidence(uri, "1-1", Status.FAILED, NOW, code, text)


def totals_of(entries: Sequence[Evidence]) -> Totals:
    totals = Totals()
    for entry in entries:
        steps, decided = [0] * BINS, entry.verdict
        if decided:
            steps[min(BINS - 1, int(decided.confidence * BINS))] = 1
        flag, threshold = (decided.has_signature, decided.threshold) if decided else (None, None)
        totals.add(Sum(entry.status, flag, threshold, entry.error_code, 1, tuple(steps)))
    return totals


def write(
    entries: Sequence[Evidence],
    to: Path,
    *,
    pictures: Sequence[Pictures] | None = None,
    max_bytes: int = 10**7,
    compared: Compared | None = None,
) -> int:
    report = Report(NOW, "All documents", totals_of(entries), tuple(entries), compared)
    settings = read_settings(decode_threads=2)
    with to.open("wb") as file:
        return draw(report, take(entries, settings, max_bytes) if pictures is None else pictures, file)


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


def names(page: Page) -> list[str]:
    return page.locator("li.card h3").all_text_contents()


def card_text(page: Page, name: str) -> str:
    return page.locator("li.card", has_text=name).text_content() or ""


def test_shows_totals_pages_boxes_and_crops(mixed: Path, visitor: Visitor) -> None:
    page = visitor.open(mixed)
    tiles = page.locator(".tile")
    assert dict(
        zip(tiles.locator("dt").all_inner_texts(), tiles.locator("dt + dd").all_inner_texts(), strict=True)
    ) == {"documents": "7", "signed": "4", "unsigned": "1", "failed": "1", "in flight": "1"}
    assert names(page)[:3] == ["signed.png", "also signed.png", "unsigned.png"]
    signed = page.locator("li.card").first
    paper, box = signed.locator(".page img").bounding_box(), signed.locator("rect").first.bounding_box()
    assert paper
    assert box
    assert (box["x"] - paper["x"]) / paper["width"] == pytest.approx(BOX.x0, abs=0.02)
    assert (box["y"] - paper["y"]) / paper["height"] == pytest.approx(BOX.y0, abs=0.02)
    assert box["width"] / paper["width"] == pytest.approx(BOX.x1 - BOX.x0, abs=0.03)
    assert signed.locator(".crops img").count() == 1
    assert "encrypted: Locked" in card_text(page, "broken.pdf")
    assert "Not judged yet." in card_text(page, "new.pdf")


def test_boxes_below_the_threshold_can_be_shown(mixed: Path, visitor: Visitor) -> None:
    page = visitor.open(mixed)
    below = page.locator("li.card").first.locator("rect.below")
    expect(below).to_be_hidden()
    page.get_by_label("boxes below the threshold").check()
    expect(below).to_be_visible()


def test_says_why_a_page_is_not_shown(mixed: Path, visitor: Visitor) -> None:
    page = visitor.open(mixed)
    assert "no longer where it was" in card_text(page, "gone.png")
    assert "changed since it was judged" in card_text(page, "changed.png")


def test_filters_by_flag_confidence_and_text(mixed: Path, visitor: Visitor) -> None:
    page = visitor.open(mixed)
    page.get_by_text("unsigned 1").click()
    assert names(page) == ["unsigned.png"]
    page.get_by_text("all 7").click()
    page.get_by_label("Confidence from").fill("0.5")
    page.get_by_label("to", exact=True).fill("0.7")
    assert names(page) == ["also signed.png"]
    assert page.locator("#shown").inner_text() == "1 of 7 documents"
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Search").fill("locked")
    assert names(page) == ["broken.pdf"]
    page.get_by_label("Search").fill("nowhere")
    assert page.locator("#shown").inner_text() == "No document matches."
    page.get_by_label("Search").fill("")
    page.get_by_label("Sort").select_option("near")
    assert names(page)[:2] == ["also signed.png", "unsigned.png"]


def test_a_view_can_be_sent_on_as_an_address(mixed: Path, visitor: Visitor) -> None:
    page = visitor.open(mixed)
    page.get_by_text("signed 4", exact=True).click()
    page.get_by_label("Search").fill("also")
    page = visitor.open(mixed, page.evaluate("location.hash"))
    assert names(page) == ["also signed.png"]
    assert page.get_by_label("Search").input_value() == "also"


def test_works_by_keyboard_alone(mixed: Path, visitor: Visitor) -> None:
    page = visitor.open(mixed)
    page.locator("li.card button").first.focus()
    page.keyboard.press("Enter")
    detail = page.locator("dialog")
    assert detail.locator("h2").inner_text() == "signed.png"
    assert "signed by release 1.0.0, confidence 0.970, threshold 0.500, 1 signature" in detail.inner_text()
    assert detail.get_by_role("link", name="Open the file").get_attribute("href") == (
        (mixed.parent / "signed.png").as_uri()
    )
    page.keyboard.press("ArrowRight")
    assert detail.locator("h2").inner_text() == "also signed.png"
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()


def test_nothing_in_a_name_is_run_or_obeyed(folder: Path, visitor: Visitor) -> None:
    shown = [judged(bytes(folder) + b"/" + name, BOX) for name in HOSTILE_NAMES if b"/" not in name]
    told = [
        failed(scheme + spelled, "damaged", name.decode(errors="replace"))
        for name in HOSTILE_NAMES
        for scheme, spelled in (("gs://inbox/", name.decode(errors="replace")), ("file:///in/", quote(name)))
    ]
    report = folder / "hostile.html"
    write([*shown, *told], report)
    html = report.read_text()
    assert html.count("</script>") == html.count("<script")
    for fragment in ("", "#document=0", f"#document={len(shown)}"):
        page = visitor.open(report, fragment)
        assert page.title().startswith(f"Signatures: {len(shown) + len(told)} documents")
        sources = page.locator("img").evaluate_all("all => all.map(one => one.src)")
        assert all(source.startswith("data:image/webp") for source in sources)
        links = page.locator("a").evaluate_all("all => all.map(one => one.href)")
        assert all(link.startswith("file:///") for link in links)
    seen = page.locator("li.card h3").evaluate_all("all => all.map(one => one.textContent)")
    assert page.locator("li.card .page").count() == len(shown)
    assert not any(re.search("[\u0000-\u001f\u2028\u202e]", name) for name in seen)
    assert "new\\nline.png" in seen
    assert "契約書 договор.png" in seen


def test_asks_nothing_of_any_network(mixed: Path) -> None:
    html = mixed.read_text()
    policy = re.search('Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'; img-src data:;")
    assert set(re.findall(r"""\b(?:https?|ftp|wss?)://[^\s"'<]+""", html)) == {"http://www.w3.org/2000/svg"}


def test_no_documents(folder: Path, visitor: Visitor) -> None:
    report = folder / "none.html"
    write([], report)
    assert "No documents" in visitor.open(report).locator(".empty").inner_text()


def test_flips_show_both_verdicts(folder: Path, visitor: Visitor) -> None:
    before, after = verdict(NEAR_MISS, release="1.0.0"), verdict(BOX, release="2.0.0")
    entry = Evidence(*scan(folder / "flip.png"), Status.DONE, NOW, verdict=after, before=before)
    report = folder / "flips.html"
    write([entry], report, compared=Compared("1.0.0", "2.0.0", Comparison(13, 5, 7, 1, 0)))
    page = visitor.open(report)
    assert page.locator(".comparison td.number").all_inner_texts() == ["5", "0", "1", "7"]
    page.get_by_text("newly signed 1").click()
    card = page.locator("li.card")
    kinds = card.locator("rect").evaluate_all("all => all.map(one => one.getAttribute('class'))")
    assert kinds == ["before below", ""]
    assert "before 0.21" in (card.text_content() or "")


def test_thousands_of_documents_are_drawn_as_they_are_looked_at(folder: Path, visitor: Visitor) -> None:
    entries = [
        Evidence(f"gs://inbox/{n}.png", "1", Status.DONE, NOW - timedelta(seconds=n), verdict=verdict(BOX))
        for n in range(3000)
    ]
    report = folder / "many.html"
    assert write(entries, report, pictures=[LEFT_OUT] * 3000) == 3000
    page = visitor.open(report)
    assert page.locator("#shown").inner_text() == "3,000 of 3,000 documents"
    assert page.locator("#left-out").inner_text().startswith("3,000 documents have no picture")
    drawn = page.locator("li.card").count()
    assert 40 <= drawn <= 300
    page.locator("li.card").last.scroll_into_view_if_needed()
    page.locator("li.card").nth(drawn).wait_for(state="attached")


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


def test_colours_can_be_read_in_both_themes() -> None:
    style = (Path(__file__).parents[2] / "cli/report/page/report.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in style.split("@media", 2)[:2])
    for theme in (light, dark):
        for text in ("ink", "quiet", "accent"):
            for ground in ("paper", "card"):
                assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        assert _contrast(theme["on-colour"], theme["accent"]) >= 4.5
        for colour in ("signed", "unsigned", "failed", "in-flight", "box", "before"):
            assert _contrast(theme[colour], theme["card"]) >= 3, colour


def _contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_of_the_report_follows_the_theme(
    mixed: Path, browser: Browser, scheme: str, folder: Path
) -> None:
    with browser.new_page(color_scheme="dark" if scheme == "dark" else "light") as page:
        page.goto(mixed.as_uri())
        shot = page.screenshot(path=folder / f"{scheme}.png")
    with Image.open(io.BytesIO(shot)) as image:
        grey = image.convert("L")
        assert (grey.getpixel((2, 2)) < 60) is (scheme == "dark")  # type: ignore[operator]
        assert ImageStat.Stat(grey).stddev[0] > 20
