"""The report as one HTML file: template, style, script and data in one, and nothing from anywhere else."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import IO, Any, Final
from urllib.parse import unquote

from jinja2 import Environment
from markupsafe import Markup

from cli.report.content import Outcome, Report, Totals, outcome_of
from cli.report.pictures import BLOCK, LEFT_OUT, Pictures
from cli.screen import printable
from results.errors import codes
from results.evidence import BINS, Evidence, Verdict
from results.status import Status
from results.values import FoundSignature

_PAGE: Final = resources.files("cli.report") / "page"

OUTCOME_MEANINGS: Final = {
    Outcome.SIGNED: "at least one signature",
    Outcome.UNSIGNED: "judged, no signature",
    Outcome.FAILED: "cannot be judged",
    Outcome.IN_FLIGHT: "not judged yet",
}


def draw(report: Report, pictures: Iterable[Pictures], file: IO[bytes]) -> int:
    """Writes the report.

    Args:
        report: What it tells.
        pictures: Of each entry, in the same order; taken one by one as the file is written.
        file: Where the HTML goes, in UTF-8.

    Returns:
        How many documents had to go without a picture to keep the file small.
    """
    style, script = (_PAGE / "report.css").read_text("utf-8"), (_PAGE / "report.js").read_text("utf-8")
    blocks = _Blocks(pictures)
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        (_PAGE / "report.html").read_text("utf-8")
    )
    template.stream(
        report=report,
        totals=report.totals,
        compared=report.compared,
        outcomes=[(o, report.totals.outcomes[o], OUTCOME_MEANINGS[o]) for o in Outcome],
        segments=_segments(report.totals),
        bars=_bars(report.totals),
        thresholds=sorted(report.totals.thresholds),
        failures=_failures(report.totals),
        style=Markup(style),
        style_hash=_csp_hash(style),
        script=Markup(script),
        script_hash=_csp_hash(script),
        documents={"block": BLOCK, "documents": [_document(entry) for entry in report.entries]},
        picture_blocks=blocks,
        left_out=blocks,
    ).dump(file, encoding="utf-8")
    return blocks.left_out


class _Blocks:
    """Pictures in blocks of `BLOCK`, as the page reads them; counts those left out as they pass."""

    def __init__(self, pictures: Iterable[Pictures]) -> None:
        self._pictures = pictures
        self.left_out = 0

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        block: list[dict[str, Any]] = []
        for pictures in self._pictures:
            self.left_out += pictures is LEFT_OUT
            block.append(_pictures(pictures))
            if len(block) == BLOCK:
                yield block
                block = []
        if block:
            yield block


def _csp_hash(text: str) -> str:
    """How a Content-Security-Policy names an inline style or script that may be used."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _document(entry: Evidence) -> dict[str, Any]:
    """One document as the script reads it; everything in it is shown as text only."""
    return {
        "name": readable_name(entry.uri),
        "uri": printable(entry.uri),
        "link": entry.uri if entry.uri.startswith("file:///") else None,
        "outcome": outcome_of(entry.status, entry.verdict.has_signature if entry.verdict else None),
        "received": _moment(entry.received_at),
        "error": _joined(entry.error_code, entry.error_text) if entry.status is Status.FAILED else None,
        "verdict": entry.verdict and _verdict(entry.verdict),
        "before": entry.before and _verdict(entry.before),
    }


def _joined(*parts: str | None) -> str | None:
    return printable(": ".join(part for part in parts if part)) or None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "release": printable(verdict.release),
        "signed": verdict.has_signature,
        "confidence": round(verdict.confidence, 4),
        "threshold": round(verdict.threshold, 4),
        "pages": verdict.page_count,
        "decided": _moment(verdict.decided_at),
        "signatures": [_signature(signature) for signature in verdict.signatures],
    }


def _signature(signature: FoundSignature) -> dict[str, Any]:
    box = [round(side, 4) for side in (signature.x0, signature.y0, signature.x1, signature.y1)]
    return {"page": signature.page, "box": box, "score": round(signature.score, 4)}


def _pictures(pictures: Pictures) -> dict[str, Any]:
    return {
        "pages": [
            {"page": p.page, "width": p.width, "height": p.height, "image": p.image} for p in pictures.pages
        ],
        "crops": [
            {"page": p.page, "width": p.width, "height": p.height, "image": p.image, "score": p.score}
            for p in pictures.crops
        ],
        "missing": pictures.missing and printable(pictures.missing),
    }


def readable_name(uri: str) -> str:
    """The last part of a URI as people read it, with control and direction characters made visible."""
    name = uri.rstrip("/").rpartition("/")[2]
    return printable(unquote(name) if uri.startswith("file:") else name) or printable(uri)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of the outcome bar, in thousandths of its length."""

    outcome: Outcome
    start: float
    length: float
    documents: int


def _segments(totals: Totals) -> list[Segment]:
    """The outcome bar from left to right."""
    segments, start = [], 0.0
    for outcome in Outcome:
        length = 1000 * totals.outcomes[outcome] / max(1, totals.documents)
        segments.append(Segment(outcome, start, length, totals.outcomes[outcome]))
        start += length
    return [segment for segment in segments if segment.documents]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the confidence chart; heights in hundredths of the chart's, unsigned below signed."""

    start: float
    """Confidence at its left edge."""
    end: float
    signed: int
    unsigned: int
    signed_height: float
    unsigned_height: float


LEAST_HEIGHT: Final = 0.8
"""A bar of one document among millions can still be seen."""


def _bars(totals: Totals) -> list[Bar]:
    most = max([1, *(s + u for s, u in zip(totals.signed, totals.unsigned, strict=True))])

    def height(documents: int) -> float:
        return max(LEAST_HEIGHT, 100 * documents / most) if documents else 0.0

    return [
        Bar(index / BINS, (index + 1) / BINS, signed, unsigned, height(signed), height(unsigned))
        for index, (signed, unsigned) in enumerate(zip(totals.signed, totals.unsigned, strict=True))
    ]


def _failures(totals: Totals) -> Sequence[tuple[str, int, str, float]]:
    """Error code, documents, what it means, and the length of its bar in hundredths."""
    known, most = codes(), max([1, *totals.failures.values()])
    return [
        (
            code,
            count,
            (known[code].__doc__ or "").splitlines()[0] if code in known else "",
            100 * count / most,
        )
        for code, count in totals.failures.most_common()
    ]
