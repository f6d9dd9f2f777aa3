"""`countersign results`: what was found, for people and for programs."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import filters, options
from cli.formats import Format, FormatOption
from cli.listing import Cells, write_rows
from results.errors import WrongSettings
from results.status import Status

if TYPE_CHECKING:
    from results.queries import FailedDocument
    from results.selection import Selection


def results(
    signed: filters.Signed = False,
    unsigned: filters.Unsigned = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that failed, with the reason.")
    ] = False,
    status: Annotated[
        Status | None,
        typer.Option("--status", metavar="STATUS", help="Only waiting, claimed, done or failed ones."),
    ] = None,
    under: filters.Under = None,
    since: filters.Since = None,
    before: filters.Before = None,
    confidence_from: filters.ConfidenceFrom = None,
    confidence_to: filters.ConfidenceTo = None,
    near: filters.Near = None,
    release: filters.Release = None,
    code: filters.Code = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many, the newest.")] = None,
    format: FormatOption = Format.TABLE,
    to: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="File to write instead of standard output.")
    ] = None,
    database: options.Database = None,
) -> None:
    """Lists documents with their verdicts, the newest first, as they are read: any number of them."""
    from results.ledger import Ledger
    from results.queries import DocumentFlag, FailedDocument, flags
    from results.queries import failed as failures
    from results.settings import read_settings

    selection = filters.select(
        signed=signed,
        unsigned=unsigned,
        under=under,
        since=since,
        before=before,
        status=status,
        confidence_from=confidence_from,
        confidence_to=confidence_to,
        near_threshold=near,
        release=release,
        error_code=code,
    )
    by_verdict = (selection.signed, status, release, near, confidence_from, confidence_to)
    if failed and any(one is not None for one in by_verdict):
        raise WrongSettings("--failed goes with --under, --since, --before, --code and --limit only")
    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        if failed:
            found = failures(ledger, error_code=code, uri_prefix=selection.uri_prefix)
            write_rows(islice(_received(found, selection), limit), FailedDocument, FAILED_TABLE, format, to)
        else:
            write_rows(flags(ledger, selection, limit=limit), DocumentFlag, FLAG_TABLE, format, to)


def _received(found: "Iterator[FailedDocument]", selection: "Selection") -> "Iterator[FailedDocument]":
    """Those failed documents that were received at the time that was asked for."""
    first, last = selection.received_from, selection.received_before
    return (
        one
        for one in found
        if (not first or one.received_at >= first) and (not last or one.received_at < last)
    )


FLAG_TABLE: Cells = {
    "signed": lambda row: row.has_signature,
    "confidence": lambda row: row.confidence,
    "pages": lambda row: row.page_count,
    "on page": lambda row: row.first_signature_page,
    f"{'status':7}": lambda row: row.status.value,
    "document": lambda row: options.readable(row.uri),
}
"""What people see of a document, and where it comes from."""

FAILED_TABLE: Cells = {
    f"{'failed at':16}": lambda row: row.failed_at,
    f"{'code':19}": lambda row: row.error_code,
    "document and reason": lambda row: f"{options.readable(row.uri)}: {row.error_text}",
}
"""What people see of a document that failed."""
