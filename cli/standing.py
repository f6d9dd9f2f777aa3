"""Failures that still stand: of documents that are in the same state as when they failed."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import as_uri, readable
from results.errors import NoSuchPath, Unreadable

if TYPE_CHECKING:
    from results.ledger import Ledger
    from results.queries import FailedDocument


def standing_failures(ledger: "Ledger", paths: Sequence[str]) -> Iterator["FailedDocument"]:
    """The failed documents at some paths, but for those that were repaired, replaced or removed since.

    Args:
        ledger: Open.
        paths: Folders, files or `gs://bucket/prefix`, as they were given to `run`.

    Yields:
        One for each document.
    """
    from results.queries import failed

    for path in paths:
        top = as_uri(path)
        for document in failed(ledger, uri_prefix=top):
            below = document.uri == top or document.uri.startswith(f"{top.rstrip('/')}/")
            if below and _stands(document):
                yield document


def _stands(document: "FailedDocument") -> bool:
    """Whether a document is what it was when it failed; taken for granted where it is no file."""
    if not document.uri.startswith("file://"):
        return True
    path = Path(readable(document.uri))
    if document.generation in (NoSuchPath.code, Unreadable.code):
        return not os.access(path, os.R_OK)
    try:
        found = path.stat()
    except OSError:
        return False
    return document.generation == f"{found.st_size}-{found.st_mtime_ns}"
