"""Every way in which a document can be wrong has a code of its own."""

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from results.errors import (
    Damaged,
    DocumentError,
    EmptyFile,
    Encrypted,
    FormatNotAllowed,
    NoPages,
    NotAnImage,
    TooManyPages,
    TooManyPixels,
    Truncated,
)
from tests.workers.drawn import encoded, pdf, picture
from workers.decode import Limits, pages

PASSWORD = (
    f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'5a' * 32}> /U <{'a5' * 32}> >> /ID [<00> <00>]"
)
"""Standard security with a user password that nobody knows (ISO 32000-1, 7.6.3)."""

NOISE = Image.effect_noise((400, 300), 80)


def count(document: bytes, limits: Limits | None = None) -> int:
    return len(list(pages(document, limits=limits)))


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header states a size that its few bytes do not hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_cut_short(format: str, share: float) -> None:
    whole = encoded(NOISE.convert("RGB"), format, quality=90)
    with pytest.raises(Truncated):
        count(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("compression", ["group4", "tiff_lzw", "raw"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_one_bit_tiff_cut_short(compression: str, share: float) -> None:
    whole = encoded(NOISE.convert("1"), "TIFF", compression=compression)
    with pytest.raises(Truncated):
        count(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_pdf_cut_short(share: float) -> None:
    whole = encoded(NOISE, "PDF")
    with pytest.raises(Truncated):
        count(whole[: int(len(whole) * share)])


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"", EmptyFile),
        (b"Dear Sir or Madam, thank you for your letter.", NotAnImage),
        (b"x", NotAnImage),
        (b"II*", NotAnImage),
        (b"\0" * 5000, NotAnImage),
        (b"PK\x03\x04" + b"\0" * 200, NotAnImage),
        (pdf([""], extra="/Encrypt << /Filter /Unknown /V 1 >>"), Encrypted),
        (pdf([""], extra=PASSWORD), Encrypted),
        (pdf([]), NoPages),
        (b"%PDF-1.7\nnothing that a PDF should hold\nstartxref\n0\n%%EOF\n", Damaged),
        (huge_png(20_000, 20_000), TooManyPixels),
        (encoded(picture(), "JPEG2000"), FormatNotAllowed),
        (encoded(picture(), "PPM"), FormatNotAllowed),
    ],
    ids=str.split(
        "empty text byte three_bytes zeros zip encrypted password no_pages no_pdf 400_megapixels jpeg2000 ppm"
    ),
)
def test_named(document: bytes, error: type[DocumentError]) -> None:
    with pytest.raises(error) as raised:
        count(document)
    assert "\n" not in str(raised.value)
    assert "<" not in raised.value.detail


def test_formats_left_out() -> None:
    with pytest.raises(FormatNotAllowed, match="PNG"):
        count(encoded(picture(), "PNG"), Limits(formats=frozenset({"jpeg"})))


def test_too_many_pages_before_any_is_decoded() -> None:
    frames = [picture()] * 4
    tiff = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    for document in (tiff, pdf([""] * 4)):
        with pytest.raises(TooManyPages, match="it has 4, the limit is 3"):
            next(pages(document, limits=Limits(max_pages=3)))
        assert count(document, Limits(max_pages=4)) == 4


def test_too_many_pixels_in_a_picture_of_a_pdf() -> None:
    with pytest.raises(TooManyPixels, match="picture of 400 x 300"):
        count(encoded(NOISE, "PDF"), Limits(max_page_pixels=100_000))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "GIF", "WEBP"])
def test_bits_flipped_in_the_middle_never_escape(format: str) -> None:
    whole = encoded(NOISE.convert("RGB"), format, quality=90)
    for offset in range(8, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[offset] ^= 0x5A
        with suppress(DocumentError):
            count(bytes(broken))


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        next(pages(tmp_path))
