"""The contact sheet: one page of every kind with its boxes, and rows of crops, as one picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.render.assets import Assets
from model.render.crops import Label, render_crop
from model.render.dataset import page_rng
from model.render.pages import LAYOUTS, RenderedPage, render_page

_PAGE, _COLUMNS = 330, 6
_CROP = (165, 70)
_SIGNATURE, _HANDWRITING = (40, 40, 220), (210, 130, 30)  # blue, green, red


def render_sheet(path: Path, assets: Assets, *, seed: int = 0) -> None:
    """Write the sheet as a palette PNG; signatures are framed red, other handwriting blue."""
    pages = [
        _drawn(render_page(page_rng(seed, index), assets, kind=kind, long_side=1248))
        for index, kind in enumerate([*LAYOUTS, *LAYOUTS][: 3 * _COLUMNS])
    ]
    rows = [np.hstack(pages[start : start + _COLUMNS]) for start in range(0, len(pages), _COLUMNS)]
    labels: tuple[Label, ...] = ("signature", "signature", "text", "handwriting")
    count = _COLUMNS * _PAGE // _CROP[0]
    for number, label in enumerate(labels):
        crops = [render_crop(page_rng(seed + 1 + number, index), assets, label) for index in range(count)]
        rows.append(np.hstack([_cell(cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR), _CROP) for crop in crops]))
    sheet = np.vstack(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(cv2.cvtColor(sheet, cv2.COLOR_BGR2RGB)).quantize(40, Image.Quantize.FASTOCTREE).save(
        path, optimize=True
    )


def _drawn(page: RenderedPage) -> NDArray[np.uint8]:
    scale = (_PAGE - 6) / max(page.image.shape)
    small = cv2.resize(page.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    for boxes, colour in ((page.handwriting, _HANDWRITING), (page.signatures, _SIGNATURE)):
        for x0, y0, x1, y1 in (boxes * scale).round().astype(int).tolist():
            cv2.rectangle(picture, (x0 - 1, y0 - 1), (x1 + 1, y1 + 1), colour, 1)
    return _cell(picture, (_PAGE, _PAGE))


def _cell(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture fitted into a cell of ``size`` (width, height) on a grey ground."""
    width, height = size
    scale = min((width - 6) / picture.shape[1], (height - 6) / picture.shape[0])
    if scale < 1:
        picture = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    cell = np.full((height, width, 3), 176, np.uint8)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    cell[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return cell
