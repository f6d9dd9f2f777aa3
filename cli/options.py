"""Options that several commands share, and how documents are named on the command line and on the screen."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote_to_bytes, urlsplit

import typer

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="SQLAlchemy URL of the ledger; COUNTERSIGN_DATABASE_URL says the same.",
        show_default="sqlite:///countersign.db",
    ),
]

Broker = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="URL",
        help="Celery broker; COUNTERSIGN_BROKER_URL says the same.",
        show_default=False,
    ),
]


class Level(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


LogLevel = Annotated[Level, typer.Option("--log-level", help="The least that is logged.")]


def as_uri(document: str) -> str:
    """The URI of a document that a person named by its URI or by its path.

    Args:
        document: `file:///...`, `gs://bucket/name`, or a path.
    """
    return document if "://" in document else Path(document).absolute().as_uri()


def readable(uri: str) -> str:
    """A document as a person knows it: the path of a file, the URI of anything else."""
    return os.fsdecode(unquote_to_bytes(urlsplit(uri).path)) if uri.startswith("file://") else uri
