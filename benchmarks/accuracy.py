"""How often flag and boxes are right on labelled pages and crops, read from the ledger that a real run wrote.

    python -m benchmarks.accuracy [--data DIR] [--release DIR_OR_GS] [--pictures DIR] [--quick]

Every page and crop of the split goes through `countersign run` into a fresh SQLite ledger; the figures are
made of the verdicts and regions found there. So does every page as if it had been scanned otherwise: a
little smaller and shifted, five times (`shifted_`: figures that hang less on chance than those of the pages
as they are), sideways, both ways, and upside down (`turned_`), with a black lid around it (`on_black_`),
coarsely (`small_`), with an eighth of its contrast (`pale_`), with a shadow over half of it (`shadow_`,
`deep_shadow_`), too dark (`underexposed_`), with specks (`speckled_`), with lines down all of it
(`streaked_`), on squared paper (`squared_`), with its back showing through (`shown_through_`), askew by 8
to 25 degrees (`askew_`) and by 40 and 130 (`far_askew_`), and photographed on a desk, askew by 10 to 16
degrees (`photo_`) and by 40 and 130 (`far_photo_`). So do parts cut out of it, around a signature if there
is one (`part_`), pages with rubber stamps over every signature, or anywhere (`stamped_`), pages with loops,
waves or a knot for every signature, or a printed line of such (`scribbled_`), and most crops in a frame
(`framed_crop_`), with four times as many pixels (`fine_crop_`), grainy (`grainy_crop_`), too dark
(`dark_crop_`), on their side (`sideways_crop_`) and with much paper around them (`loose_crop_`), and loops,
waves or a knot instead of each signature (`scribbled_crop_`). Pages labelled `ambiguous` count nowhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks import figures as bench
from benchmarks import page_report
from benchmarks.crops import cut_otherwise
from benchmarks.scans import scanned_otherwise
from model import evaluate
from model.classifier import LABELS
from model.labels import LabelledCrop, LabelledPage, labelled_crops, labelled_pages
from results.ledger import Ledger
from results.schema import documents, signatures, verdicts

Labelled = TypeVar("Labelled", LabelledPage, LabelledCrop)

QUICK = 15
"""Every so manieth page and crop is judged in a quick run."""


@dataclass(frozen=True)
class Found:
    """What the ledger holds of one document: its flag and every region, boxes as shares of the page."""

    flagged: bool
    threshold: float
    confidence: float
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]


def main() -> None:
    """Command line."""
    options = bench.parser(__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=bench.DATA, help="folder of pages.json and crops.csv")
    options.add_argument("--split", default="validate", help="split of the labels to measure on")
    options.add_argument(
        "--release", help="folder or gs:// prefix of a model release; the shipped one if not given"
    )
    options.add_argument("--pictures", type=Path, help="folder for curves and the pages that are most wrong")
    given = options.parse_args()
    if not (given.data / "pages.json").exists():
        print(f"skipped: {given.data} has no pages.json; name a folder of labelled pages with --data")
        return
    step = QUICK if given.quick else 1
    pages = labelled_pages(given.data, given.split)[::step]
    crops = labelled_crops(given.data, given.split)[::step]
    with tempfile.TemporaryDirectory() as scratch:
        groups = _by_source(pages) | {"all": pages} | scanned_otherwise(pages, Path(scratch))
        others = cut_otherwise(crops, Path(scratch))
        every = {page.path: None for those in groups.values() for page in those}
        every |= {crop.path: None for those in (crops, *others.values()) for crop in those}
        found = _judged([*every], f"sqlite:///{scratch}/ledger.db", given.release)
    results = _page_figures(groups, found) | _crop_figures(crops, found) | _flags_of_crops(others, found)
    if given.pictures:
        _draw(pages, found, given.pictures)
    results["unjudged"] = len(every) - len(found)
    bench.report({name: _rounded(value) for name, value in results.items()})


def _by_source(pages: Sequence[LabelledPage]) -> dict[str, Sequence[LabelledPage]]:
    sources = sorted({page.source for page in pages})
    return {source: [page for page in pages if page.source == source] for source in sources}


def _judged(files: Sequence[Path], database: str, release: str | None) -> dict[str, Found]:
    """Runs countersign over the files; returns what the ledger holds, by URI."""
    environment = dict(os.environ) | ({"COUNTERSIGN_RELEASE_PATH": release} if release else {})
    folders = sorted({str(file.parent) for file in files})
    whole = len(files) == sum(
        sum(1 for path in Path(folder).iterdir() if path.is_file()) for folder in folders
    )
    paths = folders if whole else [str(file) for file in files]
    command = [str(Path(sys.executable).with_name("countersign")), "run", *paths, "--database", database]
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
    with Ledger.open(database) as ledger:
        return _read(ledger)


def _read(ledger: Ledger) -> dict[str, Found]:
    regions: dict[int, list[tuple[float, ...]]] = {}
    with ledger.engine.connect() as connection:
        columns = [signatures.c[name] for name in ("verdict_id", "x0", "y0", "x1", "y1", "score")]
        for verdict, *region in connection.execute(select(*columns)):
            regions.setdefault(verdict, []).append(tuple(region))
        query = select(
            documents.c.uri,
            verdicts.c.id,
            verdicts.c.has_signature,
            verdicts.c.threshold,
            verdicts.c.confidence,
        ).join(verdicts, verdicts.c.id == documents.c.verdict_id)
        found = {}
        for uri, verdict, flagged, threshold, confidence in connection.execute(query):
            rows = np.array(regions.get(verdict, []), np.float64).reshape(-1, 5)
            found[uri] = Found(flagged, threshold, confidence, rows[:, :4], rows[:, 4])
    return found


def _page_figures(groups: Mapping[str, Sequence[LabelledPage]], found: dict[str, Found]) -> dict[str, float]:
    """Figures of the flags and boxes of each group; prints them as a table."""
    table = Table("pages", "number", "signed found", "unsigned flagged", "P", "R", "F1", "AP", "ECE")
    results: dict[str, float] = {}
    for source, those in groups.items():
        judged = _paired(those, found)
        figures = _figures_of(judged)
        row = (f"{value:.3f}" for value in list(figures.values())[:7])
        table.add_row(source, str(len(judged)), *row)
        results |= {f"{source}_{name}": value for name, value in figures.items()}
    Console(stderr=True).print(table)
    return results


def _paired(every: Sequence[Labelled], found: dict[str, Found]) -> list[tuple[Labelled, Found]]:
    """Each labelled image that was judged, with what was found."""
    named = [(labelled, labelled.path.resolve().as_uri()) for labelled in every]
    return [(labelled, found[uri]) for labelled, uri in named if uri in found]


def _draw(pages: Sequence[LabelledPage], found: dict[str, Found], out: Path) -> None:
    judged = _paired(pages, found)
    page_report.write(
        [page.path for page, _ in judged],
        [_judged_page(page, what) for page, what in judged],
        np.array([what.confidence for _, what in judged]),
        judged[0][1].threshold,
        out,
    )


def _figures_of(judged: Sequence[tuple[LabelledPage, Found]]) -> dict[str, float]:
    pages = [_judged_page(page, what) for page, what in judged]
    matched = evaluate.matches(pages)
    threshold = judged[0][1].threshold if judged else 0.5
    boxes = evaluate.figures(matched, threshold)
    signed = np.array([page.label == "signed" for page, _ in judged], bool)
    flagged = np.array([what.flagged for _, what in judged], bool)
    confidence = np.array([what.confidence for _, what in judged])
    flags = evaluate.flag_figures(confidence, signed, threshold)
    return {
        "signed_found": _share(flagged[signed]),
        "unsigned_flagged": _share(flagged[~signed]),
        "box_precision": boxes.precision,
        "box_recall": boxes.recall,
        "box_f1": boxes.f1,
        "box_ap": boxes.average_precision,
        "box_calibration_error": evaluate.calibration_error(matched.scores, matched.right),
        "page_precision": flags.precision,
        "page_recall": flags.recall,
        "page_f1": flags.f1,
        "page_ap": flags.average_precision,
        "page_calibration_error": evaluate.calibration_error(confidence, signed),
    }


def _judged_page(page: LabelledPage, what: Found) -> evaluate.JudgedPage:
    boxes = what.boxes * np.array(page.size * 2, np.float64)
    return evaluate.JudgedPage(boxes, what.scores, page.signatures, page.ignored)


def _crop_figures(crops: Sequence[LabelledCrop], found: dict[str, Found]) -> dict[str, float]:
    """Figures of single crops: signature against text, and how often other handwriting is flagged."""
    judged = _paired(crops, found)
    flagged = {
        label: np.array([what.flagged for crop, what in judged if crop.label == label], bool)
        for label in LABELS
    }
    hits, misses = int(flagged["signature"].sum()), int((~flagged["signature"]).sum())
    false = int(flagged["text"].sum())
    right = hits + int((~flagged["text"]).sum())
    plain = [(crop, what) for crop, what in judged if crop.label != "handwriting"]
    confidence = np.array([what.confidence for _, what in plain])
    truth = np.array([crop.label == "signature" for crop, _ in plain], bool)
    table = Table("crops of", "number", "flagged")
    for source in sorted({(crop.label, crop.source) for crop, _ in judged}):
        those = [what.flagged for crop, what in judged if (crop.label, crop.source) == source]
        table.add_row(" ".join(source), str(len(those)), f"{np.mean(those):.3f}")
    Console(stderr=True).print(table)
    return {
        "crop_accuracy": right / max(1, len(plain)),
        "crop_precision": hits / max(1, hits + false),
        "crop_recall": hits / max(1, hits + misses),
        "crop_handwriting_flagged": _share(flagged["handwriting"]),
        "crop_calibration_error": evaluate.calibration_error(confidence, truth),
    }


def _flags_of_crops(
    groups: Mapping[str, Sequence[LabelledCrop]], found: dict[str, Found]
) -> dict[str, float]:
    """Share flagged of each label's crops in each group; prints them as a table."""
    table = Table("crops", *LABELS)
    results: dict[str, float] = {}
    for kind, those in groups.items():
        judged = _paired(those, found)
        flagged = {
            label: _share(np.array([what.flagged for crop, what in judged if crop.label == label], bool))
            for label in LABELS
        }
        table.add_row(kind, *(f"{share:.3f}" for share in flagged.values()))
        named = {f"{kind}_crop_{label}_flagged": share for label, share in flagged.items()}
        results |= {name: share for name, share in named.items() if not np.isnan(share)}
    Console(stderr=True).print(table)
    return results


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


if __name__ == "__main__":
    main()
