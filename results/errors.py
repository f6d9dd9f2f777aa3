"""Every error a person may meet: the docstring is the message, the code is what the ledger keeps.

`DocumentError` is about one document and ends in the ledger; `UsageError` is about how countersign was called
or set up and ends as one line on the screen.
"""

import inspect
from typing import ClassVar


class CountersignError(Exception):
    """Something went wrong in countersign."""

    def __init__(self, detail: str = "") -> None:
        """Makes the message from the class docstring and what is known of this case.

        Args:
            detail: What was wrong in this case, appended to the docstring's first line.
        """
        self.detail = detail
        summary = (inspect.getdoc(type(self)) or "").splitlines()[0]
        super().__init__(f"{summary.rstrip('.')}: {detail}" if detail else summary)


class DocumentError(CountersignError):
    """The document cannot be judged."""

    code: ClassVar[str]
    transient: ClassVar[bool] = False
    """True where trying again later may succeed."""


class Gone(DocumentError):
    """The document is no longer where it arrived; drop it there again to have it judged."""

    code = "gone"


class Replaced(DocumentError):
    """It was replaced by a newer generation before it was fetched; the newer one is judged instead."""

    code = "replaced"


class NoSuchPath(DocumentError):
    """There is no file or folder of this name; check the spelling."""

    code = "no_such_path"


class Unreadable(DocumentError):
    """The file may not be read; give countersign read permission."""

    code = "unreadable"


class EmptyFile(DocumentError):
    """The file holds no bytes; upload it again."""

    code = "empty_file"


class NotAnImage(DocumentError):
    """The content is not an image or PDF, whatever the name says; convert it first."""

    code = "not_an_image"


class Truncated(DocumentError):
    """The file ends before the image does; upload it again."""

    code = "truncated"


class Damaged(DocumentError):
    """The file is broken inside and cannot be decoded; export or scan it again."""

    code = "damaged"


class Encrypted(DocumentError):
    """The PDF is encrypted and needs a password; save it without one."""

    code = "encrypted"


class NoPages(DocumentError):
    """The document has no pages."""

    code = "no_pages"


class TooManyBytes(DocumentError):
    """The file is larger than COUNTERSIGN_MAX_DOCUMENT_BYTES allows."""

    code = "too_many_bytes"


class TooManyPages(DocumentError):
    """The document has more pages than COUNTERSIGN_MAX_DOCUMENT_PAGES allows."""

    code = "too_many_pages"


class TooManyPixels(DocumentError):
    """A page has more pixels than COUNTERSIGN_MAX_PAGE_PIXELS allows."""

    code = "too_many_pixels"


class TooMuchMemory(DocumentError):
    """Decoding needs more memory than COUNTERSIGN_DECODER_MEMORY_BYTES allows."""

    code = "too_much_memory"


class TooSlow(DocumentError):
    """Judging took longer than COUNTERSIGN_MAX_DOCUMENT_SECONDS allows."""

    code = "too_slow"


class FormatNotAllowed(DocumentError):
    """The file's format is not in COUNTERSIGN_FORMATS."""

    code = "format_not_allowed"


class WorkerLost(DocumentError):
    """Its worker died every time it was judged; the file may be made to do harm."""

    code = "worker_lost"


class MalformedMessage(DocumentError):
    """The message does not name a document."""

    code = "malformed_message"


class StorageUnavailable(DocumentError):
    """The storage did not answer; it is tried again later."""

    code = "storage_unavailable"
    transient = True


class UsageError(CountersignError):
    """countersign was called or set up in a way that cannot work."""


class DatabaseUnavailable(UsageError):
    """The database does not answer; check COUNTERSIGN_DATABASE_URL and that the server runs."""


class DatabaseFull(DatabaseUnavailable):
    """The database's disk is full; free some space, what was recorded before is safe."""


class DatabaseDamaged(UsageError):
    """The database is damaged; restore it from a backup."""


class DatabaseBusy(UsageError):
    """Somebody's query keeps the database from being changed; end it, and run the same command again."""


class DatabaseBehind(UsageError):
    """The database has an older revision than this code; run `countersign db upgrade`."""


class DatabaseAhead(UsageError):
    """The database has a newer revision than this code knows; install the countersign that wrote it."""


class DatabaseForeign(UsageError):
    """The database was not made by countersign; name another with COUNTERSIGN_DATABASE_URL."""


class UnknownDocument(UsageError):
    """The ledger has no document of this URI."""


class UnknownRelease(UsageError):
    """The ledger has no model release of this name; `countersign release list` lists them."""


class CannotWrite(UsageError):
    """The output cannot be written; name another file with `--out`."""


class BrokerUnavailable(UsageError):
    """The broker does not answer; check COUNTERSIGN_BROKER_URL and that the server runs."""


class SourceUnavailable(UsageError):
    """A source cannot be read; check its name, the permissions and the network."""


class ModelUnavailable(UsageError):
    """The model cannot be loaded."""


class WrongSettings(UsageError):
    """Some settings are wrong."""


def codes() -> dict[str, type[DocumentError]]:
    """All document error codes, each with its class (whose docstring is its message)."""
    return {error.code: error for error in DocumentError.__subclasses__()}
