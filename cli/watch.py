"""`countersign watch`: the producer, until it is stopped."""

import signal
import threading
from typing import Annotated

import typer

from cli import options
from cli.log import write_log


def watch(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Folders, gs://bucket/prefix and projects/P/subscriptions/S to take documents from.",
        ),
    ],
    database: options.Database = None,
    broker: options.Broker = None,
    log_level: options.LogLevel = options.Level.INFO,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Take in what is there now, wait until it is judged, and end: a backfill."
        ),
    ] = False,
) -> None:
    """Takes in documents as they arrive and rings for workers, until it is stopped.

    Start workers beside it with `countersign worker`. SIGTERM and Ctrl-C stop it cleanly.
    """
    from producer.app import run_once
    from producer.app import watch as keep_watch
    from producer.sources import open_source
    from results.errors import WrongSettings
    from results.settings import read_settings

    settings = read_settings(database_url=database, broker_url=broker)
    if settings.broker_url.startswith("memory:"):
        raise WrongSettings(
            "COUNTERSIGN_BROKER_URL: memory:// reaches no worker; name a server, redis://host:6379/0"
        )
    write_log(log_level, settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    (run_once if once else keep_watch)([open_source(source, settings) for source in sources], settings, stop)
