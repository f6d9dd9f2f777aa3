"""PDF pages with pdfium as a reader shows them: rotation, annotations and form fields included."""

from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.internal as pdfium_i
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from model.values import PAGE_LONG_SIDE
from results.errors import Encrypted, NoPages, TooManyPages, TooManyPixels, Truncated
from workers.decode.faults import is_cut_short
from workers.decode.limits import Limits

_POINTS_PER_INCH: Final = 72
_MOST_DOTS_PER_INCH: Final = 300
"""Beyond this a small page gains no ink, only pixels."""


def pdf_pages(file: BinaryIO, limits: Limits) -> Iterator[NDArray[np.uint8]]:
    """Renders a PDF page by page, each with its long side at `PAGE_LONG_SIDE` (about 142 dpi on A4).

    Args:
        file: An open binary file; pdfium reads only what a page needs.
        limits: What the document may cost.

    Yields:
        Grey uint8 (height, width), upright, long side at most `PAGE_LONG_SIDE`.

    Raises:
        DocumentError: it is encrypted, cut short, without pages, or costs more than the limits.
        Exception: anything at all, where the file is broken; `workers.decode.faults.named` names it.
    """
    if is_cut_short("pdf", file):  # pdfium would mend it and show the pages that are left
        raise Truncated
    with _opened(file) as document:
        document.init_forms()
        count = len(document)
        if count > limits.max_pages:
            raise TooManyPages(f"it has {count:,}, the limit is {limits.max_pages:,}")
        for number in range(count):
            page = document[number]
            try:
                _check_pictures(page, number + 1, limits)
                yield _rendered(page)
            finally:
                page.close()


def _opened(file: BinaryIO) -> pdfium.PdfDocument:
    """Opens the document.

    Raises:
        Encrypted: it needs a password, or is protected in a way pdfium does not know.
        NoPages: it is whole but has no pages.
    """
    file.seek(0)
    try:
        return pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        # pdfium keeps the code of an earlier failure when it opens a document that has no pages.
        if _opens(file):
            raise NoPages from None
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise Encrypted from None
        raise


def _opens(file: BinaryIO) -> bool:
    """Whether pdfium itself can open the document, pages or none."""
    reader, _kept_alive = pdfium_i.get_bufreader(file)
    document = pdfium_c.FPDF_LoadCustomDocument(reader, None)
    if document:
        pdfium_c.FPDF_CloseDocument(document)
    return bool(document)


def _check_pictures(page: pdfium.PdfPage, number: int, limits: Limits) -> None:
    """Refuses a page by the stated size of a picture on it, before pdfium takes memory to unpack it."""
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        width, height = picture.get_px_size()
        if width * height > limits.max_page_pixels:
            raise TooManyPixels(
                f"page {number} holds a picture of {width:,} x {height:,} pixels, "
                f"the limit is {limits.max_page_pixels:,}"
            )


def _rendered(page: pdfium.PdfPage) -> NDArray[np.uint8]:
    width, height = page.get_size()
    scale = min(PAGE_LONG_SIDE / max(width, height, 1e-3), _MOST_DOTS_PER_INCH / _POINTS_PER_INCH)
    # pdfium rounds sizes up: stay half a pixel below the bound.
    bitmap = page.render(scale=scale * (1 - 0.5 / PAGE_LONG_SIDE), grayscale=True)
    try:
        raster = bitmap.to_numpy()
        return np.array(raster if raster.ndim == 2 else raster[:, :, 0], dtype=np.uint8)
    finally:
        bitmap.close()
