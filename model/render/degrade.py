"""What happens to paper on its way to a file: scanners, copiers, fax machines, cameras and coders.

Every step that moves pixels also returns the 3x3 matrix that moves points, so boxes stay exact.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Page = NDArray[np.uint8]
Matrix = NDArray[np.float64]


def _noise(
    rng: np.random.Generator, field: NDArray[np.float32], shape: tuple[int, int]
) -> NDArray[np.float32]:
    top = int(rng.integers(0, max(1, field.shape[0] - shape[0])))
    left = int(rng.integers(0, max(1, field.shape[1] - shape[1])))
    part = field[top : top + shape[0], left : left + shape[1]]
    if part.shape != shape:
        part = np.resize(field, shape)
    return part


def grain(
    page: Page, rng: np.random.Generator, field: NDArray[np.float32], sigma: float, blur: float = 0.0
) -> Page:
    """Add noise of ``sigma`` grey levels, coarser with ``blur`` pixels."""
    part = _noise(rng, field, page.shape)
    if blur > 0.8:
        small = cv2.resize(
            part[: int(page.shape[0] / blur) + 1, : int(page.shape[1] / blur) + 1], page.shape[::-1]
        )
        part = small
    return np.asarray(cv2.add(page, part * np.float32(sigma), dtype=cv2.CV_8U), np.uint8)


def toned(page: Page, rng: np.random.Generator) -> Page:
    """Coloured or aged paper and faded print seen in grey, with an uneven lamp."""
    paper = int(rng.integers(170, 256)) if rng.random() < 0.6 else int(rng.integers(235, 256))
    black = int(rng.integers(0, 70))
    table = np.linspace(black, paper, 256).astype(np.uint8)
    out = cv2.LUT(page, table)
    if rng.random() < 0.5:
        small = rng.uniform(-14, 14, (4, 3)).astype(np.float32)
        out = cv2.add(
            out, cv2.resize(small, page.shape[::-1], interpolation=cv2.INTER_CUBIC), dtype=cv2.CV_8U
        )
    return np.asarray(out, np.uint8)


def show_through(page: Page, other: Page, rng: np.random.Generator) -> Page:
    """Print of the back side, mirrored, pale and blurred."""
    back = cv2.GaussianBlur(cv2.resize(other[:, ::-1], page.shape[::-1]), (0, 0), 2.5)
    alpha = float(rng.uniform(0.04, 0.16))
    return np.asarray(
        cv2.multiply(page, cv2.convertScaleAbs(back, alpha=alpha, beta=255 * (1 - alpha)), scale=1 / 255),
        np.uint8,
    )


def copied(page: Page, rng: np.random.Generator, field: NDArray[np.float32]) -> Page:
    """One generation of photocopying: blur, hard contrast, toner specks."""
    out = cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.5, 1.2)))
    middle = rng.uniform(150, 215)
    gain = max(rng.uniform(1.6, 4), 127 / (250 - middle))  # paper comes out white
    table = np.clip((np.arange(256) - middle) * gain + 128, 0, 255).astype(np.uint8)
    out = grain(out, rng, field, float(rng.uniform(0.2, 1)) * min(18, (250 - middle) / 3.2))
    return specks(np.asarray(cv2.LUT(out, table), np.uint8), rng)


def specks(page: Page, rng: np.random.Generator) -> Page:
    """Dust and toner specks, and a few dropouts."""
    height, width = page.shape
    for tone, most in ((0, 250), (255, 120)):
        count = int(rng.exponential(most / 4))
        ys, xs = rng.integers(0, height, count), rng.integers(0, width, count)
        page[ys, xs] = tone
        grown = count // 4
        page[np.minimum(ys[:grown] + 1, height - 1), xs[:grown]] = tone
        page[ys[:grown], np.minimum(xs[:grown] + 1, width - 1)] = tone
    return page


def bilevel(page: Page, rng: np.random.Generator, field: NDArray[np.float32]) -> Page:
    """1-bit scan or fax: noise, a threshold, a fax's resolution at times; thin strokes break or swell."""
    height, width = page.shape
    out = page
    if rng.random() < 0.55:
        # Group 3 fax: 204 x 98 or 204 x 196 dots per inch on a page of about 8.3 x 11.7 inches.
        share = rng.uniform(0.55, 1.0)
        rows = share * (0.55 if rng.random() < 0.2 else 1.0)
        out = cv2.resize(out, (round(width * share), round(height * rows)), interpolation=cv2.INTER_AREA)
    sigma = float(rng.uniform(3, 22))
    out = grain(out, rng, field, sigma)
    # Bare paper stays paper but for one pixel in a hundred.
    level = int(np.clip(rng.normal(178, 24), 125, min(228, 250 - 2.4 * sigma)))
    _, out = cv2.threshold(out, level, 255, cv2.THRESH_BINARY)
    out = np.asarray(out, np.uint8)
    if out.shape != page.shape:
        mode = cv2.INTER_NEAREST if rng.random() < 0.3 else cv2.INTER_LINEAR
        out = np.asarray(cv2.resize(out, (width, height), interpolation=mode), np.uint8)
        if rng.random() < 0.5:
            out = np.where(out > 127, 255, 0).astype(np.uint8)
    return specks(out, rng) if rng.random() < 0.6 else out


def low_resolution(page: Page, rng: np.random.Generator) -> Page:
    """A small file blown up again."""
    height, width = page.shape
    share = rng.uniform(0.35, 0.75)
    small = cv2.resize(page, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
    mode = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    return np.asarray(cv2.resize(small, (width, height), interpolation=mode), np.uint8)


def coded(page: Page, rng: np.random.Generator) -> Page:
    """JPEG, sometimes twice."""
    for _ in range(2 if rng.random() < 0.15 else 1):
        _, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 92))])
        page = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return page


def moved(page: Page, rng: np.random.Generator, *, fill: int) -> tuple[Page, Matrix]:
    """The skew, shift and shrinking of a scanner or copier; what lies beyond the paper is ``fill``."""
    height, width = page.shape
    turn = rng.normal(0, 0.8) if rng.random() < 0.85 else rng.normal(0, 2.5)
    share = rng.uniform(0.9, 1.03) if rng.random() < 0.85 else rng.uniform(0.65, 0.9)
    affine = cv2.getRotationMatrix2D((width / 2, height / 2), float(turn), float(share))
    affine[:, 2] += rng.normal(0, 0.012, 2) * [width, height]
    out = cv2.warpAffine(page, affine, (width, height), flags=cv2.INTER_LINEAR, borderValue=fill)
    return np.asarray(out, np.uint8), np.vstack([affine, [0, 0, 1]])


def photographed(page: Page, rng: np.random.Generator, field: NDArray[np.float32]) -> tuple[Page, Matrix]:
    """A phone's view: perspective, a table behind, shadow, uneven light, blur and noise."""
    height, width = page.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inset = rng.uniform(-0.02, 0.09, (4, 2)) * [width, height]
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    target = (corners + inset * signs).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    table = int(rng.integers(20, 190))
    out = cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=table)
    light = rng.uniform(0.55, 1.1, (3, 3)).astype(np.float32)
    light = cv2.resize(light, (width // 8, height // 8), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        edge = np.array([rng.uniform(-0.2, 1.2, 2), rng.uniform(-0.2, 1.2, 2), rng.uniform(-0.2, 1.5, 2)])
        shade = np.ones_like(light)
        cv2.fillPoly(shade, [(edge * light.shape[::-1]).astype(np.int32)], float(rng.uniform(0.55, 0.85)))
        light *= cv2.GaussianBlur(shade, (0, 0), float(rng.uniform(2, 14)))
    out = cv2.multiply(out, cv2.resize(light, (width, height)), dtype=cv2.CV_8U)
    out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.5)))
    return grain(np.asarray(out, np.uint8), rng, field, float(rng.uniform(1, 8)), 1.5), matrix.astype(
        np.float64
    )


def edges(page: Page, rng: np.random.Generator) -> None:
    """Black bands, corners and hairlines that a copier leaves along the edges, in place."""
    height, width = page.shape
    tone = int(rng.integers(0, 60))
    for _ in range(int(rng.integers(1, 4))):
        side = rng.integers(0, 4)
        thick = round(rng.exponential(0.008) * width) + 1
        start, stop = np.sort(rng.uniform(0, 1, 2))
        if rng.random() < 0.5:
            start, stop = 0.0, 1.0
        offset = round(rng.exponential(0.012) * width) if rng.random() < 0.5 else 0
        if side < 2:
            band = (
                slice(offset, offset + thick) if side == 0 else slice(width - offset - thick, width - offset)
            )
            page[round(start * height) : round(stop * height), band] = tone
        else:
            band = (
                slice(offset, offset + thick)
                if side == 2
                else slice(height - offset - thick, height - offset)
            )
            page[band, round(start * width) : round(stop * width)] = tone
    if rng.random() < 0.3:
        _clips(page, rng, tone)


def _clips(page: Page, rng: np.random.Generator, tone: int) -> None:
    """Shadows of clips, tabs and torn corners at an edge: frames and wedges half off the page, in place."""
    height, width = page.shape
    for _ in range(int(rng.integers(1, 4))):
        size = rng.uniform(0.01, 0.05) * width
        along = rng.uniform(0, 1)
        side = int(rng.integers(4))
        x, y = [(along * width, height), (along * width, 0), (0, along * height), (width, along * height)][
            side
        ]
        corners = np.array([[-1.6, -0.7], [1.6, -0.5], [1.5, 0.6], [-1.7, 0.8]]) + rng.normal(0, 0.3, (4, 2))
        points = (np.array([x, y]) + corners * size).astype(np.int32)
        if rng.random() < 0.5:
            cv2.fillPoly(page, [points], tone)
        else:
            cv2.polylines(page, [points], True, tone, max(1, round(size * rng.uniform(0.1, 0.4))))


WAYS = {"copy": 0.24, "fax": 0.32, "scan": 0.28, "clean": 0.09, "camera": 0.07}
"""The ways a page takes to a file, with their shares."""


def degraded(
    page: Page, rng: np.random.Generator, field: NDArray[np.float32], *, way: str | None = None
) -> tuple[Page, Matrix]:
    """Send a clean page one of the ways documents take; returns the page and how its points moved.

    Args:
        page: grey uint8 (height, width).
        rng: source of chance.
        field: standard normal noise, float32, at least as large as the page.
        way: a key of ``WAYS``; drawn by their shares where None.
    """
    matrix: Matrix = np.eye(3)
    way = way or str(rng.choice(list(WAYS), p=list(WAYS.values())))
    if way == "camera":
        page, matrix = photographed(toned(page, rng), rng, field)
        return coded(page, rng), matrix
    if way != "clean":
        page, matrix = moved(page, rng, fill=255 if rng.random() < 0.85 else int(rng.integers(0, 120)))
    if way in {"copy", "fax"}:
        if rng.random() < 0.35:
            edges(page, rng)
        for _ in range(int(rng.integers(0, 3)) if way == "fax" else 1):
            page = copied(page, rng, field)
        if way == "fax":
            page = bilevel(page, rng, field)
    elif way == "scan":
        page = toned(page, rng)
        if rng.random() < 0.5:
            page = np.asarray(cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.4, 1.1))), np.uint8)
        page = grain(page, rng, field, float(rng.uniform(0.5, 6)), float(rng.choice([0, 2])))
    if rng.random() < 0.25:
        page = low_resolution(page, rng)
    if rng.random() < (0.75 if way == "scan" else 0.25):
        page = coded(page, rng)
    return page, matrix
