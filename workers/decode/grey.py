"""Any Pillow image to ink on white paper: grey, 8 bits, alpha laid on white."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_WITH_ALPHA: Final = {"LA", "La", "PA", "RGBA", "RGBa"}
_SIXTEEN_BIT: Final = {"I;16", "I;16B", "I;16L", "I;16N"}

_TIFF_BITS_PER_SAMPLE: Final = 258
_TIFF_PHOTOMETRIC: Final = 262
_TIFF_MAX_SAMPLE_VALUE: Final = 281
_WHITE_IS_ZERO: Final = 0


def to_grey(image: Image.Image) -> NDArray[np.uint8]:
    """Converts a loaded image.

    Args:
        image: A loaded Pillow image of any mode.

    Returns:
        (height, width) uint8, 0 black, 255 white, at the image's full size.
    """
    if image.mode in _SIXTEEN_BIT:
        return _from_16_bits(image)
    if image.mode in ("I", "F"):
        return _from_wide_range(np.asarray(image))
    if image.mode == "LAB":
        return np.asarray(image.getchannel("L"))
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        return np.asarray(_on_white(image))
    return np.asarray(image.convert("L"))


def _on_white(image: Image.Image) -> Image.Image:
    """Lays an image with alpha, or with one transparent colour, on white paper."""
    grey_enough = image.mode in ("LA", "La")
    paired = image.convert("LA") if grey_enough else image.convert("RGBA")
    *_, alpha = paired.split()
    paper = Image.new("L", image.size, 255)
    paper.paste(paired.convert("L"), mask=alpha)
    return paper


def _from_16_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Keeps the 8 highest of the bits in use: 12-bit scanners store 12 bits in 16."""
    tags = getattr(image, "tag_v2", {})
    bits = int(tags.get(_TIFF_BITS_PER_SAMPLE, (16,))[0])
    (most,) = tags.get(_TIFF_MAX_SAMPLE_VALUE, (0,))
    values = np.asarray(image) >> np.uint16(max(0, (most.bit_length() or bits) - 8))
    grey = values.astype(np.uint8)
    if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:  # Pillow inverts 1 and 8 bits only
        np.subtract(255, grey, out=grey)
    return grey


def _from_wide_range(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scales 32-bit integers and floats: as [0, 1], 8 or 16 bits where they fit, else between extremes."""
    wide = np.nan_to_num(values.astype(np.float32), nan=np.inf, posinf=np.inf, neginf=-np.inf)
    finite = wide[np.isfinite(wide)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low >= 0:
        floats = values.dtype.kind == "f"
        steps = (1.0, 255.0, 65535.0) if floats else (255.0, 65535.0)
        low, high = 0.0, next((step for step in steps if high <= step), high)
    scaled = (np.clip(wide, low, high) - low) * (255.0 / max(high - low, 1e-12))
    return scaled.astype(np.uint8)
