"""How fast the ledger answers people, at ten million documents in PostgreSQL.

The ledger is made by its own migration and filled by the server itself: its tables, indexes, views and
triggers are those of every ledger. What is timed is the SQL an analyst writes, and what producer and workers
ask.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy import Connection, text

from benchmarks.figures import parser, report
from results import migrate, queries
from results.engine import writing
from results.ledger import Ledger
from results.values import ReleaseRecord
from tests.servers import PostgresServer

STEP = 500_000
"""Documents in one transaction of the filling."""

BYTES_EACH = 900
"""Disk for one document with verdict, signature, indexes and log, rounded up."""

SERVER = {
    "fsync": "off",  # a crash of the machine may lose a benchmark
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
    "autovacuum": "off",  # one VACUUM follows the filling
    "wal_level": "minimal",
    "max_wal_senders": "0",
}

FILL = """
    INSERT INTO documents (
        id, uri, generation, source, media_type, size, content_sha256, status, attempts, reprocess, due_at,
        error_code, error_text, received_at, finished_at, verdict_id, has_signature, decided_at
    )
    SELECT i, 'gs://incoming/' || i / 1000 || '/scan_' || i || '.pdf', (1700000000000000 + i)::text,
        'gs://incoming/', 'application/pdf', 100000 + i % 400000,
        CASE WHEN kind <> 'waiting' THEN md5(i::text) || md5((-i)::text) END, kind, 1, false,
        CASE kind WHEN 'waiting' THEN received END,
        CASE kind WHEN 'failed' THEN (ARRAY['truncated', 'encrypted', 'gone'])[1 + i % 3] END,
        CASE kind WHEN 'failed' THEN 'The file ends early' END,
        received, CASE WHEN kind <> 'waiting' THEN received + interval '9 seconds' END,
        CASE kind WHEN 'done' THEN i END, CASE kind WHEN 'done' THEN i % 10 < 6 END,
        CASE kind WHEN 'done' THEN received + interval '9 seconds' END
    FROM (
        SELECT i, now() - (:documents - i) * interval '1 second' AS received, CASE
            WHEN i > :documents * 0.999 THEN 'waiting' WHEN i % 100 = 0 THEN 'failed' ELSE 'done' END AS kind
        FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) i
    ) arrived
"""
JUDGE = """
    INSERT INTO verdicts (
        id, document_id, release_id, has_signature, signature_count, confidence, threshold, page_count,
        first_signature_page, decided_at
    )
    SELECT id, id, 1, has_signature, has_signature::int,
        has_signature::int * 0.5 + (id * 7919 % 1000) / 2000.0, 0.5, 1 + id % 3,
        CASE WHEN has_signature THEN 1 END, decided_at
    FROM documents WHERE id BETWEEN :first AND :last AND status = 'done'
"""
SIGN = """
    INSERT INTO signatures (verdict_id, number, page, x0, y0, x1, y1, score)
    SELECT id, 1, 1, 0.1, 0.8, 0.4, 0.9, confidence
    FROM verdicts WHERE id BETWEEN :first AND :last AND has_signature
"""
NEAR = """
    SELECT uri, confidence, threshold FROM document_flags
    WHERE abs(confidence - threshold) < 0.1 ORDER BY abs(confidence - threshold) LIMIT 100
"""
FAILURES = "SELECT * FROM failed_documents ORDER BY failed_at DESC LIMIT 100"
COUNT_ALL = """
    SELECT count(*), count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'failed'),
        count(*) FILTER (WHERE has_signature), count(*) FILTER (WHERE NOT has_signature)
    FROM documents
"""


def fill(ledger: Ledger, documents: int) -> None:
    """Fills a ledger on PostgreSQL: 99 % done, six in ten of them signed; 1 % failed; the newest waiting.

    Args:
        ledger: Empty.
        documents: How many.
    """
    ledger.register_release(ReleaseRecord("detector", "1.0", "0" * 64, 0.5))
    for first in range(1, documents + 1, STEP):
        part = {"first": first, "last": min(first + STEP - 1, documents)}
        with writing(ledger.engine) as connection:
            connection.execute(text(FILL), {**part, "documents": documents})
            # What is filled in fits by design; checking each foreign key would take as long again.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(JUDGE), part)
            connection.execute(text(SIGN), part)
        print(f"{part['last']:,} documents", flush=True)
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT setval('documents_id_seq', max(id)) FROM documents"))
        connection.execute(text("SELECT setval('verdicts_id_seq', max(id)) FROM verdicts"))
        connection.execute(text("VACUUM (ANALYZE)"))


def timed(call: Callable[[int], object], times: int) -> dict[str, float]:
    """Times calls one by one.

    Args:
        call: Takes the number of the call.
        times: How many calls.

    Returns:
        Milliseconds: the median, and the slowest, which may be the first.
    """
    spent = []
    for number in range(times):
        start = time.perf_counter()
        call(number)
        spent.append((time.perf_counter() - start) * 1000)
    return {"ms": round(statistics.median(spent), 3), "slowest_ms": round(max(spent), 3)}


def asked(connection: Connection, query: str, times: int, **parameters: list[object]) -> dict[str, float]:
    """Times an analyst's query, with other parameters each time."""

    def ask(number: int) -> object:
        values = {name: choices[number] for name, choices in parameters.items()}
        return connection.execute(text(query), values).all()

    return timed(ask, times)


def people(ledger: Ledger, documents: int, times: int) -> dict[str, dict[str, float]]:
    """Times what people ask."""
    chosen = [Random(1).randint(1, documents) for _ in range(times)]
    uris: list[object] = [f"gs://incoming/{number // 1000}/scan_{number}.pdf" for number in chosen]
    newest = "SELECT * FROM document_flags WHERE {} ORDER BY {} DESC LIMIT 100"
    with ledger.engine.connect() as connection:
        return {
            "flag_by_uri": asked(
                connection, "SELECT * FROM document_flags WHERE uri = :uri", times, uri=uris
            ),
            "boxes_by_uri": asked(
                connection, "SELECT * FROM signature_boxes WHERE uri = :uri", times, uri=uris
            ),
            "newest_unsigned": asked(connection, newest.format("NOT has_signature", "received_at"), times),
            "last_unsigned": asked(connection, newest.format("has_signature = false", "decided_at"), times),
            "latest_arrivals": asked(connection, newest.format("true", "received_at"), times),
            "near_threshold": asked(connection, NEAR, times),
            "latest_failures": asked(connection, FAILURES, times),
            "counts": asked(connection, "SELECT * FROM ledger_counts", times),
            "first_of_all_flags": timed(lambda _: list(islice(queries.flags(ledger), 1000)), times),
        }


def machines(ledger: Ledger, times: int) -> dict[str, dict[str, float]]:
    """Times what producer and workers ask."""
    return {
        "due": timed(lambda _: ledger.due(max_documents=64, max_bytes=2**28), times),
        "claim": timed(
            lambda _: ledger.claim(
                worker="benchmark", max_documents=32, max_bytes=2**28, lease_seconds=600, max_attempts=3
            ),
            times,
        ),
    }


def is_exact(ledger: Ledger) -> bool:
    """Whether the kept counts are those of a count over every row."""
    counts = ledger.counts()
    with ledger.engine.connect() as connection:
        found = tuple(connection.execute(text(COUNT_ALL)).one())
    return found == (counts.received, counts.done, counts.failed, counts.signed, counts.unsigned)


def measure(documents: int, times: int) -> Mapping[str, object]:
    """Fills a server and asks it.

    Args:
        documents: How many.
        times: How often each question is asked.

    Returns:
        Figures by name.
    """
    with PostgresServer(**SERVER) as server:
        url = server.new_database()
        migrate.upgrade(url)
        with Ledger.open(url) as ledger:
            start = time.perf_counter()
            fill(ledger, documents)
            filled = time.perf_counter() - start
            with ledger.engine.connect() as connection:
                size: int = connection.execute(
                    text("SELECT pg_database_size(current_database())")
                ).scalar_one()
            answers = {**people(ledger, documents, times), **machines(ledger, times)}
            exact = is_exact(ledger)
    figures = {f"{name}_{unit}": value for name, both in answers.items() for unit, value in both.items()}
    return {
        "documents": documents,
        "filled_in_s": round(filled),
        "database_gb": round(size / 1e9, 2),
        "counts_exact": exact,
        **figures,
    }


def main() -> None:
    """Reads the options and prints the figures."""
    options = parser(__doc__ or "")
    options.add_argument("--documents", type=int, default=10_000_000, help="how many")
    options.add_argument("--times", type=int, default=100, help="how often each question is asked")
    given = options.parse_args()
    documents = 200_000 if given.quick else given.documents
    free = shutil.disk_usage(Path(tempfile.gettempdir())).free
    if free < documents * BYTES_EACH:
        options.error(
            f"{documents:,} documents need {documents * BYTES_EACH / 1e9:.0f} GB of temporary space"
        )
    report(measure(documents, given.times))


if __name__ == "__main__":
    main()
