"""One document in, its pages out."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from results.errors import EmptyFile
from workers.decode.faults import named
from workers.decode.limits import Limits
from workers.decode.media import HEAD_BYTES, recognise

Page = NDArray[np.uint8]
"""A grey raster (height, width), uint8, 0 black, upright as a person reads it."""


def pages(source: Path | str | bytes | BinaryIO, *, limits: Limits | None = None) -> Iterator[Page]:
    """Decodes a document page by page; holds no more than one page at a time.

    An animated GIF, PNG or WebP is one page, its first frame; every frame of a TIFF is a page. Not safe to
    call from several threads at once: pdfium is not.

    Args:
        source: A path, the bytes of the file, or an open binary file, which is left open.
        limits: What the document may cost; the defaults of the settings if not given.

    Yields:
        Grey uint8 arrays (height, width), upright, alpha on white, long side at most `PAGE_LONG_SIDE` pixels.

    Raises:
        DocumentError: the subclass says what is wrong with the document.
    """
    limits = limits or Limits()
    with _opened(source) as file:
        name = file_format(file, limits.formats)
        with named(name, file):
            # Pillow and pdfium are imported only for the documents that need them.
            if name == "pdf":
                from workers.decode.pdf import pdf_pages

                yield from pdf_pages(file, limits)
            else:
                from workers.decode.raster import raster_pages

                yield from raster_pages(file, name, limits)


def file_format(file: BinaryIO, allowed: frozenset[str]) -> str:
    """Names the format of an open file by its content.

    Args:
        file: An open binary file, read from its beginning and left there.
        allowed: Formats that may be decoded.

    Returns:
        A key of `workers.decode.media.MEDIA_TYPES`.

    Raises:
        EmptyFile: it holds no bytes.
        FormatNotAllowed: an image or PDF, but of a format not in `allowed`.
        NotAnImage: nothing that is known.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head:
        raise EmptyFile
    return recognise(head, allowed)


@contextmanager
def _opened(source: Path | str | bytes | BinaryIO) -> Iterator[BinaryIO]:
    """The source as an open binary file, closed afterwards if it was opened here."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path | str):
        with Path(source).open("rb") as file:
            yield file
    else:
        yield source
