"""Which names are documents."""

from pathlib import PurePath

MEDIA_TYPES = {
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".jpe": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
"""Media type of each suffix that is known."""

NOT_OURS = frozenset({"@eaDir", "__MACOSX"})
"""Folders that network storage and archives fill with thumbnails and copies of their own."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder name is hidden, temporary or another program's own.

    Args:
        name: The last part of a path.

    Returns:
        True for `.name` (hidden; partial files of rsync and of browsers), `~name` (lock files of office
        programs, partial files of Syncthing), `name~` (backups of editors) and for `NOT_OURS`.
    """
    return name.startswith((".", "~")) or name.endswith("~") or name in NOT_OURS


def media_type(name: str) -> str | None:
    """The media type that a name promises, None where its suffix is not known."""
    return MEDIA_TYPES.get(PurePath(name).suffix.lower())


def suffixes(text: str) -> frozenset[str]:
    """Reads a list of suffixes as COUNTERSIGN_SUFFIXES holds it.

    Args:
        text: Suffixes in any case, with or without dot, set apart by spaces or commas.

    Returns:
        The suffixes in lower case, each with its dot.
    """
    return frozenset("." + word.lower().lstrip(".") for word in text.replace(",", " ").split())


def has_suffix(name: str, wanted: frozenset[str]) -> bool:
    """Whether a file or object name ends in one of the suffixes, in any case."""
    stem, _, suffix = name.rpartition("/")[2].rpartition(".")
    return bool(stem) and f".{suffix.lower()}" in wanted
