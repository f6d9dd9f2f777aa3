"""Steps of a migration that readers and writers of a large ledger do not notice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alembic import op
from sqlalchemy import TextClause


def create_index(name: str, table: str, columns: Sequence[str | TextClause]) -> None:
    """Builds an index; on PostgreSQL concurrently, on SQLite readers go on beside any writer.

    Args:
        name: The index.
        table: What it is on.
        columns: Columns or expressions.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(name, table, columns)
        return
    with _concurrently():
        # An upgrade that was cut off leaves an index behind that no query uses.
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True)


def drop_index(name: str, table: str) -> None:
    """Drops an index; on PostgreSQL concurrently.

    Args:
        name: The index.
        table: What it is on.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(name, table)
        return
    with _concurrently():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)


@contextmanager
def _concurrently() -> Iterator[None]:
    """Outside any transaction, and patient: nobody queues behind the lock that this waits for."""
    with op.get_context().autocommit_block():
        patience = op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar_one()
        op.execute("SET lock_timeout = 0")
        yield
        op.execute(f"SET lock_timeout = '{patience}'")
