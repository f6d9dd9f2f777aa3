"""`countersign db`: the ledger's schema."""

from typing import Annotated

import typer

from cli import options
from cli.screen import out

app = typer.Typer(help="Brings the database to the revision of this code.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Brings the database to the revision of this code."""


@app.command("upgrade")
def upgrade(database: options.Database = None) -> None:
    """Makes the ledger's tables and views, or brings them to the revision of this code.

    Does nothing where they are there already. Make a backup first: a downgrade may have to forget things.
    """
    from cli.place import place
    from results.migrate import upgrade
    from results.schema import REVISIONS
    from results.settings import read_settings

    url = read_settings(database_url=database).database_url
    upgrade(url)
    out.print(f"{place(url)} is at revision {REVISIONS[-1]}", markup=False)


@app.command("grant")
def grant(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Role to make, or to give the right to.")],
    database: options.Database = None,
) -> None:
    """Lets a PostgreSQL role read the ledger and nothing else.

    Run it again after an upgrade that adds views.
    """
    from results.analysts import grant_reading
    from results.ledger import Ledger
    from results.settings import read_settings

    with Ledger.open(read_settings(database_url=database).database_url) as ledger:
        grant_reading(ledger, role)
    out.print(f"{role} may read the ledger; next: GRANT {role} TO somebody", markup=False)
