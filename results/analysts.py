"""A role on PostgreSQL for people who only read."""

from sqlalchemy import text

from results.engine import writing
from results.errors import UsageError
from results.ledger import Ledger
from results.schema import VIEWS, documents, model_releases, signatures, verdicts

READABLE = tuple(one.name for one in (*VIEWS, documents, verdicts, signatures, model_releases))
"""What analysts may read: the views, and for questions about several releases the tables behind them."""


def grant_reading(ledger: Ledger, role: str) -> None:
    """Lets a role read the ledger and nothing else; run it again after an upgrade that adds views.

    The role is made if it does not exist, without a login: grant it to people, `GRANT analysts TO ada`.

    Args:
        ledger: An open ledger, as a user that may create roles.
        role: Name of the role.

    Raises:
        UsageError: the ledger is in SQLite, which has no roles.
    """
    if ledger.engine.dialect.name != "postgresql":
        raise UsageError("SQLite has no roles; open the file read-only instead, sqlite3 'file:NAME?mode=ro'")
    quote = ledger.engine.dialect.identifier_preparer.quote
    with writing(ledger.engine) as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
            connection.execute(text(f"CREATE ROLE {quote(role)} NOLOGIN"))
        schema = quote(str(connection.scalar(text("SELECT current_schema()"))))
        names = ", ".join(quote(name) for name in READABLE)
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quote(role)}"))
        connection.execute(text(f"GRANT SELECT ON {names} TO {quote(role)}"))
