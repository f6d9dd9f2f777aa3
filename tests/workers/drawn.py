"""Documents that tests draw themselves: white, with a black bar across the top and a grey one at the left."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 120, 160


def page(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """An upright page, grey uint8 (height, width): black top eighth, grey left eighth, else white."""
    raster = np.full((height, width), 255, dtype=np.uint8)
    raster[:, : width // 8] = 128
    raster[: height // 8] = 0
    return raster


def picture(mode: str = "L") -> Image.Image:
    """The page as a Pillow image."""
    return Image.fromarray(page()).convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def assert_upright(raster: NDArray[np.uint8], tolerance: int = 12) -> None:
    """Asserts that a decoded page shows the bars where they belong, whatever its size."""
    assert raster.dtype == np.uint8
    height, width = raster.shape
    seen = [
        raster[height // 16, width // 2],
        raster[height // 2, width // 16],
        raster[height // 2, width // 2],
        raster[-3, -3],
    ]
    assert np.allclose(seen, [0, 128, 255, 255], atol=tolerance), seen


def pdf(pages: Sequence[str], extra: str = "", kids: int | None = None) -> bytes:
    """A PDF written by hand.

    Args:
        pages: The further entries of each page's dictionary, e.g. `/Rotate 90`; 120 x 160 points, bars drawn.
        extra: Further entries of the trailer.
        kids: What `/Count` states, if not the number of pages.
    """
    content = b"0 g 0 140 120 20 re f 0.5 g 0 0 15 140 re f"
    count = len(pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{4 + i} 0 R' for i in range(count))}] "
        f"/Count {count if kids is None else kids} >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        *(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 120 160] /Contents 3 0 R {entries} >>".encode()
            for entries in pages
        ),
    ]
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer << /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, extra.encode()))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()
