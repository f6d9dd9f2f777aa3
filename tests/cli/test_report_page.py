"""The report as a browser shows it."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image, ImageDraw, ImageStat

from cli.report.content import Comparison, Entry, Outcome, Report, Totals, Verdict
from cli.report.draw import draw
from cli.report.pictures import LEFT_OUT, Pictures, page_side, take
from results.settings import read_settings
from results.values import FoundSignature
from tests.cli.browser import picture, visit

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BOX = FoundSignature(1, 0.5, 0.75, 0.9, 0.85, 0.97)
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


def verdict(*signatures: FoundSignature, threshold: float = 0.5, release: str = "1.0.0") -> Verdict:
    confidence = max((signature.score for signature in signatures), default=0.0)
    return Verdict(release, confidence >= threshold, confidence, threshold, 1, NOW, signatures)


def judged(path: Path | bytes, *signatures: FoundSignature) -> Entry:
    decided = verdict(*signatures)
    outcome = Outcome.SIGNED if decided.has_signature else Outcome.UNSIGNED
    uri, generation = scan(path)
    return Entry(uri, generation, outcome, NOW, decided)


def write(
    entries: Sequence[Entry],
    to: Path,
    *,
    pictures: Sequence[Pictures] | None = None,
    max_bytes: int = 10**7,
    comparison: Comparison | None = None,
) -> int:
    totals = Totals()
    for entry in entries:
        decided = entry.verdict
        totals.add(
            entry.outcome,
            decided and decided.confidence,
            decided and decided.threshold,
            entry.error_code,
        )
    report = Report(NOW, "All documents", totals, tuple(entries), comparison)
    settings = read_settings(decode_threads=2)
    with to.open("wb") as file:
        return draw(report, take(entries, settings, max_bytes) if pictures is None else pictures, file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def mixed(folder: Path) -> Path:
    """A report over two signed, one unsigned, one failed, one waiting, one gone and one changed document."""
    gone = judged(folder / "gone.png", BOX)
    (folder / "gone.png").unlink()
    changed = judged(folder / "changed.png", BOX)
    scan(folder / "changed.png")
    with (folder / "changed.png").open("ab") as file:
        file.write(b"more")
    entries = [
        judged(folder / "signed.png", BOX, NEAR_MISS),
        judged(folder / "also signed.png", FoundSignature(1, 0.5, 0.75, 0.9, 0.85, 0.61)),
        judged(folder / "unsigned.png", NEAR_MISS),
        Entry("file:///in/broken.pdf", "1-1", Outcome.FAILED, NOW, error_code="encrypted", error_text="Locked"),
        Entry("gs://inbox/new.pdf", "17", Outcome.IN_FLIGHT, NOW),
        gone,
        changed,
    ]
    report = folder / "mixed.html"
    assert write(entries, report) == 0
    return report


def test_shows_totals_pages_boxes_and_crops(mixed: Path) -> None:
    seen = visit(mixed)
    assert seen.console == []
    tiles = {tile.one("dt").text: tile.all("dd")[0].text for tile in seen.page.all("div", "tile")}
    assert tiles == {"documents": "7", "signed": "4", "unsigned": "1", "failed": "1", "in flight": "1"}
    cards = {card.one("h3").text: card for card in seen.page.all("li", "card")}
    assert list(cards)[:3] == ["signed.png", "also signed.png", "unsigned.png"]
    signed = cards["signed.png"]
    counted, below = signed.all("rect")
    width, height = (int(signed.all("img")[0].attributes[name]) for name in ("width", "height"))
    assert float(counted.attributes["x"]) == pytest.approx(0.5 * width)
    assert float(counted.attributes["height"]) == pytest.approx(0.1 * height)
    assert below.attributes["class"] == "below"
    assert len(signed.one("div", "crops").all("img")) == 1
    assert "encrypted: Locked" in cards["broken.pdf"].text
    assert "Not judged yet." in cards["new.pdf"].text


def test_says_why_a_page_is_not_shown(mixed: Path) -> None:
    cards = {card.one("h3").text: card for card in visit(mixed).page.all("li", "card")}
    assert cards["gone.png"].one("span", "missing").text.startswith("The file is no longer where it was")
    assert cards["changed.png"].one("span", "missing").text == "The file has changed since it was judged."


@pytest.mark.parametrize(
    ("fragment", "names"),
    [
        ("#flag=unsigned", ["unsigned.png"]),
        ("#flag=failed", ["broken.pdf"]),
        ("#from=0.5&to=0.7", ["also signed.png"]),
        ("#search=SIGNED+also", ["also signed.png"]),
        ("#search=locked", ["broken.pdf"]),
        ("#flag=signed&sort=near&to=0.7", ["also signed.png"]),
        ("#search=nowhere", []),
    ],
)
def test_filters(mixed: Path, fragment: str, names: list[str]) -> None:
    seen = visit(mixed, fragment)
    assert [card.one("h3").text for card in seen.page.all("li", "card")] == names
    told = seen.page.one("p", id="shown").text
    assert told == (f"{len(names)} of 7 documents" if names else "No document matches.")


def test_sorts_by_distance_from_the_threshold(mixed: Path) -> None:
    cards = visit(mixed, "#sort=near").page.all("li", "card")
    assert [card.one("h3").text for card in cards][:2] == ["also signed.png", "unsigned.png"]


def test_opens_one_document(mixed: Path) -> None:
    detail = visit(mixed, "#document=0").page.one("dialog")
    assert "open" in detail.attributes
    assert detail.one("h2").text == "signed.png"
    assert "signed by release 1.0.0, confidence 0.970, threshold 0.500, 1 signature" in detail.text
    assert detail.one("a").attributes["href"].endswith("/signed.png")


def test_nothing_in_a_name_is_run_or_obeyed(folder: Path) -> None:
    entries = [judged(bytes(folder) + b"/" + quote(name, safe="").encode(), BOX) for name in HOSTILE_NAMES]
    entries += [
        Entry("gs://inbox/" + name.decode(errors="replace"), name.hex(), Outcome.FAILED, NOW, error_code="damaged",
              error_text=name.decode(errors="replace"))
        for name in HOSTILE_NAMES
    ]  # fmt: skip
    report = folder / "hostile.html"
    write(entries, report)
    html = report.read_text()
    assert html.count("</script>") == html.count("<script")
    for fragment in ("", f"#document={len(HOSTILE_NAMES)}"):
        seen = visit(report, fragment)
        assert seen.console == []
        assert seen.page.one("title").text.startswith("Signatures: 18 documents")
        assert all(image.attributes["src"].startswith("data:") for image in seen.page.all("img"))
        assert all(link.attributes["href"].startswith("file:///") for link in seen.page.all("a"))
    names = [card.one("h3").text for card in seen.page.all("li", "card")]
    assert not any(re.search("[\u0000-\u001f\u2028\u202e]", name) for name in names)
    assert "new\\nline.png" in names
    assert "契約書 договор.png" in names


def test_files_with_hostile_names_are_shown(folder: Path) -> None:
    hostile = [bytes(folder) + b"/" + name for name in HOSTILE_NAMES if b"/" not in name]
    report = folder / "names.html"
    write([judged(name, BOX) for name in hostile], report)
    seen = visit(report)
    assert seen.console == []
    assert len(seen.page.all("span", "page")) == len(hostile)
    assert seen.page.one("title").text.startswith("Signatures:")


def test_asks_nothing_of_any_network(mixed: Path) -> None:
    html = mixed.read_text()
    policy = re.search('Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'; img-src data:;")
    assert set(re.findall(r"""\b(?:https?|ftp|wss?)://[^\s"'<]+""", html)) == {"http://www.w3.org/2000/svg"}


def test_no_documents(folder: Path) -> None:
    report = folder / "none.html"
    write([], report)
    seen = visit(report)
    assert seen.console == []
    assert "No documents" in seen.page.one("section", "empty").text


def test_flips_show_both_verdicts(folder: Path) -> None:
    uri, generation = scan(folder / "flip.png")
    before, after = verdict(NEAR_MISS, release="1.0.0"), verdict(BOX, release="2.0.0")
    entries = [Entry(uri, generation, Outcome.SIGNED, NOW, after, before)]
    report = folder / "flips.html"
    write(entries, report, comparison=Comparison("1.0.0", "2.0.0", 5, 7, 1, 0))
    seen = visit(report, "#flag=gained")
    table = seen.page.one("table", "comparison")
    assert [cell.text for cell in table.all("td", "number")] == ["5", "0", "1", "7"]
    card = seen.page.one("li", "card")
    assert [rect.attributes["class"] for rect in card.all("rect")] == ["before below", ""]
    assert "before 0.21" in card.text


def test_thousands_of_documents_are_drawn_as_they_are_looked_at(folder: Path) -> None:
    entries = [
        Entry(f"gs://inbox/{n}.png", "1", Outcome.SIGNED, NOW - timedelta(seconds=n), verdict(BOX))
        for n in range(3000)
    ]
    report = folder / "many.html"
    assert write(entries, report, pictures=[LEFT_OUT] * 3000) == 3000
    seen = visit(report)
    assert seen.page.one("p", id="shown").text == "3,000 of 3,000 documents"
    assert 40 <= len(seen.page.all("li", "card")) <= 500
    assert seen.page.one("p", id="left-out").text.startswith("3,000 documents have no picture")


def test_the_bound_on_bytes_is_kept(folder: Path) -> None:
    entries = [judged(folder / f"bound {n}.png", BOX) for n in range(12)]
    report = folder / "bound.html"
    left_out = write(entries, report, max_bytes=20_000)
    assert 0 < left_out < 12
    pictures = list(take(entries, read_settings(decode_threads=2), 20_000))
    assert sum(one.size for one in pictures) <= 20_000
    assert page_side(12, 10**6) > page_side(12, 10**5)


def test_pictures_look_like_the_page(folder: Path) -> None:
    (pictures,) = take([judged(folder / "look.png", BOX)], read_settings(decode_threads=1), 10**7)
    page, crop = pictures.pages[0], pictures.crops[0]
    assert (page.width, page.height) == (773, 1000)
    assert crop.score == BOX.score
    shown = _decoded(crop.image)
    assert 4 < ImageStat.Stat(shown).stddev[0], "the scribble is in the crop"
    assert shown.width / shown.height == pytest.approx(0.4 * 850 / (0.1 * 1100), rel=0.05)


def _decoded(uri: str) -> Image.Image:
    import base64

    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("L")


def test_colours_can_be_read_in_both_themes() -> None:
    style = (Path(__file__).parents[2] / "cli/report/page/report.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in style.split("@media", 2)[:2])
    for theme in (light, dark):
        for text, ground in (
            ("ink", "paper"), ("ink", "card"), ("quiet", "paper"), ("quiet", "card"), ("accent", "card"),
            ("on-colour", "accent"),
        ):  # fmt: skip
            assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
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


def test_a_picture_of_the_report_is_not_blank(mixed: Path, folder: Path) -> None:
    for dark in (False, True):
        shot = folder / f"shot-{dark}.png"
        picture(mixed, shot, dark=dark)
        with Image.open(shot) as image:
            grey = image.convert("L")
            assert (grey.getpixel((2, 2)) < 60) is dark  # type: ignore[operator]
            assert ImageStat.Stat(grey).stddev[0] > 20
