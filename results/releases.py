"""Model releases: which are known, and which one people see."""

from dataclasses import asdict

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from results.engine import moment
from results.schema import model_releases
from results.values import ReleaseRecord


def register(connection: Connection, release: ReleaseRecord) -> int:
    """Makes a release known in the connection's transaction; see `Ledger.register_release`.

    Args:
        connection: In a writing transaction.
        release: Known or not.

    Returns:
        Its id.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    known = ("name", "version", "content_sha256")
    row = {**asdict(release), "is_current": False, "registered_at": moment(connection)}
    connection.execute(dialect.insert(model_releases).on_conflict_do_nothing(), row)
    same = (model_releases.c[name] == row[name] for name in known)
    identity: int = connection.execute(select(model_releases.c.id).where(*same)).scalar_one()
    return identity
