"""What a file is, by its first bytes and never by its name."""

import struct
from contextlib import suppress

from results.errors import FormatNotAllowed, NotAnImage

HEAD_BYTES = 1024
"""How much of a file's beginning is looked at; a PDF may have this much of something else before `%PDF-`."""

MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
}
"""Format name to media type."""

_MAGIC = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"II+\x00": "tiff",  # BigTIFF
    b"MM\x00+": "tiff",
    b"BM": "bmp",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}


def recognise(head: bytes, allowed: frozenset[str]) -> str:
    """Names the format of a file.

    Args:
        head: Its first `HEAD_BYTES` bytes.
        allowed: Formats that may be decoded.

    Returns:
        A key of `MEDIA_TYPES`.

    Raises:
        FormatNotAllowed: an image or PDF, but of a format not in `allowed`.
        NotAnImage: nothing that is known.
    """
    found = _known(head)
    if found in allowed:
        return found
    other = found or _other_image(head)
    if other is None:
        raise NotAnImage
    raise FormatNotAllowed(f"this is {other.upper()}")


def _known(head: bytes) -> str | None:
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return "pdf" if b"%PDF-" in head else None


def _other_image(head: bytes) -> str | None:
    """The name of any other image format that Pillow recognises by its first bytes, without parsing it."""
    from PIL import Image

    Image.init()
    for name, (_, accepts) in Image.OPEN.items():
        with suppress(SyntaxError, IndexError, TypeError, struct.error):  # the head may be a byte or two
            if accepts is not None and accepts(head) is True:
                return name
    return None
