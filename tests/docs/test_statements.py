"""Every SQL statement that the README and the docs show runs, on the databases it is written for."""

import pytest
from sqlalchemy import text

from results.engine import open_engine
from tests.docs.blocks import PAGES, Block, blocks, name

sql_blocks = [block for page in PAGES for block in blocks(page) if block.info.split()[:1] == ["sql"]]


@pytest.mark.parametrize("block", sql_blocks, ids=lambda block: name(block.page))
def test_statements_run(block: Block, ledger_url: str) -> None:
    engine = open_engine(ledger_url)
    only = block.info.removeprefix("sql").strip()
    if only and only != engine.dialect.name:
        pytest.skip(f"written for {only}")
    for statement in block.statements:
        with engine.begin() as connection:
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()
