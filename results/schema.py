"""The ledger's tables and views. Migrations make them; this is what statements are written against."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Enum,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from results.status import Status

REVISIONS = ("0001", "0002")
"""Every revision of the schema, oldest first; the last is the one this code is written for."""

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
"""How constraints are named, so that a later migration can name them on both databases."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: always timezone-aware in Python, always UTC in the database.

    PostgreSQL keeps `timestamp with time zone`; SQLite text like `2026-11-23 15:04:05.678901`, which its own
    date functions read as UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turns a timezone-aware moment into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turns what the database keeps into a timezone-aware moment."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite only counts up a primary key that is spelled INTEGER."""

Uri = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared byte by byte on both databases, so that one index serves equality and prefixes."""

metadata = MetaData(naming_convention=NAMES)

model_releases = Table(
    "model_releases",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("threshold", Float(53), nullable=False),
    Column("metrics", JSON().with_variant(JSONB, "postgresql"), nullable=False),
    Column("is_current", Boolean, nullable=False, comment="Its verdicts are shown before later ones."),
    Column("registered_at", UtcDateTime, nullable=False),
    UniqueConstraint("name", "version", "content_sha256"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("uri", Uri, nullable=False),
    Column("generation", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("media_type", Text),
    Column("size", BigInteger, comment="Bytes."),
    Column("content_sha256", Text, comment="Hexadecimal; known once it was fetched."),
    Column(
        "status",
        Enum(
            Status, native_enum=False, length=8, values_callable=list, create_constraint=True, name="status"
        ),
        nullable=False,
    ),
    Column("attempts", Integer, nullable=False, comment="Claims since it arrived or was last marked."),
    Column("reprocess", Boolean, nullable=False, comment="Marked again: judged behind new arrivals."),
    Column("due_at", UtcDateTime, comment="Waiting: when due. Claimed: when the lease ends. Else NULL."),
    Column("claim_token", Text),
    Column("claimed_by", Text),
    Column("error_code", Text),
    Column("error_text", Text),
    Column("received_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, comment="When it last became done or failed."),
    # The verdict people see, copied here so that the newest unsigned among ten million are one index range.
    # No foreign key: it would be checked at every verdict, and one is only deleted with its document.
    Column("verdict_id", BigInteger),
    Column("has_signature", Boolean),
    Column("decided_at", UtcDateTime),
    UniqueConstraint("uri", "generation"),
)

Index(
    "documents_due_index",
    documents.c.reprocess,
    documents.c.due_at,
    documents.c.id,
    postgresql_where=documents.c.due_at.is_not(None),
    sqlite_where=documents.c.due_at.is_not(None),
)
Index("documents_received_index", documents.c.received_at)
Index("documents_flag_received_index", documents.c.has_signature, documents.c.received_at)
Index("documents_flag_decided_index", documents.c.has_signature, documents.c.decided_at)
_failed = text("status = 'failed'")
Index(
    "documents_failed_index",
    documents.c.finished_at,
    postgresql_where=_failed,
    sqlite_where=_failed,
)
Index(
    "documents_failed_code_index",
    documents.c.error_code,
    documents.c.finished_at,
    postgresql_where=_failed,
    sqlite_where=_failed,
)
Index("documents_content_index", documents.c.content_sha256, postgresql_using="hash")
Index("documents_verdict_index", documents.c.verdict_id)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("document_id", BigInteger, ForeignKey(documents.c.id, ondelete="CASCADE"), nullable=False),
    Column("release_id", BigInteger, ForeignKey(model_releases.c.id), nullable=False),
    Column("has_signature", Boolean, nullable=False),
    Column("signature_count", Integer, nullable=False, comment="Regions scored at or above the threshold."),
    Column("confidence", Float(53), nullable=False, comment="Highest score of any region, 0 if none."),
    Column("threshold", Float(53), nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("first_signature_page", Integer),
    Column("decided_at", UtcDateTime, nullable=False),
    UniqueConstraint("document_id", "release_id"),
)

Index("verdicts_near_index", text("abs(confidence - threshold)"), _table=verdicts)

signatures = Table(
    "signatures",
    metadata,
    Column(
        "verdict_id",
        BigInteger,
        ForeignKey(verdicts.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "number", SmallInteger, primary_key=True, autoincrement=False, comment="From 1, best score first."
    ),
    Column("page", Integer, nullable=False, comment="From 1."),
    *(Column(name, Float(53), nullable=False) for name in ("x0", "y0", "x1", "y1", "score")),
)

document_counts = Table(
    "document_counts",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    *(
        Column(name, BigInteger, nullable=False, server_default="0")
        for name in ("waiting", "claimed", "done", "failed", "signed", "unsigned")
    ),
    comment="Kept by triggers on documents; read through the view ledger_counts.",
)

source_passes = Table(
    "source_passes",
    metadata,
    Column("name", Text, primary_key=True, comment="What the pass goes over."),
    Column("holder", Text),
    Column("held_until", UtcDateTime),
    Column("position", Text, comment="How far a pass got; NULL between passes."),
    Column("finished_at", UtcDateTime, comment="When a pass was last whole."),
)

tidied_objects = Table(
    "tidied_objects",
    metadata,
    Column(
        "document_id",
        BigInteger,
        ForeignKey(documents.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("outcome", Text, nullable=False, comment="What was done with the object of a judged document."),
    Column("tidied_at", UtcDateTime, nullable=False),
)

document_flags = table(
    "document_flags",
    column("uri", Uri),
    column("generation", Text),
    column("status", documents.c.status.type),
    column("has_signature", Boolean),
    column("signature_count", Integer),
    column("confidence", Float),
    column("page_count", Integer),
    column("first_signature_page", Integer),
    column("model_version", Text),
    column("threshold", Float),
    column("error_code", Text),
    column("received_at", UtcDateTime),
    column("decided_at", UtcDateTime),
)
"""View: one row per document with the verdict people see."""

signature_boxes = table(
    "signature_boxes",
    column("uri", Uri),
    column("generation", Text),
    column("page", Integer),
    *(column(name, Float) for name in ("x0", "y0", "x1", "y1", "score")),
    column("model_version", Text),
)
"""View: one row per signature of the verdict people see."""

failed_documents = table(
    "failed_documents",
    column("uri", Uri),
    column("generation", Text),
    column("source", Text),
    column("error_code", Text),
    column("error_text", Text),
    column("attempts", Integer),
    column("received_at", UtcDateTime),
    column("failed_at", UtcDateTime),
)
"""View: one row per document that cannot be judged."""

ledger_counts = table(
    "ledger_counts",
    *(
        column(name, BigInteger)
        for name in ("received", "done", "failed", "in_flight", "waiting", "claimed", "signed", "unsigned")
    ),
)
"""View: one row; `received = done + failed + in_flight`."""

VIEWS = (document_flags, signature_boxes, failed_documents, ledger_counts)
"""What people query; their columns are a promise."""
