"""A backfill on the servers: `watch --once` takes in, `worker` judges, and both end."""

import shutil
import signal

from tests.acceptance.command import Command, page, signal_group
from tests.acceptance.conftest import SAMPLES


def test_watch_once_ends_when_all_is_judged(command: Command, postgres_url: str, redis_url: str) -> None:
    scans = command.folder / "scans"
    scans.mkdir()
    page().save(scans / "unsigned.png")
    shutil.copy(SAMPLES / "letter-signed.png", scans / "signed.png")
    env = {"COUNTERSIGN_DATABASE_URL": postgres_url, "COUNTERSIGN_BROKER_URL": redis_url}
    assert command("db", "upgrade", env=env).status == 0
    worker = command.start("worker", env=env)

    ended = command("watch", "scans", "--once", env=env)

    assert ended.status == 0, ended.errors
    rows = command("results", "--format", "csv", env=env).output
    assert rows.count(",done,") == 2
    signal_group(worker, signal.SIGTERM)
    worker.communicate(timeout=60)
    assert worker.returncode == 0
