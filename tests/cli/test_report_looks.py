"""The report in light and in dark."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Browser


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
