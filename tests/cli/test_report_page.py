"""The report as a browser shows it."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from cli.report.content import Compared
from cli.report.pictures import LEFT_OUT
from results.comparison import Comparison
from results.evidence import Evidence
from results.status import Status
from tests.cli.browser import Visitor
from tests.cli.evidence import BOX, NEAR_MISS, NOW, failed, judged, scan, verdict, write

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
