"""The installed `countersign` command as a subprocess, and documents to give it."""

import os
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from tests.workers.drawn import pdf

PROGRAM = Path(sys.executable).parent / "countersign"

ENVIRONMENT = {
    **{
        name: value
        for name, value in os.environ.items()
        if not name.startswith("COUNTERSIGN_") and name != "PYTHONDONTWRITEBYTECODE"
    },
    "COLUMNS": "120",
    "NO_GCE_CHECK": "true",
    "NO_COLOR": "1",
}


PASSWORD = (
    f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'5a' * 32}> /U <{'a5' * 32}> >> /ID [<00> <00>]"
)
"""Standard security with a user password that nobody knows (ISO 32000-1, 7.6.3)."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True)
class Command:
    """`countersign`, called in a folder of its own."""

    folder: Path

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Runs the command to its end."""
        ended = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env={**ENVIRONMENT, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Starts the command in a process group of its own, to be signalled as a terminal would."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env={**ENVIRONMENT, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def signal_group(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """Signals a process and its children, as Ctrl-C in a terminal does."""
    os.killpg(process.pid, number)


def page(text: str = "Dear Sir,") -> Image.Image:
    """A plain typed page without a signature, grey, A5 at 150 dpi."""
    image = Image.new("L", (874, 1240), 255)
    pen = ImageDraw.Draw(image)
    for line in range(24):
        pen.text((90, 120 + 36 * line), f"{text} line {line} of a letter that nobody has signed", fill=20)
    return image


def write_bad_documents(folder: Path) -> dict[str, str]:
    """Writes one document for each way to be bad.

    Args:
        folder: Where to; made if need be.

    Returns:
        File name to the error code it must end with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "empty.jpg").touch()
    (folder / "text.png").write_text("Not a picture at all.")
    page().save(folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    (folder / "whole.jpg").unlink()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "huge.png").write_bytes(_png_header(20_000, 20_000))
    (folder / "encrypted.pdf").write_bytes(pdf([""], extra=PASSWORD))
    (folder / "no-pages.pdf").write_bytes(pdf([]))
    return {
        "empty.jpg": "empty_file",
        "text.png": "not_an_image",
        "truncated.jpg": "truncated",
        "huge.png": "too_many_pixels",
        "encrypted.pdf": "encrypted",
        "no-pages.pdf": "no_pages",
    }


def _png_header(width: int, height: int) -> bytes:
    """A PNG that says it is large and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = b""
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunks
