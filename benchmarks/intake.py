"""Intake: from listing or messages to committed ledger rows, and from a dropped object to its ring.

Emulators of Cloud Storage and Pub/Sub run in a process of their own; the producer, its clients and its
ledgers are the real ones.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.cloud import storage

from benchmarks.figures import parser, report
from producer.app import watch
from producer.intake import Intake
from producer.signs import LifeSigns
from producer.sources import Source, open_source
from results import migrate
from results.ledger import Ledger
from results.settings import read_settings
from tests.servers import NoServer, PostgresServer

SUBSCRIPTION = "projects/bench/subscriptions/scans"


@contextmanager
def emulators(*options: str) -> Iterator[None]:
    """Runs both emulators and points Google's clients at them.

    Args:
        *options: For `python -m tests.emulators`.
    """
    command = [sys.executable, "-m", "tests.emulators", "--bucket", "inbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        os.environ.update(json.loads(process.stdout.readline()))
        yield
        process.terminate()


def take_in(source: Source, ledger: Ledger) -> float:
    """Takes in everything a source holds now; returns seconds."""
    began = time.perf_counter()
    Intake(ledger, LifeSigns(), lambda: None).run(source, threading.Event(), once=True)
    return time.perf_counter() - began


def speeds(url: str, objects: int, runs: int) -> tuple[float, float]:
    """Lists a bucket into a ledger, and then again, as one `watch` does.

    Args:
        url: An empty ledger.
        objects: How many the bucket holds.
        runs: How often it is listed again; the fastest counts.

    Returns:
        Documents per second of the first listing, and what a listing of known objects costs of it.
    """
    with Ledger.open(url) as ledger:
        source = open_source("gs://inbox", read_settings())
        first = take_in(source, ledger)
        again = min(take_in(source, ledger) for _ in range(runs))
        received = ledger.counts().received
    if received != objects:
        raise SystemExit(f"{received} documents in the ledger, not {objects}")
    return objects / first, again / first


def message_speed(url: str, messages: int) -> float:
    """Takes a subscription's backlog into a ledger; returns documents per second."""
    signs, stop = LifeSigns(), threading.Event()
    with Ledger.open(url) as ledger:
        source = open_source(SUBSCRIPTION, read_settings())
        intake = Intake(ledger, signs, lambda: None)
        thread = threading.Thread(target=lambda: intake.run(source, stop, once=False))
        began = time.perf_counter()
        thread.start()
        while signs.total().new < messages:
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        stop.set()
        thread.join()
    return messages / seconds


class Rings:
    """A queue that notes when each ring came, and takes it."""

    def __init__(self) -> None:
        self.rung = threading.Event()

    def __call__(self) -> None:
        """Notes the ring."""
        self.rung.set()

    def waiting(self) -> int:
        """None: each ring is taken at once."""
        return 0


def latencies(url: str, documents: int) -> list[float]:
    """Drops objects one by one, each announced by a notification, and waits for the ring of each.

    Args:
        url: An empty ledger.
        documents: How many.

    Returns:
        Seconds from each upload to its ring, at default settings.
    """
    rings, stop, settings = Rings(), threading.Event(), read_settings(database_url=url)
    with Ledger.open(url) as ledger, storage.Client() as client:
        sources = [open_source(SUBSCRIPTION, settings)]
        thread = threading.Thread(
            target=lambda: watch(sources, settings, stop, ledger=ledger, send_ring=rings)
        )
        thread.start()
        found = []
        for number in range(documents + 1):
            rings.rung.clear()
            blob = client.bucket("inbox").blob(f"dropped{number}.png")
            blob.upload_from_string(b"x", content_type="image/png")
            began = time.perf_counter()
            rings.rung.wait(60)
            found.append(time.perf_counter() - began)
            finish_all(ledger)
        stop.set()
        thread.join()
    return found[1:]  # the first waited for the stream to open


def finish_all(ledger: Ledger) -> None:
    """Claims what is due, so that the next ring is the next document's."""
    while ledger.claim(worker="w", max_documents=100, max_bytes=2**40, lease_seconds=3600, max_attempts=3):
        pass


def memory(objects: int) -> int:
    """Takes a bucket in, in a process of its own; returns that process's peak memory in bytes."""
    with emulators("--fill", str(objects)):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.intake", "--only-list"],
            check=True,
            capture_output=True,
            text=True,
        )
    return int(done.stdout.split()[-1])


def only_list() -> None:
    """What `memory` runs: one listing into a fresh SQLite ledger; prints the peak memory in bytes."""
    with tempfile.TemporaryDirectory() as folder, Ledger.open(_sqlite(Path(folder))) as ledger:
        take_in(open_source("gs://inbox", read_settings()), ledger)
    print(_peak())


def _peak() -> int:
    """The largest memory this process ever had, in bytes; getrusage would count its parent's as well."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _sqlite(folder: Path) -> str:
    """URL of a new ledger in a SQLite file."""
    url = f"sqlite:///{folder / f'{time.time_ns()}.db'}"
    migrate.upgrade(url)
    return url


@contextmanager
def postgresql() -> Iterator[PostgresServer | None]:
    """A PostgreSQL for the benchmark; None, with a line that says so, where it cannot be had."""
    try:
        server = PostgresServer()
    except NoServer as error:
        print(error)
        yield None
        return
    with server:
        yield server


def measure(given: argparse.Namespace) -> dict[str, float]:
    """Measures everything and says each figure as it comes."""
    figures: dict[str, float] = {}

    def say(**found: float) -> None:
        for name, value in found.items():
            figures[name] = round(value, 3)
            print(f"{name}: {figures[name]}", flush=True)

    with tempfile.TemporaryDirectory() as folder, postgresql() as server:

        def postgres() -> str:
            assert server
            url = server.new_database()
            migrate.upgrade(url)
            return url

        ledgers = {"sqlite": lambda: _sqlite(Path(folder)), **({"postgresql": postgres} if server else {})}
        with emulators("--fill", str(given.objects)):
            for name, new in ledgers.items():
                speed, ratio = speeds(new(), given.objects, given.runs)
                say(**{f"{name}_documents_per_s": speed, f"{name}_relist_cost_ratio": ratio})
        say(relist_cost_ratio=max(figures[f"{name}_relist_cost_ratio"] for name in ledgers))
        for name, new in ledgers.items():
            with emulators("--subscription", SUBSCRIPTION, "--messages", str(given.messages)):
                say(**{f"{name}_messages_per_s": message_speed(new(), given.messages)})
        with emulators("--subscription", SUBSCRIPTION):
            say(median_latency_s=statistics.median(latencies(_sqlite(Path(folder)), given.drops)))
    small, large = memory(given.memory_from), memory(given.memory_to)
    say(memory_small_mib=small / 2**20, memory_large_mib=large / 2**20, memory_growth_ratio=large / small)
    return figures


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__ or "")
    options.add_argument("--objects", type=int, default=100_000, help="objects to list")
    options.add_argument("--messages", type=int, default=100_000, help="messages to take in")
    options.add_argument("--drops", type=int, default=25, help="objects to drop for the latency")
    options.add_argument("--runs", type=int, default=2, help="listings of known objects; the fastest counts")
    options.add_argument("--memory-from", type=int, default=10_000, help="objects of the small listing")
    options.add_argument("--memory-to", type=int, default=1_000_000, help="objects of the large listing")
    options.add_argument("--only-list", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.only_list:
        only_list()
        return
    if given.quick:
        given.objects, given.messages, given.drops = 20_000, 10_000, 5
        given.memory_from, given.memory_to = 5_000, 50_000
    report(measure(given))


if __name__ == "__main__":
    main()
