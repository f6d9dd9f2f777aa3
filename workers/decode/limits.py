"""What one document may cost."""

from dataclasses import dataclass

FORMATS = frozenset({"jpeg", "png", "tiff", "bmp", "gif", "webp", "pdf"})
"""The formats that can be decoded, as `COUNTERSIGN_FORMATS` names them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are checked before anything is decoded."""

    max_pages: int = 5000
    max_page_pixels: int = 200_000_000
    """Pixels of one page as its header states them, width times height."""
    formats: frozenset[str] = FORMATS
    """Formats that are decoded at all."""
