"""Whatever a decoder raises becomes one named document error."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from results.errors import Damaged, DocumentError, TooMuchMemory, Truncated

_CUT_SHORT = ("truncated", "unexpected end", "unexpected eof", "not enough image data", "premature end")
"""What Pillow's decoders say of a file that ends early."""

_PDF_TAIL_BYTES = 4096


@contextmanager
def named(format_name: str, file: BinaryIO) -> Iterator[None]:
    """Turns every exception of a decoder into a document error.

    Decoders raise nearly anything on broken input: OSError, ValueError, TypeError, SyntaxError, EOFError,
    IndexError, NotImplementedError, struct.error, RuntimeError and more.

    Args:
        format_name: A key of `workers.decode.media.MEDIA_TYPES`.
        file: The document, looked at to tell a file cut short from a broken one.

    Raises:
        DocumentError: in place of whatever was raised.
    """
    try:
        yield
    except DocumentError:
        raise
    except MemoryError:
        raise TooMuchMemory from None
    except Exception as error:
        detail = _one_line(error)
        if _says_cut_short(error) or is_cut_short(format_name, file):
            raise Truncated(detail) from None
        raise Damaged(detail) from None


def _one_line(error: Exception) -> str:
    """What the exception says, on one line of bounded length, without the address of any object."""
    text = " ".join(str(error).split()).partition(" <_io.")[0]
    return text[:200] or type(error).__name__


def _says_cut_short(error: Exception) -> bool:
    return isinstance(error, EOFError) or any(words in str(error).lower() for words in _CUT_SHORT)


def is_cut_short(format_name: str, file: BinaryIO) -> bool:
    """Whether the file's own structure says that bytes are missing at its end.

    Args:
        format_name: A key of `workers.decode.media.MEDIA_TYPES`.
        file: The document.

    Returns:
        True where the file is shorter than its header promises.
    """
    check = {"pdf": _pdf_cut_short, "tiff": _tiff_cut_short, "webp": _webp_cut_short}.get(format_name)
    try:
        return check is not None and check(file, file.seek(0, os.SEEK_END))
    except (OSError, ValueError, struct.error):
        return False


def _pdf_cut_short(file: BinaryIO, size: int) -> bool:
    """A whole PDF ends with `startxref`, an offset and `%%EOF`, give or take bytes (ISO 32000-1, 7.5.5)."""
    file.seek(max(0, size - _PDF_TAIL_BYTES))
    tail = file.read()
    return b"startxref" not in tail and b"%%EOF" not in tail


def _tiff_cut_short(file: BinaryIO, size: int) -> bool:
    """The first directory of a TIFF lies where its header says, often at the end (TIFF 6.0, section 2)."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\x00", b"\x00+")
    (offset,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
    return bool(offset >= size)


def _webp_cut_short(file: BinaryIO, size: int) -> bool:
    """A RIFF header states the length of what follows it."""
    file.seek(4)
    (length,) = struct.unpack("<I", file.read(4))
    return bool(length + 8 > size)
