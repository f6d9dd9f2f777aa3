"""`countersign show`: the picture that proves a verdict."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.screen import out, printable, say

if TYPE_CHECKING:
    import numpy as np

    from results.queries import DocumentFlag, SignatureBox
    from results.settings import Settings


def show(
    document: Annotated[str, typer.Argument(metavar="URI", help="URI or path of a document in the ledger.")],
    to: Annotated[
        Path, typer.Option("--out", help="Picture to write; its suffix says in which format.", dir_okay=False)
    ] = Path("page.png"),
    page: Annotated[
        int | None,
        typer.Option("--page", min=1, help="Page; by default the first signed, or else the first."),
    ] = None,
    database: options.Database = None,
) -> None:
    """Draws a page with the boxes and scores of its signatures."""
    from cli.draw import draw
    from results.errors import CannotWrite
    from results.ledger import Ledger
    from results.queries import boxes, flag
    from results.settings import read_settings

    settings = read_settings(database_url=database)
    with Ledger.open(settings.database_url) as ledger:
        found = flag(ledger, options.as_uri(document))
        signatures = boxes(ledger, found.uri, found.generation)
    number = page or found.first_signature_page or 1
    raster = _page(found, number, settings)
    try:
        draw(raster, [box for box in signatures if box.page == number]).save(to)
    except (OSError, ValueError) as error:
        raise CannotWrite(f"{to}: {getattr(error, 'strerror', None) or error}") from None
    _tell(found, signatures)
    say(f"Page {number} is drawn in {to}")


def _page(document: "DocumentFlag", number: int, settings: "Settings") -> "np.ndarray":
    """One page of a document, as the generation in the ledger has it.

    Raises:
        DocumentError: the document is gone, was replaced, or cannot be decoded.
        UsageError: it has no such page.
    """
    from itertools import islice

    from results.errors import UsageError
    from results.values import ClaimedDocument
    from workers.decode import Limits, pages
    from workers.fetch import fetched

    wanted = ClaimedDocument(0, document.uri, document.generation, None, None, 1)
    limits = Limits(settings.max_document_pages, settings.max_page_pixels, frozenset(settings.formats))
    with fetched(wanted, max_bytes=settings.max_document_bytes) as content:
        raster = next(islice(pages(content.file, limits=limits), number - 1, None), None)
    if raster is None:
        raise UsageError(f"{options.readable(document.uri)} has no page {number}")
    return raster


def _tell(document: "DocumentFlag", signatures: "list[SignatureBox]") -> None:
    """Prints the verdict in words, and every signature with its page and score."""
    name = printable(options.readable(document.uri))
    if document.has_signature is None:
        out.print(f"{name} has no verdict: it is {document.status}", markup=False)
        return
    verdict = "signed" if document.has_signature else "not signed"
    out.print(
        f"{name} is {verdict}: confidence {document.confidence:.2f}, threshold {document.threshold:.2f}, "
        f"model {document.model_version}",
        markup=False,
    )
    for box in signatures:
        out.print(f"  page {box.page}: score {box.score:.2f}", markup=False)
