"""Figures of pages as pictures: curves of boxes and flags, and the pages that are most wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model import evaluate, pictures

SIDE: Final = 560
"""Pixels of a page on the sheet of misses."""

WORST: Final = 24
"""Pages on it."""

WANTED, WRONG, FOUND = (30, 140, 60), (214, 40, 40), (40, 90, 214)
"""Colours of signatures that were missed, of regions that are none, and of what is right."""


def write(
    files: Sequence[Path],
    pages: Sequence[evaluate.JudgedPage],
    confidences: NDArray[np.float64],
    threshold: float,
    out: Path,
) -> None:
    """Writes `boxes-*.png`, `flags-*.png` and `misses.png`, which shows the measured pages.

    Args:
        files: The pages' images.
        pages: What was found on each and what is there, boxes in pixels.
        confidences: Of each page's verdict.
        threshold: The operating point.
        out: Folder to write into.
    """
    out.mkdir(parents=True, exist_ok=True)
    matched = evaluate.matches(pages)
    missed = matched.truths - int(matched.right.sum())
    signed = np.array([len(page.truth) > 0 for page in pages], bool)
    for name, scores, truth, lost in (
        ("boxes", matched.scores, matched.right, missed),
        ("flags", confidences, signed, 0),
    ):
        pictures.precision_recall(scores, truth, threshold, out / f"{name}-precision-recall.png", missed=lost)
        pictures.thresholds(scores, truth, threshold, out / f"{name}-thresholds.png", missed=lost)
        pictures.reliability_diagram(scores, truth, out / f"{name}-reliability.png")
    pictures.confusion(
        confidences >= threshold,
        (~signed).astype(np.int64),
        ("signed", "unsigned"),
        out / "flags-confusion.png",
    )
    wrong = [_wrong(page, threshold) for page in pages]
    worst = sorted((i for i in range(len(pages)) if wrong[i]), key=lambda i: -wrong[i])[:WORST]
    _sheet([(_drawn(files[i], pages[i], threshold), files[i].name) for i in worst], out / "misses.png")


def _wrong(page: evaluate.JudgedPage, threshold: float) -> int:
    """Signatures missed and regions that are none, at the threshold."""
    matched = evaluate.matches([page])
    kept = matched.scores >= threshold
    return matched.truths - int(matched.right[kept].sum()) + int((~matched.right[kept]).sum())


def _drawn(file: Path, page: evaluate.JudgedPage, threshold: float) -> Image.Image:
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    scale = SIDE / max(image.size)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=13)
    overlap = evaluate.overlap_matrix(page.boxes, page.truth)
    kept = page.scores >= threshold
    for box in page.truth:
        pen.rectangle(tuple(scale * box), outline=WANTED, width=3)
    for i in np.flatnonzero(kept):
        colour = FOUND if overlap[i].max(initial=0) >= evaluate.LEAST_OVERLAP else WRONG
        pen.rectangle(tuple(scale * page.boxes[i]), outline=colour, width=2)
        pen.text(
            (scale * page.boxes[i, 0], scale * page.boxes[i, 1] - 16), f"{page.scores[i]:.2f}", colour, font
        )
    return image


def _sheet(pages: list[tuple[Image.Image, str]], file: Path, columns: int = 4) -> None:
    rows = -(-max(1, len(pages)) // columns)
    sheet = Image.new("RGB", (columns * (SIDE + 10), rows * (SIDE + 34)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
    for i, (image, caption) in enumerate(pages):
        x, y = (i % columns) * (SIDE + 10), (i // columns) * (SIDE + 34)
        pen.text((x + 4, y + 6), caption, "black", font)
        sheet.paste(image, (x + 4, y + 28))
    sheet.save(file)
