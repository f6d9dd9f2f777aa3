"""What one worker process does with a ring."""

from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from model.values import Signature
from results.ledger import Ledger
from results.settings import read_settings
from tests.waiting import until
from tests.workers.conftest import Drop
from tests.workers.drawn import encoded, picture
from tests.workers.standin import StandIn
from workers.process import Process


def test_one_batch_is_read_while_another_is_judged(ledger: Ledger, drop: Drop) -> None:
    drop(**{f"page{number}": encoded(picture(), "PNG") for number in range(5)})

    class Patient(StandIn):
        """Judges nothing before a second batch is in hand."""

        def detect(self, pages: list[NDArray[np.uint8]]) -> list[list[Signature]]:
            """One signature a page."""
            if not self.calls:
                until(lambda: ledger.counts().claimed == 2, 30)
            return super().detect(pages)

    url = ledger.engine.url.render_as_string(hide_password=False)
    settings = read_settings(None, database_url=url, max_batch=1, decode_threads=1)
    detector = Patient()
    with closing(Process(settings, lambda *_: detector)) as process:
        assert process.judge_due() == 5

    counts = ledger.counts()
    assert (counts.done, counts.in_flight) == (5, 0)
    assert detector.calls == [1] * 5
