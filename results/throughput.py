"""How much was judged lately."""

from datetime import datetime

from sqlalchemy import func, select

from results.ledger import Ledger
from results.schema import documents, verdicts


def pages_judged_since(ledger: Ledger, moment: datetime) -> int:
    """Counts the pages of documents judged since a moment.

    Args:
        ledger: An open ledger.
        moment: By the ledger's clock, timezone-aware; inclusive.

    Returns:
        Pages.
    """
    query = (
        select(func.coalesce(func.sum(verdicts.c.page_count), 0))
        .select_from(documents.join(verdicts, verdicts.c.id == documents.c.verdict_id))
        .where(documents.c.has_signature.in_([False, True]), documents.c.decided_at >= moment)
    )
    with ledger.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
