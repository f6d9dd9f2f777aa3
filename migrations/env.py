"""Runs migrations on the connection it is handed, or on COUNTERSIGN_DATABASE_URL for `alembic`."""

from alembic import context
from sqlalchemy import Connection

from results.engine import open_engine, writing
from results.schema import metadata
from results.settings import settings


def run(connection: Connection) -> None:
    """Runs the revisions asked for in the connection's transaction.

    Args:
        connection: Inside a transaction that the caller commits.
    """
    # Both databases roll back DDL; Alembic assumes that SQLite does not.
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    context.run_migrations()


if handed := context.config.attributes.get("connection"):
    run(handed)
else:
    with writing(open_engine(settings().database_url)) as own:
        run(own)
