"""`countersign doctor`: is everything there that countersign needs, and if not, what to do."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from cli import options
from cli.screen import out, table
from model.errors import ModelError
from results.errors import CountersignError

if TYPE_CHECKING:
    from results.settings import Settings


def doctor(database: options.Database = None, broker: options.Broker = None) -> None:
    """Checks database, revision, broker, storage, model and device: one line each, with what to do.

    Exits with 1 when something does not work.
    """
    from results.settings import read_settings

    settings = read_settings(database_url=database, broker_url=broker)
    rows = table("", "", "")
    rows.show_header = False
    wrong = 0
    for name, check in CHECKS.items():
        try:
            rows.add_row(name, "ok", check(settings))
        except (CountersignError, ModelError) as error:
            wrong += 1
            rows.add_row(name, "[red]no[/red]", str(error).replace("[", "\\["))
    out.print(rows)
    if wrong:
        raise typer.Exit(1)


def _database(settings: "Settings") -> str:
    """Opens the database, which must be there; says where it is."""
    from cli.place import place
    from results.engine import open_engine
    from results.migrate import revision

    engine = open_engine(settings.database_url)
    try:
        revision(engine)
    finally:
        engine.dispose()
    return place(settings.database_url)


def _revision(settings: "Settings") -> str:
    """Checks the schema; says its revision."""
    from results.ledger import Ledger
    from results.schema import REVISIONS

    Ledger.open(settings.database_url).close()
    return REVISIONS[-1]


def _broker(settings: "Settings") -> str:
    """Asks the broker how many rings wait."""
    if settings.broker_url.startswith("memory:"):
        return "in-process, for countersign run; COUNTERSIGN_BROKER_URL names a server for watch and worker"
    from producer.app import ring_sender

    sender = ring_sender(settings)
    try:
        return f"{sender.waiting()} rings wait"
    finally:
        sender.close()


def _storage(settings: "Settings") -> str:
    """Looks for credentials of Google Cloud; files need none."""
    if emulator := os.environ.get("STORAGE_EMULATOR_HOST"):
        return f"emulator at {emulator}"
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        _, project = google.auth.default()
    except DefaultCredentialsError:
        return "files only; for gs:// run `gcloud auth application-default login`"
    return f"files, and gs:// with the credentials of project {project or 'that was not named'}"


def _model(settings: "Settings") -> str:
    """Reads the model release; says its version and threshold."""
    from model.release import read_release

    release = read_release(settings.release_path)
    return f"{release.name} {release.version}, threshold {release.threshold:.3f}"


def _device(settings: "Settings") -> str:
    """Judges a blank page where the workers would; says what ran it and for how long."""
    import numpy as np

    from model.detector import Detector
    from model.engine import choose_engine

    engine = type(choose_engine(settings.engine, None)).__name__.removesuffix("Engine")
    detector = Detector.load(settings.release_path, engine=settings.engine)
    blank = [np.full((1664, 1176), 255, dtype=np.uint8)]
    detector.detect(blank)
    began = time.perf_counter()
    detector.detect(blank)
    return f"{engine}, a page in {1000 * (time.perf_counter() - began):.0f} ms"


CHECKS: dict[str, Callable[["Settings"], str]] = {
    "database": _database,
    "revision": _revision,
    "broker": _broker,
    "storage": _storage,
    "model": _model,
    "device": _device,
}
"""What is checked, in this order."""
