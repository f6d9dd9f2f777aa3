"""Whether readers and producers go on while a ledger of a million documents is upgraded, on both databases.

The newest revision is applied to a ledger filled at the one before it. Meanwhile every view is asked again
and again, each by a reader of its own, and a producer that was started before takes in documents.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import text

from benchmarks.figures import parser, report
from results import migrate
from results.engine import open_engine, writing
from results.ledger import Ledger
from results.schema import REVISIONS
from results.values import Arrival
from tests.servers import PostgresServer

NUMBERS = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :documents)"

FILL = (
    """
    INSERT INTO model_releases
        (id, name, version, content_sha256, threshold, metrics, is_current, registered_at)
    VALUES (1, 'detector', '1.0', 'hash', 0.5, '{}', false, '2026-01-01 00:00:00')
    """,
    f"""
    INSERT INTO documents (id, uri, generation, source, status, attempts, reprocess, received_at, finished_at,
                           verdict_id, has_signature, decided_at, error_code)
    {NUMBERS}
    SELECT i, 'gs://incoming/' || i || '.pdf', '1', 'gs://incoming/',
           CASE WHEN i % 100 = 0 THEN 'failed' ELSE 'done' END, 1, false,
           '2026-01-01 00:00:00', '2026-01-01 00:00:09', CASE WHEN i % 100 <> 0 THEN i END,
           CASE WHEN i % 100 <> 0 THEN i % 10 < 6 END,
           CASE WHEN i % 100 <> 0 THEN {{moment}} END,
           CASE WHEN i % 100 = 0 THEN 'truncated' END
    FROM numbers
    """,
    """
    INSERT INTO verdicts (id, document_id, release_id, has_signature, signature_count, confidence, threshold,
                          page_count, first_signature_page, decided_at)
    SELECT id, id, 1, has_signature, CASE WHEN has_signature THEN 1 ELSE 0 END,
           CASE WHEN has_signature THEN 0.5 ELSE 0 END + (id % 1000) / 2000.0, 0.5, 1,
           CASE WHEN has_signature THEN 1 END, decided_at
    FROM documents WHERE status = 'done'
    """,
    """
    INSERT INTO signatures (verdict_id, number, page, x0, y0, x1, y1, score)
    SELECT id, 1, 1, 0.1, 0.8, 0.4, 0.9, confidence FROM verdicts WHERE has_signature
    """,
)
MOMENT = {
    "sqlite": "'2026-01-01 00:00:09'",
    "postgresql": "CAST('2026-01-01 00:00:09' AS timestamptz)",
}

READS = {
    "document_flags": "SELECT * FROM document_flags WHERE NOT has_signature ORDER BY received_at LIMIT 20",
    "signature_boxes": "SELECT * FROM signature_boxes WHERE uri = 'gs://incoming/5.pdf'",
    "failed_documents": "SELECT * FROM failed_documents ORDER BY failed_at DESC LIMIT 20",
    "ledger_counts": "SELECT * FROM ledger_counts",
}
"""What each reader asks."""


def fill(url: str, documents: int) -> None:
    """Fills a ledger of any revision: one document in a hundred failed, six in ten signed.

    Args:
        url: An empty ledger.
        documents: How many.
    """
    engine = open_engine(url)
    with writing(engine) as connection:
        for statement in FILL:
            filled_in = statement.replace("{moment}", MOMENT[connection.dialect.name])
            connection.execute(text(filled_in), {"documents": documents} if "numbers" in statement else {})
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            connection.execute(text("SELECT setval('documents_id_seq', max(id)) FROM documents"))
            connection.execute(text("ANALYZE"))
    engine.dispose()


class Customer:
    """Does one thing again and again in a thread, and keeps how long each time took."""

    def __init__(self, call: Callable[[], object]) -> None:
        """Takes what to do."""
        self._call = call
        self._thread = Thread(target=self._go_on)
        self._stop = Event()
        self.milliseconds: list[float] = []
        self.error: Exception | None = None

    def _go_on(self) -> None:
        while not self._stop.is_set():
            start = time.perf_counter()
            try:
                self._call()
            except Exception as error:
                self.error = error
                return
            self.milliseconds.append((time.perf_counter() - start) * 1000)

    def start(self) -> None:
        """Begins, and returns when it was done once."""
        self._thread.start()
        while not self.milliseconds and self._thread.is_alive():
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends after the one in hand.

        Raises:
            Exception: what made it end before.
        """
        self._stop.set()
        self._thread.join()
        if self.error:
            raise self.error


@contextmanager
def customers(url: str) -> Iterator[dict[str, Customer]]:
    """Has the views read and documents taken in while the block runs; raises what any of them met.

    Args:
        url: A filled ledger, at any revision.

    Yields:
        View to its reader, and the producer under `producer`.
    """
    number = count(1)
    with Ledger.open(url, check_revision=False) as ledger:

        def read(query: str) -> None:
            with ledger.engine.connect() as connection:
                assert connection.execute(text(query)).all()

        def take_in() -> None:
            ledger.take_in([Arrival(f"gs://incoming/late/{next(number)}.pdf", "1", "gs://incoming/")])
            time.sleep(0.01)

        made = {view: Customer(lambda query=query: read(query)) for view, query in READS.items()}  # type: ignore[misc]
        made["producer"] = Customer(take_in)
        for one in made.values():
            one.start()
        try:
            yield made
        finally:
            for one in made.values():
                one.stop()


def measure(url: str, documents: int) -> dict[str, object]:
    """Fills a ledger at the last revision but one and upgrades it under its customers' hands.

    Args:
        url: An empty database.
        documents: How many.

    Returns:
        Figures by name.
    """
    migrate.move(url, REVISIONS[-2])
    fill(url, documents)
    with customers(url) as made:
        before = {name: len(one.milliseconds) for name, one in made.items()}
        start = time.perf_counter()
        migrate.upgrade(url)
        upgraded = time.perf_counter() - start
        during = {name: one.milliseconds[before[name] :] for name, one in made.items()}
    taken_in = during.pop("producer")
    return {
        "upgrade_s": round(upgraded, 2),
        "fewest_reads_of_a_view": min(map(len, during.values())),
        "slowest_read_ms": round(max(map(max, during.values())), 1),
        "taken_in": len(taken_in),
        "slowest_intake_ms": round(max(made["producer"].milliseconds), 1),
    }


def main() -> None:
    """Measures on both databases."""
    options = parser((__doc__ or "").splitlines()[0])
    options.add_argument("--documents", type=int, default=1_000_000, help="how many")
    given = options.parse_args()
    documents = 50_000 if given.quick else given.documents
    figures: dict[str, object] = {"documents": documents}
    with tempfile.TemporaryDirectory() as folder, PostgresServer(shared_buffers="512MB") as server:
        urls: Mapping[str, str] = {
            "sqlite": f"sqlite:///{Path(folder) / 'countersign.db'}",
            "postgresql": server.new_database(),
        }
        for name, url in urls.items():
            measured = measure(url, documents)
            print(f"{name}: {measured}", flush=True)
            figures |= {f"{name}_{figure}": value for figure, value in measured.items()}
    report(figures)


if __name__ == "__main__":
    main()
