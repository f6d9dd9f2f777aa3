"""Whatever a file does to its decoder, the worker goes on: deaths, stalls, memory and chatter stay there."""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path

import psutil
import pytest
from PIL import Image

from results.errors import DocumentError, TooManyPixels, TooMuchMemory, TooSlow, Truncated, WorkerLost
from results.settings import read_settings
from tests.workers.drawn import assert_upright, encoded, picture
from workers.decoder import Decoder

Limited = Callable[..., Decoder]


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    """A decoder with the default limits."""
    made = Decoder(read_settings())
    yield made
    made.close()


@pytest.fixture
def document(tmp_path: Path) -> Iterator["Write"]:
    """Writes a document and opens it."""
    with Write(tmp_path / "document") as write:
        yield write


class Write:
    """Writes bytes to a file and opens it, again and again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: list[BufferedReader] = []

    def __call__(self, content: bytes) -> BufferedReader:
        self._path.write_bytes(content)
        self._opened.append(self._path.open("rb"))
        return self._opened[-1]

    def __enter__(self) -> "Write":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._opened:
            file.close()


@pytest.fixture
def limited() -> Iterator[Limited]:
    """Makes decoders with settings of their own."""
    with ExitStack() as made:

        def make(**settings: object) -> Decoder:
            decoder = Decoder(read_settings(None, **settings))
            made.callback(decoder.close)
            return decoder

        yield make


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to a page of so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + 4 * width)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_one_document_after_another(decoder: Decoder, document: Write) -> None:
    frames = [picture()] * 30
    tiff = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    for content, count in ((encoded(picture(), "PNG"), 1), (tiff, 30), (encoded(picture(), "PDF"), 1)):
        pages = list(decoder.pages(document(content)))
        assert len(pages) == count
        for page in pages:
            assert_upright(page)
    with pytest.raises(Truncated, match="The file ends before the image does"):
        list(decoder.pages(document(tiff[:100])))
    assert len(list(decoder.pages(document(tiff)))) == 30


def test_a_death_costs_one_document(limited: Limited, document: Write) -> None:
    decoder = limited()
    frames = [picture()] * 200
    pages = decoder.pages(document(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])))
    next(pages)
    assert decoder.pid
    psutil.Process(decoder.pid).kill()
    with pytest.raises(WorkerLost, match="SIGKILL"):
        list(pages)
    (page,) = decoder.pages(document(encoded(picture(), "PNG")))
    assert_upright(page)


def test_too_slow(limited: Limited, document: Write) -> None:
    decoder = limited(max_document_seconds=0.05)
    frames = [Image.effect_noise((600, 800), 90)] * 300
    with pytest.raises(TooSlow):
        list(decoder.pages(document(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))))


def test_a_bomb_below_the_pixel_limit_hits_the_memory_limit(limited: Limited, document: Write) -> None:
    decoder = limited(decoder_memory_bytes=256 * 2**20)
    with pytest.raises(TooMuchMemory):
        list(decoder.pages(document(bomb(9000, 9000))))
    pid = decoder.pid
    (page,) = decoder.pages(document(encoded(picture(), "PNG")))
    assert_upright(page)
    assert decoder.pid == pid  # the decoder outlived it


def test_a_bomb_above_the_pixel_limit_is_not_even_unpacked(limited: Limited, document: Write) -> None:
    decoder = limited(max_page_pixels=1_000_000)
    with pytest.raises(TooManyPixels):
        list(decoder.pages(document(bomb(2000, 2000))))


def test_chatter_is_caught(limited: Limited, document: Write, capfd: pytest.CaptureFixture[str]) -> None:
    """Libtiff writes to file descriptor 2 by itself."""
    decoder = limited()
    broken = bytearray(encoded(Image.effect_noise((300, 300), 90), "TIFF", compression="tiff_lzw"))
    broken[2000:2400] = b"\xff" * 400
    with pytest.raises(DocumentError):
        list(decoder.pages(document(bytes(broken))))
    assert decoder.chatter()
    assert decoder.chatter() == ""
    assert capfd.readouterr().err == ""


def test_a_decoder_sees_no_secrets(
    limited: Limited, monkeypatch: pytest.MonkeyPatch, document: Write
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "postgresql://me:secret@server/db")
    decoder = limited()
    decoder.start()
    assert decoder.pid
    assert not [name for name in psutil.Process(decoder.pid).environ() if name.startswith("COUNTERSIGN_")]
