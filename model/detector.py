"""The model's face: pages in, signatures out.

Two steps. The proposer looks at the whole page, reduced, and names a few regions; the classifier looks at
each of
them at twice that resolution. A region's score is made of both and is calibrated. An input that is itself a
single cropped word or signature has no page to look at, and goes to the classifier at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from model import proposer
from model.classifier import Classifier
from model.engine import EngineName, Network, choose_engine
from model.release import Release, read_release
from model.single_crop import Rectangle, single_crop
from model.threads import Threads
from model.values import PAGE_LONG_SIDE, Box, Signature

__all__ = ["PAGE_LONG_SIDE", "Detector"]

CONTEXT: Final = 0.1
"""Share of a region's size shown to the classifier on each side."""

SURE: Final = 1e-4
"""The classifier's probabilities are kept this far from 0 and 1: it is never that sure."""

LIFT: Final = 0.95
"""A region is looked at again where a classifier this sure of it would lift it to the floor: one crop less in
three than where it would have to be as sure as it can be, and the same figures."""

PAGES_AT_ONCE: Final = 32
"""Pages in one run of the proposer; it bounds the memory that canvases take."""


@dataclass(frozen=True, slots=True)
class JudgedRegion:
    """What both networks say of a region.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the page.
        proposed: The proposer's logit of a signature; None where the input is a single crop.
        odds: The classifier's log odds of a signature.
    """

    box: Rectangle
    proposed: float | None
    odds: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A region of a page of the batch, or the ink of a single crop (without a logit)."""

    page: int
    box: Rectangle
    proposed: float | None


class Detector:
    """Finds handwritten signatures on pages; any thread may call it, one at a time."""

    def __init__(
        self, release: Release, proposals: Network, classifier: Classifier, *, threads: int | None = None
    ) -> None:
        """Takes loaded parts; `Detector.load` is how to make one.

        Args:
            release: What they belong to.
            proposals: From ink (n, height, width, 1) uint8 to maps, see `model.proposer`.
            classifier: Of crops.
            threads: Cores that prepare pages; None is all.
        """
        self.release = release
        self._proposals = proposals
        self._classifier = classifier
        self._threads = Threads(threads)
        self._least_logit = _least_logit(release)

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
        proposals, network = (runner.load(described.folder, name) for name in ("proposer", "classifier"))
        return cls(described, proposals, Classifier(network), threads=threads)

    def detect(self, pages: Sequence[NDArray[np.uint8]]) -> list[list[Signature]]:
        """Finds the signatures on each page.

        Args:
            pages: Grey uint8 (height, width) each, any size, ink dark on light, upright.

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
        """What both networks say of each page, before it is made into scores; `detect` is what people call.

        Args:
            pages: As for `detect`.

        Returns:
            For each page its regions.

        Raises:
            ValueError: a page is not a uint8 array of two dimensions.
        """
        judged: list[list[JudgedRegion]] = []
        for start in range(0, len(pages), PAGES_AT_ONCE):
            judged += self._regions([_checked(page) for page in pages[start : start + PAGES_AT_ONCE]])
        return judged

    def _regions(self, pages: list[NDArray[np.uint8]]) -> list[list[JudgedRegion]]:
        candidates = self._candidates(pages)
        crops = [_crop(pages[candidate.page], candidate) for candidate in candidates]
        alone = np.array([candidate.proposed is None for candidate in candidates], bool)
        p = np.empty(len(candidates))
        p[~alone] = self._classifier.classify([crops[i] for i in np.flatnonzero(~alone)])
        p[alone] = self._classifier.classify_alone([crops[i] for i in np.flatnonzero(alone)])
        p = np.clip(p, SURE, 1 - SURE)
        judged: list[list[JudgedRegion]] = [[] for _ in pages]
        for candidate, odds in zip(candidates, np.log(p / (1 - p)), strict=True):
            judged[candidate.page].append(JudgedRegion(candidate.box, candidate.proposed, float(odds)))
        return judged

    def _candidates(self, pages: list[NDArray[np.uint8]]) -> list[_Candidate]:
        """Regions of every page, those of the proposer and single crops."""
        candidates = []
        canvases: dict[int, proposer.Canvas] = {}
        for index, seen in enumerate(self._threads.map(_seen, pages)):
            if isinstance(seen, proposer.Canvas):
                canvases[index] = seen
            elif seen is not None:
                candidates.append(_Candidate(index, seen, None))
        for shape in (proposer.PORTRAIT, proposer.LANDSCAPE):
            those = [index for index in canvases if canvases[index].ink.shape == shape]
            if not those:
                continue
            maps = self._proposals(np.stack([canvases[index].ink[..., None] for index in those]))
            for index, page_maps in zip(those, maps, strict=True):
                regions = proposer.regions(page_maps, canvases[index], pages[index].shape, self._least_logit)
                candidates += [_Candidate(index, region.box, region.logit) for region in regions]
        return candidates

    def _score(self, region: JudgedRegion) -> float:
        """The calibrated score."""
        weights = self.release.calibration
        if region.proposed is None:
            total = weights.crop_classifier * region.odds + weights.crop_offset
        else:
            total = weights.proposer * region.proposed + weights.classifier * region.odds + weights.offset
        return 1 / (1 + math.exp(-total))


def _least_logit(release: Release) -> float:
    """The proposer's logit below which a classifier as sure as LIFT cannot lift a region to the floor."""
    weights = release.calibration
    most = weights.classifier * math.log(LIFT / (1 - LIFT)) + weights.offset
    return (math.log(release.floor / (1 - release.floor)) - most) / weights.proposer


def _checked(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if page.dtype != np.uint8 or page.ndim != 2:
        raise ValueError(f"a page is a uint8 array (height, width), not {page.dtype} {page.shape}")
    return proposer.upright_ink(page) if page.size else page


def _seen(page: NDArray[np.uint8]) -> proposer.Canvas | Rectangle | None:
    """What is looked at first: a page's canvas, the ink of a single crop, nothing of an empty page."""
    if not page.size:
        return None
    return single_crop(page) or proposer.canvas(page)


def _crop(page: NDArray[np.uint8], candidate: _Candidate) -> NDArray[np.uint8]:
    """The pixels the classifier judges: a region with some context, or all of a single crop."""
    if candidate.proposed is None:
        return page
    x0, y0, x1, y1 = candidate.box
    across, along = CONTEXT * (x1 - x0), CONTEXT * (y1 - y0)
    left, top = max(0, int(x0 - across)), max(0, int(y0 - along))
    return page[top : max(top + 1, round(y1 + along)), left : max(left + 1, round(x1 + across))]


def _shares(box: Rectangle, shape: tuple[int, ...]) -> Box:
    height, width = shape
    return Box(box[0] / width, box[1] / height, box[2] / width, box[3] / height)
