"""Every format, colour and orientation comes out as the same upright grey page."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from model.values import PAGE_LONG_SIDE
from tests.workers.drawn import HEIGHT, WIDTH, assert_upright, encoded, page, pdf, picture
from workers.decode import pages

FORMATS = ["JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP"]


def only(document: bytes) -> np.ndarray:
    (raster,) = pages(document)
    return raster


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_format(format: str, mode: str) -> None:
    raster = only(encoded(picture(mode), format, quality=95))
    assert raster.shape == (HEIGHT, WIDTH)
    assert_upright(raster)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "GIF", "BMP"])
def test_palette(format: str) -> None:
    assert_upright(only(encoded(picture().convert("P"), format)))


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_where_jpeg_is_inverted_as_adobe_does(format: str) -> None:
    assert_upright(only(encoded(picture("RGB").convert("CMYK"), format)))


@pytest.mark.parametrize(
    ("mode", "format"), [("LA", "PNG"), ("RGBA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")]
)
def test_what_is_transparent_is_white(mode: str, format: str) -> None:
    ink = np.where(page() == 255, 0, page()).astype(np.uint8)
    alpha = np.where(page() == 255, 0, 255).astype(np.uint8)
    image = Image.merge("LA", (Image.fromarray(ink), Image.fromarray(alpha)))
    assert_upright(only(encoded(image.convert(mode), format, lossless=True)))


def test_one_transparent_colour_is_white() -> None:
    raster = np.where(page() == 255, 7, page()).astype(np.uint8)
    assert_upright(only(encoded(Image.fromarray(raster), "PNG", transparency=7)))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bits(format: str) -> None:
    assert_upright(only(encoded(Image.fromarray(page().astype(np.uint16) * 257), format)))


def test_12_bits_in_16_and_white_is_zero() -> None:
    twelve = Image.fromarray(((255 - page()).astype(np.uint16) << 4) | 0xF)
    assert_upright(only(encoded(twelve, "TIFF", tiffinfo={281: 4095, 262: 0})))


@pytest.mark.parametrize("scale", [1 / 255, 1.0, 257.0, 1e4])
def test_floats(scale: float) -> None:
    assert_upright(only(encoded(Image.fromarray(page().astype(np.float32) * scale), "TIFF")))


def test_floats_that_are_no_numbers_are_paper() -> None:
    values = page().astype(np.float32)
    values[values == 255] = np.nan
    values[0, 0] = 255
    assert_upright(only(encoded(Image.fromarray(values), "TIFF")))


def test_32_bit_integers() -> None:
    assert_upright(only(encoded(Image.fromarray(page().astype(np.int32) * 257), "TIFF")))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_lzw", "raw", "tiff_adobe_deflate"])
def test_one_bit_tiff(compression: str) -> None:
    bars = page()
    bars[bars == 128] = 255
    raster = only(encoded(Image.fromarray(bars).convert("1"), "TIFF", compression=compression))
    assert np.array_equal(raster, bars)


def test_strokes_stay_on_a_reduced_one_bit_page() -> None:
    big = np.full((4400, 3400), 255, dtype=np.uint8)
    big[2000:2003, 300:3000] = 0  # a pen stroke of 3 dots at 400 dpi
    raster = only(encoded(Image.fromarray(big).convert("1"), "TIFF", compression="group4"))
    assert raster.shape == (PAGE_LONG_SIDE, round(3400 * PAGE_LONG_SIDE / 4400))
    assert raster[:, 600].min() < 160


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    undone = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}.get(orientation)
    stored = picture("RGB")
    if undone:
        turned = Image.Exif()
        turned[0x0112] = undone
        stored.info["exif"] = turned.tobytes()
        stored = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded(stored, "PNG", exif=turned))))
    raster = only(encoded(stored, format, exif=exif, quality=95))
    assert raster.shape == (HEIGHT, WIDTH)
    assert_upright(raster)


def test_broken_exif_is_harmless() -> None:
    document = encoded(picture("RGB"), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff", quality=95)
    assert_upright(only(document))


@pytest.mark.parametrize("format", FORMATS)
def test_trailing_bytes_are_harmless(format: str) -> None:
    assert_upright(only(encoded(picture("RGB"), format, quality=95) + b"\0" * 4096))


def test_a_coarse_fax_has_square_pixels() -> None:
    squashed = picture().resize((WIDTH, HEIGHT // 2), Image.Resampling.BOX)
    raster = only(encoded(squashed, "TIFF", dpi=(204, 98)))
    assert raster.shape == (round(HEIGHT / 2 * 204 / 98), WIDTH)
    assert_upright(raster)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("size", [(2480, 3508), (3508, 2480), (9000, 200), (1, 5000)])
def test_long_side_is_bounded(format: str, size: tuple[int, int]) -> None:
    raster = only(encoded(Image.new("L", size, 255), format))
    assert max(raster.shape) == PAGE_LONG_SIDE
    assert min(raster.shape) >= 1
    assert raster.flags.c_contiguous


def test_every_frame_of_a_tiff_is_a_page() -> None:
    frames = [Image.new("L", (40 + n, 30), 255) for n in range(12)]
    document = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert [raster.shape for raster in pages(document)] == [(30, 40 + n) for n in range(12)]


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_the_page(format: str) -> None:
    frames = [picture("RGB"), Image.new("RGB", (WIDTH, HEIGHT), "red")]
    assert_upright(only(encoded(frames[0], format, save_all=True, append_images=frames[1:], lossless=True)))


@pytest.mark.parametrize(
    ("rotate", "size"), [(0, (120, 160)), (90, (160, 120)), (180, (120, 160)), (270, (160, 120))]
)
def test_pdf_rotation(rotate: int, size: tuple[int, int]) -> None:
    raster = only(pdf([f"/Rotate {rotate}"]))
    width, height = size
    assert raster.shape[1] / raster.shape[0] == pytest.approx(width / height, rel=0.01)
    assert_upright(np.rot90(raster, rotate // 90))


def test_pdf_pages_and_their_resolution() -> None:
    document = pdf(["", "/MediaBox [0 0 595 842]", "/MediaBox [0 0 20000 10000]"])
    shapes = [raster.shape for raster in pages(document)]
    assert shapes[0] == (667, 500)  # 300 dpi and no more
    assert max(shapes[1]) in (PAGE_LONG_SIDE, PAGE_LONG_SIDE - 1)
    assert max(shapes[2]) in (PAGE_LONG_SIDE, PAGE_LONG_SIDE - 1)


def test_pdf_behind_other_bytes() -> None:
    assert_upright(only(b"\r\n" + pdf([""])))


def test_a_path_and_an_open_file(tmp_path: Path) -> None:
    path = tmp_path / "no image by name.txt"
    path.write_bytes(encoded(picture(), "PNG"))
    assert_upright(next(pages(path)))
    with path.open("rb") as file:
        assert_upright(next(pages(file)))
        assert not file.closed
