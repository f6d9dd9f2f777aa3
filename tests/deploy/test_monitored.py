"""Prometheus and Flower, for real, beside a producer and a worker: every panel has something to show."""

import importlib.metadata
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.compose import ROOT, read
from tests.deploy.processes import Machine, Running, free_port
from tests.deploy.test_monitoring import DASHBOARD_QUERIES, PROMETHEUS, SERIES
from tests.waiting import attempts

SERVICES = read()

WITHOUT_TROUBLE = {
    "max by (part) (countersign_trouble)",
    "60 * sum by (outcome) (rate(countersign_objects_tidied_total[$__rate_interval]))",
}
"""Panels that are empty while all is well, and while no source is tidied."""


@pytest.fixture
def running(machine: Machine) -> list[Running]:
    """A producer and a worker that are up."""
    machine.run(SERVICES["migrate"])
    started = [machine.start(SERVICES[name]) for name in ("producer", "worker")]
    for one in started:
        one.wait_until_healthy()
    return started


@pytest.fixture
def prometheus(running: list[Running], tmp_path: Path) -> Iterator[str]:
    """A Prometheus with the deployment's configuration, which finds the two without a name server."""
    program = shutil.which("prometheus")
    if not program:
        pytest.skip("no Prometheus: apt-get install prometheus")
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [str(PROMETHEUS / "alerts.yml")]
    (job,) = configuration["scrape_configs"]
    del job["dns_sd_configs"], job["relabel_configs"]
    job["static_configs"] = [
        {"targets": [f"127.0.0.1:{one.port}"], "labels": {"service": one.service.name}} for one in running
    ]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    address = f"127.0.0.1:{free_port()}"
    options = [f"--config.file={file}", f"--storage.tsdb.path={tmp_path / 'series'}"]
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([program, *options, f"--web.listen-address={address}"], stderr=log)
    yield f"http://{address}"
    process.terminate()
    process.wait(30)


def get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            text: str = answer.read().decode()
            return text
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise


def ask(prometheus: str, query: str) -> list[Any]:
    """The series that a query gives now."""
    query = query.replace("$__rate_interval", "1m")
    found = json.loads(get(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"))
    return list(found["data"]["result"])


def drop(machine: Machine, name: str, number: int) -> None:
    shutil.copy(ROOT / "samples" / name, machine.folder / "inbox" / f"{number}-{name}")


@pytest.mark.timeout(600)
def test_every_panel_has_something_to_show(machine: Machine, prometheus: str) -> None:
    for attempt in attempts(120, every=0.5):
        with attempt:
            assert len(ask(prometheus, 'up{job="countersign"} == 1')) == 2
    for number, judged in ((1, "countersign_documents_total"), (2, "countersign_documents_total > 1")):
        drop(machine, "letter-signed.png", number)
        drop(machine, "letter-unsigned.jpg", number)
        for attempt in attempts(120, every=0.5):
            with attempt:
                assert len(ask(prometheus, judged)) == 2
    for attempt in attempts(120, every=0.5):
        with attempt:
            empty = [query for query in DASHBOARD_QUERIES if not ask(prometheus, query)]
            assert set(empty) <= WITHOUT_TROUBLE

    names = json.loads(get(f"{prometheus}/api/v1/label/__name__/values"))["data"]
    shown = {name for name in names if name.startswith("countersign_") and not name.endswith("_created")}
    assert shown <= SERIES
    assert ask(prometheus, 'ALERTS{alertstate="firing"}') == []


@pytest.mark.timeout(600)
def test_flower_shows_the_worker_and_its_rings(machine: Machine, running: list[Running]) -> None:
    flower = SERVICES["flower"]
    assert flower.definition["image"] == f"mher/flower:{importlib.metadata.version('flower')}"
    port = str(free_port())
    started = machine.start(flower, FLOWER_ADDRESS="127.0.0.1", FLOWER_PORT=port)
    for attempt in attempts(120, every=0.5):
        with attempt:
            assert "flower_worker_online{" in get(f"http://127.0.0.1:{port}/metrics"), started.log.read_text()
    drop(machine, "letter-signed.png", 1)
    for attempt in attempts(120, every=0.5):
        with attempt:
            done = 'task="countersign.judge_due",type="task-succeeded"'
            assert done in get(f"http://127.0.0.1:{port}/metrics"), started.log.read_text()
    assert "celery@" in get(f"http://127.0.0.1:{port}/workers")
