"""A page with its signatures drawn on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from results.queries import SignatureBox

INK = (214, 40, 40)
"""Colour of boxes and scores."""


def draw(page: "np.ndarray", signatures: "Sequence[SignatureBox]") -> "Image":
    """Draws boxes and scores on a page.

    Args:
        page: Grey page (height, width), uint8, as a person reads it.
        signatures: The signatures on this page, boxes in [0, 1] of page width and height, origin top left.

    Returns:
        The page in colour, same size.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(page).convert("RGB")
    pen = ImageDraw.Draw(image)
    line = max(2, max(image.size) // 400)
    font = ImageFont.load_default(size=max(12, max(image.size) // 60))
    for signature in signatures:
        left, top = signature.x0 * image.width, signature.y0 * image.height
        right, bottom = signature.x1 * image.width, signature.y1 * image.height
        pen.rectangle((left, top, right, bottom), outline=INK, width=line)
        label = f" {signature.score:.2f} "
        x0, y0, x1, y1 = pen.textbbox((0, 0), label, font=font)
        label_top = top - (y1 - y0) - 2 * line
        label_top = label_top if label_top >= 0 else bottom
        pen.rectangle((left, label_top, left + x1 - x0, label_top + y1 - y0 + 2 * line), fill=INK)
        pen.text((left - x0, label_top - y0 + line), label, fill="white", font=font)
    return image
