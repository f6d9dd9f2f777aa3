"""The ledger: documents, verdicts, signatures, model releases, kept counts, and the views people query.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)
URI = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLES = (
    "source_passes",
    "tidied_objects",
    "signatures",
    "verdicts",
    "documents",
    "model_releases",
    "document_counts",
)
COUNTED = ("waiting", "claimed", "done", "failed", "signed", "unsigned")

VIEWS = {
    "document_flags": """
        SELECT d.uri, d.generation, d.status, d.has_signature, v.signature_count, v.confidence, v.page_count,
               v.first_signature_page, r.version AS model_version, v.threshold, d.error_code, d.received_at,
               d.decided_at
        FROM documents d
        LEFT JOIN verdicts v ON v.id = d.verdict_id
        LEFT JOIN model_releases r ON r.id = v.release_id
    """,
    "signature_boxes": """
        SELECT d.uri, d.generation, s.page, s.x0, s.y0, s.x1, s.y1, s.score, r.version AS model_version
        FROM documents d
        JOIN verdicts v ON v.id = d.verdict_id
        JOIN signatures s ON s.verdict_id = v.id AND s.score >= v.threshold
        JOIN model_releases r ON r.id = v.release_id
    """,
    "failed_documents": """
        SELECT uri, generation, source, error_code, error_text, attempts, received_at,
               finished_at AS failed_at
        FROM documents
        WHERE status = 'failed'
    """,
    "ledger_counts": """
        SELECT CAST(coalesce(sum(waiting + claimed + done + failed), 0) AS BIGINT) AS received,
               CAST(coalesce(sum(done), 0) AS BIGINT) AS done,
               CAST(coalesce(sum(failed), 0) AS BIGINT) AS failed,
               CAST(coalesce(sum(waiting + claimed), 0) AS BIGINT) AS in_flight,
               CAST(coalesce(sum(waiting), 0) AS BIGINT) AS waiting,
               CAST(coalesce(sum(claimed), 0) AS BIGINT) AS claimed,
               CAST(coalesce(sum(signed), 0) AS BIGINT) AS signed,
               CAST(coalesce(sum(unsigned), 0) AS BIGINT) AS unsigned
        FROM document_counts
    """,
}

# A server process counts in a shard of its own, so that none waits for another's transaction.
POSTGRESQL_COUNTING = (
    """
    CREATE FUNCTION count_documents() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        change document_counts;
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            DELETE FROM document_counts;
            RETURN NULL;
        END IF;
        change := (0, 0, 0, 0, 0, 0, 0);
        IF TG_OP IN ('INSERT', 'UPDATE') THEN
            SELECT 0, count(*) FILTER (WHERE status = 'waiting'), count(*) FILTER (WHERE status = 'claimed'),
                   count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'failed'),
                   count(*) FILTER (WHERE has_signature), count(*) FILTER (WHERE NOT has_signature)
            INTO change FROM after_rows;
        END IF;
        IF TG_OP IN ('UPDATE', 'DELETE') THEN
            SELECT 0, change.waiting - count(*) FILTER (WHERE status = 'waiting'),
                   change.claimed - count(*) FILTER (WHERE status = 'claimed'),
                   change.done - count(*) FILTER (WHERE status = 'done'),
                   change.failed - count(*) FILTER (WHERE status = 'failed'),
                   change.signed - count(*) FILTER (WHERE has_signature),
                   change.unsigned - count(*) FILTER (WHERE NOT has_signature)
            INTO change FROM before_rows;
        END IF;
        IF change <> (0, 0, 0, 0, 0, 0, 0)::document_counts THEN
            INSERT INTO document_counts AS kept
            VALUES (pg_backend_pid() % 256, change.waiting, change.claimed, change.done, change.failed,
                    change.signed, change.unsigned)
            ON CONFLICT (shard) DO UPDATE
            SET waiting = kept.waiting + excluded.waiting, claimed = kept.claimed + excluded.claimed,
                done = kept.done + excluded.done, failed = kept.failed + excluded.failed,
                signed = kept.signed + excluded.signed, unsigned = kept.unsigned + excluded.unsigned;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER documents_counted_insert AFTER INSERT ON documents
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION count_documents()
    """,
    """
    CREATE TRIGGER documents_counted_update AFTER UPDATE ON documents
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_documents()
    """,
    """
    CREATE TRIGGER documents_counted_delete AFTER DELETE ON documents
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION count_documents()
    """,
    """
    CREATE TRIGGER documents_counted_truncate AFTER TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION count_documents()
    """,
)

# Claims leave dead rows behind; waiting for a fifth of ten million of them would slow every claim.
POSTGRESQL_STORAGE = (
    "ALTER TABLE documents SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000)",
    "ALTER TABLE document_counts SET (fillfactor = 10)",
)


def sqlite_change(row: str, sign: str) -> str:
    """The assignments that count one row in or out."""
    statuses = (f"{name} = {name} {sign} ({row}.status = '{name}')" for name in COUNTED[:4])
    flags = (
        f"signed = signed {sign} ({row}.has_signature IS 1)",
        f"unsigned = unsigned {sign} ({row}.has_signature IS 0)",
    )
    return ", ".join((*statuses, *flags))


SQLITE_COUNTING = (
    "INSERT INTO document_counts (shard) VALUES (0)",
    f"""
    CREATE TRIGGER documents_counted_insert AFTER INSERT ON documents
    BEGIN UPDATE document_counts SET {sqlite_change("NEW", "+")}; END
    """,
    f"""
    CREATE TRIGGER documents_counted_update AFTER UPDATE OF status, has_signature ON documents
    WHEN OLD.status <> NEW.status OR OLD.has_signature IS NOT NEW.has_signature
    BEGIN
        UPDATE document_counts SET {sqlite_change("OLD", "-")};
        UPDATE document_counts SET {sqlite_change("NEW", "+")};
    END
    """,
    f"""
    CREATE TRIGGER documents_counted_delete AFTER DELETE ON documents
    BEGIN UPDATE document_counts SET {sqlite_change("OLD", "-")}; END
    """,
)


def upgrade() -> None:
    create_tables()
    create_indexes()
    postgres = op.get_bind().dialect.name == "postgresql"
    for statement in (*POSTGRESQL_COUNTING, *POSTGRESQL_STORAGE) if postgres else SQLITE_COUNTING:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if postgres else statement)
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def create_tables() -> None:
    op.create_table(
        "model_releases",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Float(53), nullable=False),
        sa.Column("metrics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "is_current", sa.Boolean(), nullable=False, comment="Its verdicts are shown before later ones."
        ),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="model_releases_pkey"),
        sa.UniqueConstraint(
            "name", "version", "content_sha256", name="model_releases_name_version_content_sha256_key"
        ),
    )
    op.create_table(
        "documents",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("uri", URI, nullable=False),
        sa.Column("generation", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text()),
        sa.Column("size", sa.BigInteger(), comment="Bytes."),
        sa.Column("content_sha256", sa.Text(), comment="Hexadecimal; known once it was fetched."),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column(
            "attempts", sa.Integer(), nullable=False, comment="Claims since it arrived or was last marked."
        ),
        sa.Column(
            "reprocess", sa.Boolean(), nullable=False, comment="Marked again: judged behind new arrivals."
        ),
        sa.Column("due_at", MOMENT, comment="Waiting: when due. Claimed: when the lease ends. Else NULL."),
        sa.Column("claim_token", sa.Text()),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_text", sa.Text()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, comment="When it last became done or failed."),
        sa.Column("verdict_id", sa.BigInteger()),
        sa.Column("has_signature", sa.Boolean()),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="documents_pkey"),
        sa.UniqueConstraint("uri", "generation", name="documents_uri_generation_key"),
        sa.CheckConstraint(
            "status IN ('waiting', 'claimed', 'done', 'failed')", name=op.f("documents_status_check")
        ),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("has_signature", sa.Boolean(), nullable=False),
        sa.Column(
            "signature_count",
            sa.Integer(),
            nullable=False,
            comment="Regions scored at or above the threshold.",
        ),
        sa.Column(
            "confidence", sa.Float(53), nullable=False, comment="Highest score of any region, 0 if none."
        ),
        sa.Column("threshold", sa.Float(53), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("first_signature_page", sa.Integer()),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="verdicts_pkey"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="verdicts_document_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["release_id"], ["model_releases.id"], name="verdicts_release_id_fkey"),
        sa.UniqueConstraint("document_id", "release_id", name="verdicts_document_id_release_id_key"),
    )
    op.create_table(
        "signatures",
        sa.Column("verdict_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="From 1, best score first."),
        sa.Column("page", sa.Integer(), nullable=False, comment="From 1."),
        *(sa.Column(name, sa.Float(53), nullable=False) for name in ("x0", "y0", "x1", "y1", "score")),
        sa.PrimaryKeyConstraint("verdict_id", "number", name="signatures_pkey"),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdicts.id"], name="signatures_verdict_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "document_counts",
        sa.Column("shard", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in COUNTED),
        sa.PrimaryKeyConstraint("shard", name="document_counts_pkey"),
        comment="Kept by triggers on documents; read through the view ledger_counts.",
    )
    op.create_table(
        "source_passes",
        sa.Column("name", sa.Text(), nullable=False, comment="What the pass goes over."),
        sa.Column("holder", sa.Text()),
        sa.Column("held_until", MOMENT),
        sa.Column("position", sa.Text(), comment="How far a pass got; NULL between passes."),
        sa.Column("finished_at", MOMENT, comment="When a pass was last whole."),
        sa.PrimaryKeyConstraint("name", name="source_passes_pkey"),
    )
    op.create_table(
        "tidied_objects",
        sa.Column("document_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=False,
            comment="What was done with the object of a judged document.",
        ),
        sa.Column("tidied_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("document_id", name="tidied_objects_pkey"),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="tidied_objects_document_id_fkey", ondelete="CASCADE"
        ),
    )


def create_indexes() -> None:
    due, failed = sa.text("due_at IS NOT NULL"), sa.text("status = 'failed'")
    op.create_index(
        "documents_due_index",
        "documents",
        ["reprocess", "due_at", "id"],
        postgresql_where=due,
        sqlite_where=due,
    )
    op.create_index("documents_received_index", "documents", ["received_at"])
    op.create_index("documents_flag_received_index", "documents", ["has_signature", "received_at"])
    op.create_index("documents_flag_decided_index", "documents", ["has_signature", "decided_at"])
    for name, columns in (
        ("documents_failed_index", ["finished_at"]),
        ("documents_failed_code_index", ["error_code", "finished_at"]),
    ):
        op.create_index(name, "documents", columns, postgresql_where=failed, sqlite_where=failed)
    op.create_index("documents_content_index", "documents", ["content_sha256"], postgresql_using="hash")


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
    for name in TABLES:
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION count_documents()")
