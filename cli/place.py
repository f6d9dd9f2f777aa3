"""Where the database is, as people may read it."""


def place(url: str) -> str:
    """The file of a SQLite ledger, or the URL of any other without its password.

    Args:
        url: Database URL.
    """
    from sqlalchemy import make_url

    from results.engine import sqlite_file

    parsed = make_url(url)
    file = sqlite_file(parsed)
    return str(file.absolute()) if file else parsed.render_as_string(hide_password=True)
