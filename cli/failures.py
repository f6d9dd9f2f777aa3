"""Failures that a run has to name: new ones, and old ones of documents that are as they were."""

import os
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import as_uri, readable
from results.errors import NoSuchPath, Unreadable

if TYPE_CHECKING:
    from results.ledger import Ledger
    from results.queries import FailedDocument


def failures_to_name(ledger: "Ledger", paths: Sequence[str], began: datetime) -> list["FailedDocument"]:
    """Documents that failed in a run, and those that failed earlier and that nobody has repaired since.

    Args:
        ledger: Open.
        paths: Folders, files or `gs://bucket/prefix`, as they were given to `run`.
        began: When the run began, by the ledger's clock.

    Returns:
        Every document once, the latest failure first.
    """
    from results.queries import failed

    named = {
        (document.uri, document.generation): document
        for document in takewhile(lambda document: document.failed_at >= began, failed(ledger))
    }
    for path in paths:
        top = as_uri(path)
        for document in failed(ledger, uri_prefix=top):
            if _is_below(document.uri, top) and _stands(document):
                named[document.uri, document.generation] = document
    return list(named.values())


def _is_below(uri: str, top: str) -> bool:
    """Whether a document is at a path or below it; a prefix in a bucket may end anywhere in a name."""
    return not top.startswith("file://") or uri == top or uri.startswith(f"{top.rstrip('/')}/")


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
