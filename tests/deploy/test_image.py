"""The image: what the Dockerfile copies is there, and countersign works when installed from that alone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT, read

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def let_in() -> set[str]:
    """What .dockerignore leaves of the folder."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*", "everything is ignored but what is named"
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def test_copies_what_is_let_in() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.M)
    assert {name for name in copied if name != "."} <= let_in()
    assert all((ROOT / name).exists() for name in let_in())
    assert not {"deploy", "inbox", "samples", "tests", ".git"} & let_in()


def test_targets_are_those_that_compose_builds() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.M)
    targets = {s.definition["build"]["target"] for s in read().values() if "build" in s.definition}
    assert targets == {"cpu", "gpu"}
    assert targets <= set(stages)
    assert stages[-1] == "cpu", "what is built without a target"


def test_base_is_pinned_and_the_user_is_the_one_of_compose() -> None:
    (tag,) = re.findall(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.M)
    assert re.match(r"3\.1[1-9]\.\d+-slim-\w+$", tag)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) == {"python:${PYTHON}", "build", "runtime"}
    (user,) = re.findall(r"^USER (\S+)$", DOCKERFILE, re.M)
    assert {s.definition["user"] for s in read().values() if "build" in s.definition} == {user}
    assert re.findall(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.M) == ['["countersign"]']


@pytest.mark.parametrize("requirements", ["requirements.txt", "requirements-gpu.txt"])
def test_requirements_are_pinned(requirements: str) -> None:
    lines = [
        line
        for line in (ROOT / requirements).read_text().splitlines()
        if line and not line.lstrip().startswith("#")
    ]
    assert all("==" in line for line in lines)
    assert f"--requirement {requirements}" in DOCKERFILE


def test_works_installed_from_what_is_let_in(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    for name in let_in():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    install = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "--target", site, source], check=True)
    for folder in ("cli/report/page", "migrations/versions"):
        kept = {file.name for file in (site / folder).iterdir() if file.is_file()}
        assert {file.name for file in (ROOT / folder).iterdir() if file.is_file()} <= kept
    database = f"sqlite:///{tmp_path}/ledger.db"
    for arguments in (["db", "upgrade"], ["report", "--out", "report.html"]):
        done = subprocess.run(
            [sys.executable, "-P", "-c", "from cli.main import main; main()", *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(site), "COUNTERSIGN_DATABASE_URL": database, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "No documents" in (tmp_path / "report.html").read_text()
