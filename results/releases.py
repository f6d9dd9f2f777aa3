"""Model releases: the ones the ledger knows, by whatever name a person gives."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from results.engine import moment
from results.errors import UnknownRelease
from results.schema import model_releases
from results.values import ReleaseRecord


@dataclass(frozen=True, slots=True)
class Release:
    """A model release in the ledger."""

    id: int
    """Rises in the order in which releases were registered."""
    name: str
    version: str
    content_sha256: str
    threshold: float
    metrics: dict[str, float]
    is_current: bool
    """Its verdicts are the ones people see, before later ones."""
    registered_at: datetime


def register(connection: Connection, release: ReleaseRecord) -> int:
    """Makes a release known in the connection's transaction; see `Ledger.register_release`.

    Args:
        connection: In a writing transaction.
        release: Known or not.

    Returns:
        Its id.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {**asdict(release), "is_current": False, "registered_at": moment(connection)}
    connection.execute(dialect.insert(model_releases).on_conflict_do_nothing(), row)
    same = (model_releases.c[name] == row[name] for name in ("name", "version", "content_sha256"))
    identity: int = connection.execute(select(model_releases.c.id).where(*same)).scalar_one()
    return identity


def known(connection: Connection) -> list[Release]:
    """Every release, the latest first.

    Args:
        connection: To the ledger.
    """
    query = select(model_releases).order_by(model_releases.c.id.desc())
    return [Release(**row) for row in connection.execute(query).mappings()]


def find(connection: Connection, text: str) -> Release:
    """The release that a person means.

    Args:
        connection: To the ledger.
        text: A version, a name, `NAME VERSION`, or a content hash; the latest of several that fit is meant.

    Returns:
        The release.

    Raises:
        UnknownRelease: none fits; the message names those there are.
    """
    table = model_releases
    fits = or_(
        table.c.version == text,
        table.c.name == text,
        table.c.name + " " + table.c.version == text,
        table.c.content_sha256 == text,
    )
    query = select(table).where(fits).order_by(table.c.id.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        others = ", ".join(f"{release.name} {release.version}" for release in known(connection))
        raise UnknownRelease(f"{text}; there is {others or 'none yet'}")
    return Release(**row)
