"""`countersign worker`: a Celery worker that judges what is due."""

from typing import Annotated

import typer

from cli import options


def worker(
    concurrency: Annotated[
        int,
        typer.Option(
            "--concurrency",
            min=1,
            help="Processes that share the cores, or threads that share a GPU; each has two batches in hand.",
        ),
    ] = 1,
    database: options.Database = None,
    broker: options.Broker = None,
    log_level: options.LogLevel = options.Level.INFO,
) -> None:
    """Judges what is due whenever it is rung for, until it is stopped.

    SIGTERM and Ctrl-C stop it cleanly: what is judged is recorded, the rest is due again at once.
    `celery -A workers.celery worker` starts the same worker with all of Celery's options.
    """
    from results.errors import WrongSettings
    from results.ledger import Ledger
    from results.settings import read_settings
    from workers.app import make_app

    settings = read_settings(database_url=database, broker_url=broker)
    if settings.broker_url.startswith("memory:"):
        raise WrongSettings(
            "COUNTERSIGN_BROKER_URL: memory:// reaches no producer; name a server, redis://host:6379/0"
        )
    Ledger.open(settings.database_url).close()
    app = make_app(settings)
    app.worker_main(["worker", f"--concurrency={concurrency}", f"--loglevel={log_level.value}"])
