"""The ledger: what has arrived, what is due, who holds it, and what became of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, select

from results import claiming, intake, migrate, recording, releases
from results import statements as sql
from results.engine import moment, open_engine, writing
from results.releases import Release
from results.schema import ledger_counts
from results.values import (
    Arrival,
    Claim,
    Counts,
    Due,
    Failed,
    FoundSignature,
    IntakeCount,
    Judged,
    ReleaseRecord,
)


class Ledger:
    """The only place that knows what has arrived and what became of it.

    Every method is one transaction, so a process may die anywhere: a method that returned is kept, another
    never happened. Any number of processes and threads share a ledger. When the database does not do its
    part, methods raise `DatabaseUnavailable` (or `DatabaseFull`); the same call may be made again later.
    """

    def __init__(self, engine: Engine) -> None:
        """Takes an engine from `results.engine.open_engine`; `Ledger.open` makes both."""
        self.engine = engine

    @classmethod
    def open(cls, url: str, *, check_revision: bool = True) -> Self:
        """Opens a ledger; open it anew after a fork.

        Args:
            url: Database URL, `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.
            check_revision: Whether to look, now, if the database is there and at this code's revision.

        Returns:
            The ledger; close it, or use it in a `with` block.

        Raises:
            WrongSettings: the URL names neither a SQLite file nor a PostgreSQL database.
            DatabaseUnavailable: it cannot be opened, or the SQLite file does not exist.
            DatabaseBehind: it is empty or older than this code.
            DatabaseAhead: it was written by a newer countersign.
            DatabaseForeign: it was not made by countersign.
        """
        ledger = cls(open_engine(url))
        if check_revision:
            try:
                migrate.check(ledger.engine)
            except Exception:
                ledger.close()
                raise
        return ledger

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take_in(self, arrivals: Iterable[Arrival]) -> IntakeCount:
        """Writes arrivals into the ledger, each (uri, generation) once; on return they are safe.

        Args:
            arrivals: Taken in together, so some thousands at a time; those with an `error_code` as failed.

        Returns:
            How many there were, and how many of them were new.
        """
        with writing(self.engine) as connection:
            return intake.take_in(connection, arrivals, moment(connection))

    def due(self, *, max_documents: int, max_bytes: int) -> Due:
        """Counts what is due, up to a bound: as cheap with ten million documents as with ten.

        Args:
            max_documents: Stops counting here.
            max_bytes: Sizes are added up to here.

        Returns:
            Documents and bytes due, and how long the oldest of them has been.
        """
        with self.engine.connect() as connection:
            now = moment(connection)
            found = connection.execute(sql.DUE, {"now": now, "max_documents": max_documents}).one()
        waited = (now - found.oldest).total_seconds() if found.oldest else 0.0
        return Due(min(found.documents, max_documents), min(found.size, max_bytes), waited)

    def claim(
        self,
        *,
        worker: str,
        max_documents: int,
        max_bytes: int,
        lease_seconds: float,
        max_attempts: int,
        tried: bool = True,
    ) -> Claim | None:
        """Marks a batch of due documents as a worker's own: oldest first, marked ones behind new arrivals.

        A document with an attempt behind it is claimed alone, so that one that kills its worker takes no
        other along; when its last lease ran out it fails as `worker_lost`, in the same transaction.

        Args:
            worker: Who claims, for people to read.
            max_documents: Most documents.
            max_bytes: Most bytes; the first document may be larger.
            lease_seconds: When documents are due again unless recorded, or the claim extended.
            max_attempts: Claims a document may have in all.
            tried: Whether a document with an attempt behind it may be handed out: not to a process that has
                others in hand.

        Returns:
            The claim; None when nothing is due. Without documents where the oldest that is due was tried
            before and `tried` is false.
        """
        with writing(self.engine) as connection:
            bounds = claiming.Bounds(max_documents, max_bytes, max_attempts, tried)
            return claiming.claim(connection, worker, bounds, timedelta(seconds=lease_seconds))

    def extend(self, claim: Claim, lease_seconds: float) -> bool:
        """Prolongs a lease while a long batch runs.

        Args:
            claim: From `claim`.
            lease_seconds: How long it holds from now.

        Returns:
            False when none of its documents is the claim's own any more: stop, nothing will be recorded.
        """
        with writing(self.engine) as connection:
            until = moment(connection) + timedelta(seconds=lease_seconds)
            extended = connection.execute(sql.EXTEND, {**claiming.named(claim), "expires_at": until})
            return extended.rowcount > 0

    def record(
        self,
        claim: Claim,
        release_id: int,
        outcomes: Sequence[Judged | Failed],
        *,
        max_attempts: int,
        retry_seconds: float,
    ) -> int:
        """Records what became of claimed documents; those that are another's by now are left alone.

        A document that has a verdict by this release keeps it. After a transient failure it waits for its
        next attempt, twice as long each time, until its attempts are used up.

        Args:
            claim: From `claim`; its documents may be recorded in several calls.
            release_id: The release that judged, from `register_release`.
            outcomes: One for each document that is finished.
            max_attempts: Claims a document may have in all.
            retry_seconds: Wait before the second attempt.

        Returns:
            How many outcomes were recorded.
        """
        with writing(self.engine) as connection:
            rules = recording.Rules(release_id, max_attempts, retry_seconds)
            return recording.record(connection, claim, outcomes, rules)

    def give_up(self, claim: Claim) -> int:
        """Hands back what was not recorded, as if not claimed: due at once, the attempt not counted.

        Args:
            claim: From `claim`.

        Returns:
            How many documents were handed back.
        """
        with writing(self.engine) as connection:
            return connection.execute(sql.GIVE_UP, claiming.named(claim)).rowcount

    def register_release(self, release: ReleaseRecord) -> int:
        """Makes a model release known, once.

        Args:
            release: The release that is about to judge.

        Returns:
            Its id, to record verdicts with.
        """
        with writing(self.engine) as connection:
            return releases.register(connection, release)

    def releases(self) -> list[Release]:
        """Every model release the ledger knows, the latest first."""
        with self.engine.connect() as connection:
            return releases.known(connection)

    def known_verdict(self, content_sha256: str, release_id: int) -> Judged | None:
        """Looks for a verdict on the same bytes, so that a copy need not be judged again.

        Args:
            content_sha256: Hash of the bytes, hexadecimal.
            release_id: The release that would judge.

        Returns:
            The outcome as it was recorded, with the id of the document it was recorded for.
        """
        with self.engine.connect() as connection:
            wanted = {"content_sha256": content_sha256, "release_id": release_id}
            row = connection.execute(sql.KNOWN_VERDICT, wanted).mappings().one_or_none()
            if row is None:
                return None
            regions = connection.execute(sql.REGIONS, {"verdict_id": row["id"]})
            found = tuple(FoundSignature(*region) for region in regions)
        return Judged(**{name: value for name, value in row.items() if name != "id"}, signatures=found)

    def counts(self) -> Counts:
        """Counts the ledger, exactly, at any size: `received = done + failed + in flight`."""
        with self.engine.connect() as connection:
            row = connection.execute(select(ledger_counts)).mappings().one()
        return Counts(**{name: value for name, value in row.items() if name != "in_flight"})

    def now(self) -> datetime:
        """The clock that leases go by: the server's on PostgreSQL, this machine's on SQLite."""
        with self.engine.connect() as connection:
            return moment(connection)
