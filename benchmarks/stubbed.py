"""The workers' Celery app with judging stubbed, for `benchmarks.scale` alone: what ledger and queue cost."""

from results.settings import Settings, settings
from results.values import Claim, ClaimedDocument, Failed, Judged
from tests.workers.standin import THRESHOLD, load_stand_in
from workers import process
from workers.app import make_app
from workers.judge import Judge
from workers.lease import Lease


class StubbedJudge(Judge):
    """Reads nothing and finds nothing."""

    def _judge(self, claim: Claim, lease: Lease) -> list[Judged | Failed]:
        return [_nothing(document) for document in claim.documents]


class NoDecoders:
    """In place of decoder processes."""

    def __init__(self, settings: Settings, count: int) -> None:
        """Starts nothing."""

    def close(self) -> None:
        """Ends nothing."""


def _nothing(document: ClaimedDocument) -> Judged:
    return Judged(document.id, f"{document.id:064x}", "application/pdf", 100_000, 1, 0.0, THRESHOLD)


vars(process).update(Judge=StubbedJudge, Decoders=NoDecoders)
app = make_app(settings(), load=load_stand_in)
