import shutil
from pathlib import Path

import pytest

from model.experiments import ROWS, run, table
from model.job import Changes


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 with NumPy 2
def test_the_table_has_a_row_for_every_network(crop_folder: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(crop_folder, tmp_path / "data"))

    rows = run(str(data), tmp_path / "jobs", Changes(epochs=1, steps=4, rendered=0))

    assert [row["network"] for row in rows] == [row.name for row in ROWS]
    for figure in ("accuracy", "precision", "recall", "f1", "parameters", "milliseconds"):
        assert all(float(str(row[figure])) >= 0 for row in rows)
    assert len(table(rows).splitlines()) == len(ROWS) + 2
