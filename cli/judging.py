"""One run over some paths: intake, rings, worker and ledger in this process, from start to end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cli.inprocess import InProcess, options
from cli.progress import progress
from results.errors import SourceUnavailable

if TYPE_CHECKING:
    from producer.signs import SourceCount
    from results.ledger import Ledger
    from results.settings import Settings
    from results.values import Counts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    began: datetime
    seconds: float
    before: "Counts"
    after: "Counts"
    arrived: "SourceCount"
    interrupted: bool
    troubles: tuple[str, ...]
    """Sources that could not be read, each with the reason."""


def judge(paths: Sequence[str], ledger: "Ledger", settings: "Settings") -> Outcome:
    """Takes in the documents at some paths and judges everything that is due.

    Args:
        paths: Folders, files or `gs://bucket/prefix`.
        ledger: Open.
        settings: With the broker `memory://`.

    Returns:
        What was done; also after Ctrl-C.

    Raises:
        UsageError: the model, the ledger or a source is set up in a way that cannot work.
    """
    from producer.app import ring_sender, run_once
    from producer.signs import LifeSigns
    from producer.sources import open_source
    from workers.app import make_app

    sources = [open_source(path, settings) for path in paths]
    app = make_app(settings)
    app.conf.update(options())
    inside, signs, troubles = InProcess(app), LifeSigns(), []

    def produce() -> None:
        try:
            run_once(
                sources,
                settings,
                inside.stopping,
                ledger=ledger,
                send_ring=ring_sender(settings),
                signs=signs,
            )
        except SourceUnavailable as error:
            troubles.append(str(error))

    began, clock, before = ledger.now(), time.monotonic(), ledger.counts()
    with progress(ledger):
        inside.serve(produce)
    return Outcome(
        began=began,
        seconds=time.monotonic() - clock,
        before=before,
        after=ledger.counts(),
        arrived=signs.total(),
        interrupted=inside.interrupted,
        troubles=tuple(troubles),
    )
