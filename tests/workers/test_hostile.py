"""Files made to do harm: each ends with a verdict or a code, and nothing dies of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.corpus import letters
from benchmarks.figures import DATA
from benchmarks.hostile import FILES, hostile_files, run
from results.errors import codes
from results.ledger import Ledger
from tests.workers.conftest import arrival
from tests.workers.test_judge import outcomes
from workers.decoder import Decoders
from workers.judge import Judge

pytestmark = pytest.mark.skipif(
    not letters(), reason=f"{DATA} is absent; its licence keeps it out of the project"
)


def test_a_sample(ledger: Ledger, judging: Callable[..., Judge], decoders: Decoders, tmp_path: Path) -> None:
    with decoders.lent() as one, decoders.lent() as other:
        pids = [one.pid, other.pid]
    ledger.take_in(arrival(path) for _, path in hostile_files(tmp_path / "files", 80, seed=1))
    judge = judging()
    while judge.judge_batch():
        continue
    assert ledger.counts().in_flight == 0
    seen = outcomes(ledger)
    assert set(seen.values()) <= {None, *codes()}
    assert "worker_lost" not in seen.values()
    with decoders.lent() as one, decoders.lent() as other:
        assert [one.pid, other.pid] in (pids, pids[::-1])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_of_them(tmp_path: Path) -> None:
    figures, found = run(tmp_path, FILES, seed=0)
    assert figures["files"] == sum(found.values())
    assert sum(found.values()) >= 5_000
    assert figures["worker_deaths"] == figures["decoder_deaths"] == 0
    assert figures["largest_worker_mb"] < 1_200  # type: ignore[operator]
    assert figures["largest_decoder_mb"] < 2_048  # type: ignore[operator]
