"""The model's face: pages in, signatures out.

Two steps. The proposer looks at the whole page, reduced, and names a few regions. Each of them is looked at
again, larger: by the refiner, with what stands around it, which also moves its sides to the ink, and by the
classifier, which sees the ink alone. A region's score is made of all three opinions and is calibrated. A page
without a sure signature that seems to have been scanned sideways, upside down, askew or badly otherwise is
judged once more, corrected; so is what may be a part of a page, put on a whole one. An input that is itself a
single cropped word or signature has no page to look at, and goes to the classifier at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from model import proposer
from model.classifier import Classifier
from model.engine import EngineName, Network, choose_engine
from model.orientation import Orientation
from model.refiner import Refiner
from model.release import NETWORKS, ORIENTATION, Release, read_release
from model.second_look import SIGNED, corrected
from model.shadow import written_around
from model.sheet import Sheet, cut_out
from model.single_crop import SingleCrop, single_crop
from model.threads import Threads
from model.values import PAGE_LONG_SIDE, Box, Rectangle, Signature

__all__ = ["PAGE_LONG_SIDE", "Detector"]

CONTEXT: Final = 0.1
"""Share of a region's size shown to the classifier on each side."""

SURE: Final = 1e-4
"""The classifier's probabilities are kept this far from 0 and 1: it is never that sure."""

PAGES_AT_ONCE: Final = 32
"""Pages in one run of the proposer; it bounds the memory that canvases take."""


@dataclass(frozen=True, slots=True)
class JudgedRegion:
    """What is said of a region.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the page.
        classified: The classifier's log odds of a signature.
        proposed: The proposer's logit of a signature.
        refined: The refiner's log odds of a signature.
        alone: Whether the input is a single crop, of which only the classifier says anything.
    """

    box: Rectangle
    classified: float
    proposed: float = 0.0
    refined: float = 0.0
    alone: bool = False


class Detector:
    """Finds handwritten signatures on pages; any thread may call it, one at a time."""

    def __init__(
        self,
        release: Release,
        proposals: Network,
        refiner: Refiner,
        classifier: Classifier,
        orientation: Orientation | None = None,
        *,
        threads: int | None = None,
    ) -> None:
        """Takes loaded parts; `Detector.load` is how to make one.

        Args:
            release: What they belong to.
            proposals: From ink (n, height, width, 1) uint8 to maps, see `model.proposer`.
            refiner: Of regions.
            classifier: Of single crops.
            orientation: Of pages; None takes none for sideways or upside down.
            threads: Cores that prepare pages; None is all.
        """
        self.release = release
        self._proposals = proposals
        self._refiner = refiner
        self._classifier = classifier
        self._orientation = orientation
        self._threads = Threads(threads)

    @classmethod
    def load(
        cls, release: str | Path | None = None, *, engine: EngineName = "auto", threads: int | None = None
    ) -> Self:
        """Loads a release.

        Args:
            release: Its folder or `gs://` prefix; None is the one that ships.
            engine: What runs the networks; auto takes TensorFlow on a GPU and OpenVINO otherwise.
            threads: Cores to use; None is all.

        Returns:
            The detector.

        Raises:
            WrongRelease: the release is not there, is damaged, or was made for other code.
            EngineUnavailable: the engine is not installed.
            StorageFailed: the bucket does not answer.
        """
        described = read_release(release)
        runner = choose_engine(engine, threads)
        proposals, refiner, classifier = (runner.load(described.folder, name) for name in NETWORKS)
        parts = proposals, Refiner(refiner), Classifier(classifier)
        orientation = None
        if described.has(ORIENTATION):
            orientation = Orientation(runner.load(described.folder, ORIENTATION))
        return cls(described, *parts, orientation, threads=threads)

    def detect(self, pages: Sequence[NDArray[np.uint8]]) -> list[list[Signature]]:
        """Finds the signatures on each page.

        Args:
            pages: Grey uint8 (height, width) each, any size, ink dark on light.

        Returns:
            For each page its regions by falling score, all with a score of at least `release.floor`; those
            of at least `release.threshold` are signatures.

        Raises:
            ValueError: a page is not a uint8 array of two dimensions.
        """
        found = []
        for page, regions in zip(pages, self.regions(pages), strict=True):
            scored = [Signature(_shares(region.box, page.shape), self._score(region)) for region in regions]
            reported = [signature for signature in scored if signature.score >= self.release.floor]
            found.append(sorted(reported, key=lambda signature: -signature.score))
        return found

    def regions(self, pages: Sequence[NDArray[np.uint8]]) -> list[list[JudgedRegion]]:
        """What the networks say of each page, before it is made into scores; `detect` is what people call.

        Args:
            pages: As for `detect`.

        Returns:
            For each page its regions.

        Raises:
            ValueError: a page is not a uint8 array of two dimensions.
        """
        judged: list[list[JudgedRegion]] = []
        for start in range(0, len(pages), PAGES_AT_ONCE):
            pictures = pages[start : start + PAGES_AT_ONCE]
            sheets = self._threads.map(_sheet, pictures)
            judged += [
                [_in_picture(region, one, picture.shape) for region in regions]
                for one, picture, regions in zip(sheets, pictures, self._regions(sheets), strict=True)
            ]
        return judged

    def _regions(self, sheets: list[Sheet]) -> list[list[JudgedRegion]]:
        pages = [one.pixels for one in sheets]
        alone: dict[int, SingleCrop] = {}
        canvases: dict[int, proposer.Canvas] = {}
        for index, seen in enumerate(self._threads.map(_seen, sheets)):
            if isinstance(seen, proposer.Canvas):
                canvases[index] = seen
            elif seen is not None:
                alone[index] = seen
        judged = self._judged(pages, canvases)
        unsure = {i: canvas for i, canvas in canvases.items() if self._confidence(judged[i]) < SIGNED}
        for index, regions in self._judged_again(sheets, unsure):
            judged[index] = max(judged[index], regions, key=self._confidence)
        crops = [pages[index][crop.rows, crop.columns] for index, crop in alone.items()]
        odds = _log_odds(self._classifier.classify_alone(crops))
        for (index, crop), says in zip(alone.items(), odds, strict=True):
            judged[index] = [JudgedRegion(crop.ink, says, alone=True)]
        return judged

    def _judged_again(
        self, sheets: Sequence[Sheet], canvases: Mapping[int, proposer.Canvas]
    ) -> Iterator[tuple[int, list[JudgedRegion]]]:
        """What is said of pages that seem badly scanned, once they are corrected; not of the others."""
        better = corrected(sheets, canvases, self._orientation, self._threads)
        again = [page.pixels for _, page in better]
        judged = self._judged(again, dict(enumerate(map(proposer.canvas, again))))
        for (index, page), regions in zip(better, judged, strict=True):
            if self._confidence(regions) >= page.least:
                yield index, [replace(region, box=page.as_scanned(region.box)) for region in regions]

    def _confidence(self, regions: Sequence[JudgedRegion]) -> float:
        return max(map(self._score, regions), default=0.0)

    def _judged(
        self, pages: Sequence[NDArray[np.uint8]], canvases: dict[int, proposer.Canvas]
    ) -> list[list[JudgedRegion]]:
        """What proposer, refiner and classifier say of upright pages; nothing of those without a canvas."""
        found: list[list[proposer.Region]] = [[] for _ in pages]
        for index, maps in self._proposed(canvases):
            shape = pages[index].shape
            found[index] = proposer.regions(maps, canvases[index], shape, proposer.LEAST_LOGIT)
        crops = [
            _crop(page, region.box) for page, those in zip(pages, found, strict=True) for region in those
        ]
        classified = iter(_log_odds(self._classifier.classify(crops)))
        refined = self._refiner.refine(pages, found)
        return [
            _without_clashes(regions, [next(classified) for _ in regions], *looked)
            for regions, looked in zip(found, refined, strict=True)
        ]

    def _proposed(self, canvases: dict[int, proposer.Canvas]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Each canvas's number with the proposer's maps of it; canvases of one shape run together."""
        for shape in (proposer.PORTRAIT, proposer.LANDSCAPE):
            those = [index for index, canvas in canvases.items() if canvas.ink.shape == shape]
            if those:
                maps = self._proposals(np.stack([canvases[index].ink[..., None] for index in those]))
                yield from zip(those, maps, strict=True)

    def _score(self, region: JudgedRegion) -> float:
        """The calibrated score."""
        weights = self.release.calibration
        if region.alone:
            total = weights.crop_classifier * region.classified + weights.crop_offset
        else:
            total = weights.offset + weights.proposer * region.proposed
            total += weights.refiner * region.refined + weights.classifier * region.classified
        return 1 / (1 + math.exp(-total))


def _sheet(page: NDArray[np.uint8]) -> Sheet:
    """What is judged of a page: its sheet of paper, ink dark on light."""
    if page.dtype != np.uint8 or page.ndim != 2:
        raise ValueError(f"a page is a uint8 array (height, width), not {page.dtype} {page.shape}")
    return cut_out(page)


def _seen(sheet: Sheet) -> proposer.Canvas | SingleCrop | None:
    """What is looked at first: a page's canvas, the ink of a single crop, nothing of an empty page."""
    if not sheet.pixels.size:
        return None
    crop = single_crop(sheet.pixels)
    return crop if crop and not written_around(sheet) else proposer.canvas(sheet.pixels)


def _crop(page: NDArray[np.uint8], box: Rectangle) -> NDArray[np.uint8]:
    """The pixels the classifier judges: a region with some context."""
    x0, y0, x1, y1 = box
    across, along = CONTEXT * (x1 - x0), CONTEXT * (y1 - y0)
    left, top = max(0, int(x0 - across)), max(0, int(y0 - along))
    return page[top : max(top + 1, round(y1 + along)), left : max(left + 1, round(x1 + across))]


def _log_odds(p: NDArray[np.float32]) -> list[float]:
    p = np.clip(p, SURE, 1 - SURE)
    odds: list[float] = np.log(p / (1 - p)).tolist()
    return odds


def _without_clashes(
    regions: list[proposer.Region],
    classified: list[float],
    boxes: NDArray[np.float64],
    odds: NDArray[np.float32],
) -> list[JudgedRegion]:
    """What is said of a page's regions, sides moved; where some became one, of the likeliest."""
    rectangles: list[Rectangle] = [(x0, y0, x1, y1) for x0, y0, x1, y1 in boxes.tolist()]
    return [
        JudgedRegion(rectangles[i], classified[i], regions[i].logit, float(odds[i]))
        for i in proposer.without_clashes(boxes)
    ]


def _in_picture(region: JudgedRegion, sheet: Sheet, shape: tuple[int, ...]) -> JudgedRegion:
    """A region of a sheet, its box where it lies in the picture, whose height and width are given."""
    x0, y0, x1, y1 = np.clip(sheet.in_picture(region.box), 0, (shape[1], shape[0]) * 2).tolist()
    return replace(region, box=(x0, y0, x1, y1))


def _shares(box: Rectangle, shape: tuple[int, ...]) -> Box:
    height, width = shape
    return Box(box[0] / width, box[1] / height, box[2] / width, box[3] / height)
