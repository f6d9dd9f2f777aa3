"""Filters that say which documents are meant: the same for every command that takes some."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import as_uri
from results.errors import WrongSettings, codes

if TYPE_CHECKING:
    from results.selection import Selection

Under = Annotated[
    str | None, typer.Option("--under", metavar="PATH", help="Only below a folder, or whose URI begins so.")
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only received since then: 2026-11-23, 2026-11-23T15:00 (UTC), 36h, 7d.",
    ),
]
Before = Annotated[
    str | None, typer.Option("--before", metavar="TIME", help="Only received before; written like --since.")
]
Signed = Annotated[bool, typer.Option("--signed", help="Only those flagged as signed.")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Only those judged and not signed.")]
ConfidenceFrom = Annotated[
    float | None,
    typer.Option(
        "--confidence-from", metavar="SCORE", min=0, max=1, help="Only with at least this confidence."
    ),
]
ConfidenceTo = Annotated[
    float | None,
    typer.Option("--confidence-to", metavar="SCORE", min=0, max=1, help="Only with at most this confidence."),
]
Near = Annotated[
    float | None,
    typer.Option(
        "--near", metavar="SCORE", min=0, max=1, help="Only with a confidence this close to the threshold."
    ),
]
Release = Annotated[
    str | None,
    typer.Option(
        "--release", metavar="RELEASE", help="Only judged by this model release, and by its verdict."
    ),
]
JudgedBefore = Annotated[
    str | None,
    typer.Option(
        "--judged-before", metavar="RELEASE", help="Only not judged by this release or a later one."
    ),
]
Code = Annotated[
    str | None, typer.Option("--code", metavar="CODE", help="Only those that failed with this error code.")
]

AGO = re.compile(r"(\d+)([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def select(
    *,
    signed: bool = False,
    unsigned: bool = False,
    under: str | None = None,
    since: str | None = None,
    before: str | None = None,
    **same: object,
) -> "Selection":
    """Puts the filters of a command line together.

    Args:
        signed: Only signed documents.
        unsigned: Only unsigned documents.
        under: A folder, or the beginning of a URI.
        since: When they were received at the earliest.
        before: When they were received at the latest, exclusive.
        **same: Fields of `results.selection.Selection` as they are.

    Returns:
        The selection.

    Raises:
        WrongSettings: filters that exclude each other, an unknown error code, or a time that cannot be read.
    """
    from results.selection import Selection

    code = same.get("error_code")
    if code is not None and code not in codes():
        raise WrongSettings(f"there is no error code {code}; there are {', '.join(sorted(codes()))}")
    if signed and unsigned:
        raise WrongSettings("--signed and --unsigned exclude each other; leave both out for all")
    return Selection(
        signed=True if signed else False if unsigned else None,
        uri_prefix=None if under is None else prefix(under),
        received_from=None if since is None else moment(since),
        received_before=None if before is None else moment(before),
        **same,  # type: ignore[arg-type]
    )


def prefix(under: str) -> str:
    """What the URIs of documents below a place begin with; a file is itself."""
    uri = as_uri(under)
    return f"{uri.rstrip('/')}/" if "://" not in under and Path(under).is_dir() else uri


def moment(text: str) -> datetime:
    """Reads a time as people write it.

    Args:
        text: `2026-11-23`, `2026-11-23T15:00`, in UTC unless it says otherwise; or how long ago: `90m`,
            `36h`, `7d`, `2w`.

    Raises:
        WrongSettings: it is no time.
    """
    if ago := AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongSettings(f"{text} is no time; write 2026-11-23, 2026-11-23T15:00, 36h or 7d") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
