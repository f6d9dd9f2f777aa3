"""Runs migrations on the connection it is handed, or on COUNTERSIGN_DATABASE_URL for `alembic`."""

from alembic import context
from sqlalchemy import Connection

from results.engine import open_engine, writing
from results.schema import metadata
from results.settings import settings


def run(connection: Connection) -> None:
    """Runs the revisions asked for.

    Args:
        connection: Inside a transaction that the caller commits, or else in none: then each revision has
            one of its own.
    """
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,  # both databases roll back DDL; Alembic assumes that SQLite does not
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if handed := context.config.attributes.get("connection"):
    run(handed)
else:
    engine = open_engine(settings().database_url)
    with writing(engine) if engine.dialect.name == "sqlite" else engine.connect() as own:
        run(own)
