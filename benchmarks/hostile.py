"""Thousands of hostile files through the real worker: no process dies, and each file ends with an outcome.

The files are Pillow's own test images, many of them broken on purpose, and letters and PDFs that are cut
short or have bits flipped. Reported are the outcomes by kind of file, deaths of processes, and the largest
of them.
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
from PIL import Image
from sqlalchemy import text

from benchmarks.corpus import arrival, letters
from benchmarks.figures import DATA, parser, report, scratch
from results.ledger import Ledger
from results.migrate import upgrade
from results.settings import read_settings
from tests.servers import PostgresServer, RedisServer
from tests.waiting import until
from tests.workers.running import RunningWorker, dispatching, running

FILES = 5_500
PROCESSES = 2


def main() -> None:
    """Runs, prints the table in Markdown, reports."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--files", type=int, default=FILES, help="files in all")
    options.add_argument("--seed", type=int, default=0, help="cuts and flips follow from it")
    chosen = options.parse_args()
    if not letters():
        raise SystemExit(f"{DATA} is absent: there is nothing hostile to feed")
    with scratch() as folder:
        figures, outcomes = run(folder, 300 if chosen.quick else chosen.files, chosen.seed)
    print(table(outcomes))
    report(figures)


def hostile_files(folder: Path, count: int, seed: int) -> Iterator[tuple[str, Path]]:
    """Writes hostile files.

    Args:
        folder: Where to.
        count: How many in all, Pillow's test images among them.
        seed: Cuts and flips follow from it.

    Yields:
        What kind of file it is, and its path.
    """
    folder.mkdir(parents=True)
    rng = random.Random(seed)
    images = sorted(path for path in (DATA / "hostile").iterdir() if path.is_file())
    for number, path in enumerate(images[:: max(1, 4 * len(images) // count)]):
        copy = folder / f"pillow{number}-{path.name}"
        copy.write_bytes(path.read_bytes())
        yield "Pillow's test images", copy
        count -= 1
    scans = [path.read_bytes() for path in letters()]
    pdfs = [_pdf(path, folder) for path in letters()[:20]]
    for number in range(count):
        kind = ("letter, cut", "letter, bits flipped", "PDF, cut", "PDF, bits flipped")[number % 4]
        content = bytearray(rng.choice(scans if kind.startswith("letter") else pdfs))
        if kind.endswith("cut"):
            del content[rng.randrange(len(content)) :]
        else:
            for _ in range(rng.choice((1, 8, 64))):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path = folder / f"{number}.{'png' if kind.startswith('letter') else 'pdf'}"
        path.write_bytes(content)
        yield kind, path


def _pdf(picture: Path, folder: Path) -> bytes:
    file = folder / "rendered.pdf"
    with Image.open(picture) as image:
        image.convert("L").save(file, resolution=150, quality=60)
    content = file.read_bytes()
    file.unlink()
    return content


def run(folder: Path, count: int, seed: int) -> tuple[dict[str, object], Counter[tuple[str, str]]]:
    """Feeds hostile files to a worker on Redis and PostgreSQL.

    Args:
        folder: Where they are written.
        count: How many.
        seed: They follow from it.

    Returns:
        Figures; and how often each pair of kind and outcome came up.
    """
    kinds = {path.as_uri(): kind for kind, path in hostile_files(folder / "files", count, seed)}
    with RedisServer() as redis, PostgresServer() as postgres:
        url = postgres.new_database()
        upgrade(url)
        settings = read_settings(None, database_url=url, broker_url=redis.url)
        with Ledger.open(url) as ledger, dispatching(ledger, settings):
            ledger.take_in(arrival(path) for path in sorted((folder / "files").iterdir()))
            with running(settings, "workers", folder / "worker.log", processes=PROCESSES) as worker:
                until(lambda: len(worker.children()) >= PROCESSES)
                watched = Watched(worker)
                until(lambda: watched.look() and ledger.counts().in_flight == 0, 3 * 3600, every=0.2)
                deaths = watched.deaths()
            with ledger.engine.connect() as connection:
                rows = connection.execute(text("SELECT uri, error_code FROM document_flags")).all()
    outcomes = Counter((kinds[row.uri], row.error_code or "judged") for row in rows)
    return {
        "files": len(kinds),
        "done": sum(times for (_, outcome), times in outcomes.items() if outcome == "judged"),
        "failed": sum(times for (_, outcome), times in outcomes.items() if outcome != "judged"),
        "worker_deaths": deaths,
        "decoder_deaths": watched.decoders_seen() - PROCESSES,
        "largest_worker_mb": round(watched.largest_worker / 1e6),
        "largest_decoder_mb": round(watched.largest_decoder / 1e6),
    }, outcomes


class Watched:
    """The processes of a worker, looked at again and again."""

    def __init__(self, worker: RunningWorker) -> None:
        self._worker = worker
        self._pool = {process.pid for process in worker.children()}
        self._decoders: set[int] = set()
        self.largest_worker = 0
        self.largest_decoder = 0

    def look(self) -> bool:
        """Notes who is there and how large; always True."""
        family = self._worker.family()
        pool = {process.pid for process in self._worker.children()}
        for process in family[1:]:
            try:
                size = process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            if process.pid in pool:
                self.largest_worker = max(self.largest_worker, size)
            else:
                self._decoders.add(process.pid)
                self.largest_decoder = max(self.largest_decoder, size)
        return True

    def deaths(self) -> int:
        """Pool processes that are not there any more."""
        return len(self._pool - {process.pid for process in self._worker.children()})

    def decoders_seen(self) -> int:
        """Decoders there have been."""
        return len(self._decoders)


def table(outcomes: Counter[tuple[str, str]]) -> str:
    """The outcomes as a Markdown table: a row for each outcome, a column for each kind of file."""
    kinds = sorted({kind for kind, _ in outcomes})
    codes = sorted({outcome for _, outcome in outcomes}, key=lambda code: (code != "judged", code))
    lines = [f"| outcome | {' | '.join(kinds)} | all |", "|---" * (len(kinds) + 2) + "|"]
    for code in codes:
        counts = [outcomes[kind, code] for kind in kinds]
        lines.append(f"| `{code}` | {' | '.join(map(str, counts))} | {sum(counts)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
