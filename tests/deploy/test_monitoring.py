"""Dashboard and alerts ask for metrics that the code has, and Prometheus understands them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from producer.signs import LifeSigns
from tests.deploy.compose import ROOT, read
from workers.metrics import Metrics

PROMETHEUS, GRAFANA = ROOT / "deploy" / "prometheus", ROOT / "deploy" / "grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards" / "countersign.json").read_text())
RULES = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD_QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def _registries() -> Iterator[CollectorRegistry]:
    yield LifeSigns().registry
    yield Metrics().registry


SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
METRICS = {
    metric.name: {metric.name + suffix for suffix in SUFFIXES[metric.type]}
    for registry in _registries()
    for metric in registry.collect()
}
SERIES = set().union(*METRICS.values())


def asked(queries: list[str]) -> set[str]:
    return {name for query in queries for name in re.findall(r"\bcountersign_\w+", query)}


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    assert asked(DASHBOARD_QUERIES) <= SERIES


def test_the_page_on_monitoring_asks_for_metrics_that_exist() -> None:
    page = (ROOT / "docs" / "how-to" / "monitor.md").read_text(encoding="utf-8")
    assert asked([page]) <= SERIES


def test_every_metric_is_on_the_dashboard() -> None:
    shown = asked(DASHBOARD_QUERIES)
    assert [name for name, series in METRICS.items() if not series & shown] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_asks_for_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert asked([rule["expr"]]) <= SERIES
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "action"}


def test_the_dashboard_is_whole() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    (source,) = yaml.safe_load((GRAFANA / "datasources" / "prometheus.yml").read_text())["datasources"]
    places: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"]["uid"] == source["uid"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & places, f"{panel['title']} lies on another panel"
        assert max(x for x, _ in cells) < 24
        places |= cells


def test_grafana_and_prometheus_find_their_files() -> None:
    services = read()
    (provider,) = yaml.safe_load((GRAFANA / "dashboards" / "provider.yml").read_text())["providers"]
    provisioning = services["grafana"].mounts["./deploy/grafana"]
    assert provider["options"]["path"] == f"{provisioning}/dashboards"
    home = services["grafana"].environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provisioning}/dashboards/countersign.json"
    assert f"--config.file={services['prometheus'].mounts['./deploy/prometheus']}/prometheus.yml" in (
        services["prometheus"].command
    )
    (source,) = yaml.safe_load((GRAFANA / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"


def test_prometheus_looks_where_the_services_answer() -> None:
    (job,) = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    (names,) = job["dns_sd_configs"]
    services = read()
    assert names["names"] == ["producer", "worker", "worker-gpu"]
    for name in names["names"]:
        assert services[name].environment["COUNTERSIGN_HEALTH_PORT"] == str(names["port"])
        assert services[name].environment["COUNTERSIGN_HEALTH_HOST"] == "0.0.0.0"


@pytest.fixture
def promtool() -> str:
    program = shutil.which("promtool")
    if not program:
        pytest.skip("no promtool: apt-get install prometheus")
    return program


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts-test.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_accepts_its_files(promtool: str, arguments: tuple[str, ...]) -> None:
    _run(promtool, *arguments, folder=PROMETHEUS)


def test_prometheus_understands_the_dashboard(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"dashboard:{number}", "expr": query.replace("$__rate_interval", "1m")}
        for number, query in enumerate(DASHBOARD_QUERIES)
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    _run(promtool, "check", "rules", "rules.yml", folder=tmp_path)


def _run(*arguments: str, folder: Path) -> None:
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
