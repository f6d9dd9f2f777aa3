"""The sample documents: what a newcomer runs the project on first, and what its tests read.

Names say what is true of a document. Everything is drawn with fonts and the stroke model alone: no real ink.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from model.render import handwriting, ink
from model.render.assets import Assets
from model.render.pages import render_page


@dataclass(frozen=True)
class Sample:
    """One document: its file name and each page's kind, whether signed, way to the file and seed."""

    name: str
    pages: tuple[tuple[str, bool, str, int], ...]
    long_side: int = 1650
    bilevel: bool = False


SAMPLES = (
    Sample("letter-signed.png", (("letter", True, "fax", 101),), bilevel=True),
    Sample("letter-unsigned.jpg", (("letter", False, "scan", 105),)),
    Sample(
        "contract-signed.pdf",
        (("print", False, "scan", 103), ("contract", False, "scan", 101), ("contract", True, "scan", 104)),
    ),
    Sample("form-signed.tif", (("form", True, "fax", 105),), bilevel=True),
    Sample("fax-signed.tif", (("fax cover", False, "fax", 101), ("letter", True, "fax", 105)), bilevel=True),
    Sample("certificate-signed.jpg", (("certificate", True, "scan", 101),)),
    Sample("cheque-signed.png", (("cheque", True, "scan", 102),), long_side=1100),
    Sample("memo-photographed-signed.jpg", (("memo", True, "camera", 101),)),
    Sample("receipt-unsigned.png", (("receipt", False, "clean", 103),), long_side=1200),
    Sample("handwritten-unsigned.jpg", (("handwritten letter", False, "scan", 105),)),
    Sample("invoice-unsigned.pdf", (("invoice", False, "copy", 14),)),
    Sample("typescript-unsigned.webp", (("typescript", False, "scan", 15),)),
)
SIGNATURE_SEED = 104


def render_samples(folder: Path, assets: Assets) -> list[Path]:
    """Write the sample documents and one crop of a signature into ``folder``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_written(folder, sample, assets) for sample in SAMPLES]
    mask, _ = handwriting.signature(np.random.default_rng(SIGNATURE_SEED), assets, 460, 190, 1.0)
    crop = np.full((mask.shape[0] + 30, mask.shape[1] + 36), 244, np.uint8)
    ink.paste(crop, mask, 18, 15, 0.85)
    Image.fromarray(crop).save(folder / "signature.png", optimize=True)
    return [*paths, folder / "signature.png"]


def _written(folder: Path, sample: Sample, assets: Assets) -> Path:
    images = []
    for kind, signed, way, seed in sample.pages:
        rng = np.random.default_rng(seed)
        page = render_page(rng, assets, long_side=sample.long_side, kind=kind, signed=signed, way=way)
        image = Image.fromarray(page.image)
        images.append(image.convert("1", dither=Image.Dither.NONE) if sample.bilevel else image)
    path = folder / sample.name
    more: dict[str, Any] = {"save_all": True, "append_images": images[1:]} if len(images) > 1 else {}
    images[0].save(path, **more, **_options(sample))
    return path


def _options(sample: Sample) -> dict[str, Any]:
    suffix = Path(sample.name).suffix
    if suffix == ".tif":
        return {"compression": "group4", "dpi": (150, 150)}
    if suffix == ".pdf":
        # Pillow would write the time of day: the same seed must make the same file.
        return {"resolution": 150.0, "quality": 60, "creationDate": None, "modDate": None}
    return {"quality": 62} if suffix in {".jpg", ".webp"} else {"optimize": True}
