"""Documents for a report, and the report over them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageDraw

from cli.report.content import Compared, Report, Totals
from cli.report.draw import draw
from cli.report.pictures import Pictures, take
from results.evidence import BINS, Evidence, Sum, Verdict
from results.settings import read_settings
from results.status import Status
from results.values import FoundSignature

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BOX = FoundSignature(1, 0.5, 0.75, 0.9, 0.85, 0.97)
FAINT = FoundSignature(1, 0.5, 0.75, 0.9, 0.85, 0.61)
NEAR_MISS = FoundSignature(1, 0.1, 0.2, 0.3, 0.3, 0.21)


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
