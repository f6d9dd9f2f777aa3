"""Alembic revisions of the ledger, for SQLite and PostgreSQL alike."""
