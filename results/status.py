"""What has become of a document."""

from enum import StrEnum


class Status(StrEnum):
    """Where a document stands; `received = done + failed + in flight` holds at every moment.

    In flight is `waiting` and `claimed` together.
    """

    WAITING = "waiting"
    """In the ledger and not judged yet: new, backing off after a failed attempt, or marked by `reprocess`."""

    CLAIMED = "claimed"
    """A worker holds it under a lease; when the lease expires it is due again."""

    DONE = "done"
    """Judged: it has a verdict by the release it was last asked for."""

    FAILED = "failed"
    """It cannot be judged; `error_code` and `error_text` say why."""
