"""Images with Pillow: JPEG, PNG, TIFF, BMP, GIF, WebP."""

from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, JpegImagePlugin

from model.values import PAGE_LONG_SIDE
from results.errors import Damaged, NoPages, TooManyPages, TooManyPixels
from workers.decode.grey import to_grey
from workers.decode.limits import Limits
from workers.decode.shrink import shrink

Image.MAX_IMAGE_PIXELS = None  # `_check_pixels` refuses instead, at the limit of the settings

_TURNS: Final = {
    2: lambda page: page[:, ::-1],
    3: lambda page: page[::-1, ::-1],
    4: lambda page: page[::-1],
    5: lambda page: page.T,
    6: lambda page: page.T[:, ::-1],
    7: lambda page: page[::-1, ::-1].T,
    8: lambda page: page.T[::-1],
}
"""EXIF orientation to what turns the stored raster upright (EXIF 2.32, tag 274)."""


class _Jpeg(JpegImagePlugin.JpegImageFile):
    """A JPEG that opens whatever its EXIF block holds."""

    def _read_dpi_from_exif(self) -> None:
        """Leaves the resolution alone: Pillow reads it while it opens, and a broken block fails the image."""


def raster_pages(file: BinaryIO, name: str, limits: Limits) -> Iterator[NDArray[np.uint8]]:
    """Decodes an image page by page.

    Args:
        file: An open binary file at its beginning; of a real file, libtiff reads only what a page needs.
        name: Its format, a key of `workers.decode.media.MEDIA_TYPES`.
        limits: What the document may cost.

    Yields:
        Grey uint8 (height, width), upright, long side at most `PAGE_LONG_SIDE`.

    Raises:
        DocumentError: it costs more than the limits, or has no pages.
        Exception: anything at all, where the file is broken; `workers.decode.faults.named` names it.
    """
    with _Jpeg(file) if name == "jpeg" else Image.open(file, formats=[name.upper()]) as image:
        frames = _frame_count(image, name, limits)
        for number in range(frames):
            if number:
                image.seek(number)
            _check_pixels(image, number + 1, limits)
            yield _page(image)


def _frame_count(image: Image.Image, name: str, limits: Limits) -> int:
    """Pages of the document: the frames of a TIFF, the first frame of an animation."""
    if name != "tiff":
        return 1
    frames = int(getattr(image, "n_frames", 1))
    if frames < 1:
        raise NoPages
    if frames > limits.max_pages:
        raise TooManyPages(f"it has {frames:,}, the limit is {limits.max_pages:,}")
    return frames


def _check_pixels(image: Image.Image, number: int, limits: Limits) -> None:
    """Refuses a page by its header, before any memory is taken for it."""
    width, height = image.size
    if width < 1 or height < 1:
        raise Damaged(f"page {number} is {width} x {height} pixels")
    if width * height > limits.max_page_pixels:
        raise TooManyPixels(
            f"page {number} is {width:,} x {height:,} pixels, the limit is {limits.max_page_pixels:,}"
        )


def _page(image: Image.Image) -> NDArray[np.uint8]:
    """The image's present frame, decoded, reduced and upright."""
    aspect = _pixel_aspect(image)
    # Of a JPEG, libjpeg can decode luminance alone at a half, a quarter or an eighth: twice as fast and more.
    image.draft("L", _at_most_long_side(image.size))
    turned = image.format == "TIFF"  # Pillow turns TIFF pages upright itself as it loads them
    size = image.size
    image.load()
    if image.size != size:
        aspect = 1 / aspect
    grey = shrink(to_grey(image), aspect=aspect)
    orientation = 1 if turned else _orientation(image)
    return np.ascontiguousarray(_TURNS.get(orientation, np.asarray)(grey))


def _at_most_long_side(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, PAGE_LONG_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation; a broken EXIF block is harmless and means 1."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # the EXIF parser raises as freely as any decoder
        return 1


def _pixel_aspect(image: Image.Image) -> float:
    """Width over height of a TIFF's pixels: faxes come at 204 x 98 dots per inch. 1 where implausible."""
    if image.format != "TIFF":
        return 1.0
    try:
        across, down = (float(dots) for dots in image.info.get("dpi", (1, 1)))
        aspect = down / across
    except (TypeError, ValueError, ZeroDivisionError):
        return 1.0
    return aspect if 1 / 3 <= aspect <= 3 and not 0.95 <= aspect <= 1.05 else 1.0
