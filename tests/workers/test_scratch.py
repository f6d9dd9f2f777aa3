"""A benchmark that is told to stop leaves nothing behind."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.workers.running import ROOT

BENCHMARK = """
import signal
from benchmarks.figures import scratch
with scratch() as folder:
    (folder / "letter.png").write_bytes(b"0")
    print(folder, flush=True)
    signal.pause()
"""


def test_a_benchmark_ended_by_sigterm_deletes_its_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BENCHMARK],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as benchmark:
        assert benchmark.stdout is not None
        folder = Path(benchmark.stdout.readline().strip())
        assert folder.is_dir()
        benchmark.send_signal(signal.SIGTERM)
    assert benchmark.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
