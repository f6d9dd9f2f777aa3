"""Commands that only read start without loading what judging needs."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "openvino", "cv2", "celery", "google.cloud", "alembic", "pyarrow")

CALL = """
import sys
from cli.main import main
sys.argv = ["countersign", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
loaded = [name for name in {heavy} if name in sys.modules]
print(*loaded, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    ["--help", "--version", "run --help", "results", "status", "show x.png", "worker -h"],
)
def test_light_command_loads_nothing_heavy(arguments: str, sqlite_url: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CALL.format(heavy=HEAVY), *arguments.split()],
        env={"COUNTERSIGN_DATABASE_URL": sqlite_url, "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stderr.splitlines()[-1] == "", ended.stderr
