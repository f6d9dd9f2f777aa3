"""What must hold after any sequence of operations: it adds up, and nothing is judged twice."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from results import reprocess
from results.ledger import Ledger
from results.queries import flags
from results.schema import documents, verdicts
from results.selection import Selection
from results.status import Status
from results.switching import show_release
from results.values import Claim, Failed, Judged, ReleaseRecord
from tests.results.conftest import arrivals, judged
from tests.servers import PostgresServer


class Life(RuleBasedStateMachine):
    """Anything that may happen to a ledger, in any order, with a picture of it in Python beside it."""

    url = ""
    server: PostgresServer | None = None
    template: Path | None = None

    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        if self.server:
            self.server.empty_ledger(self.url)
        elif self.template:
            type(self).url = f"sqlite:///{shutil.copy(self.template, self.folder / 'ledger.db')}"
        self.ledger = Ledger.open(self.url)
        self.releases = [
            self.ledger.register_release(ReleaseRecord("detector", version, version, 0.5)) for version in "12"
        ]
        self.received: set[str] = set()
        self.holder: dict[int, str] = {}

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    @rule(number=some.integers(0, 5), start=some.integers(0, 12))
    def take_in(self, number: int, start: int) -> None:
        new = [one.uri for one in arrivals(number, start=start)]
        assert self.ledger.take_in(arrivals(number, start=start)).new == len({*new} - self.received)
        self.received |= {*new}

    @rule(target=claims, number=some.integers(1, 5), expired=some.booleans())
    def claim(self, number: int, expired: bool) -> Claim:
        before = self.ledger.due(max_documents=100, max_bytes=10**9).documents
        found = self.ledger.claim(
            worker="w",
            max_documents=number,
            max_bytes=10**9,
            lease_seconds=-1 if expired else 3600,
            max_attempts=3,
        )
        if found is None:
            assert self.ledger.due(max_documents=100, max_bytes=10**9).documents == 0
            return Claim("none", self.ledger.now(), ())
        assert len(found.documents) <= min(number, before)
        assert len(found.documents) == 1 or all(one.attempts == 1 for one in found.documents)
        self.holder |= {one.id: found.token for one in found.documents}
        return found

    @rule(claim=claims, release=some.integers(0, 1), score=some.floats(0, 1), failing=some.integers(0, 2))
    def record(self, claim: Claim, release: int, score: float, failing: int) -> None:
        def outcome(position: int) -> Judged | Failed:
            document = claim.documents[position]
            if position == 0 and failing:
                return Failed(document.id, "storage_unavailable", "away", transient=failing == 1)
            return judged(document, score)

        outcomes = [outcome(position) for position in range(len(claim.documents))]
        number = self.ledger.record(claim, self.releases[release], outcomes, max_attempts=3, retry_seconds=0)
        assert number == sum(self.holder.get(one.id) == claim.token for one in claim.documents)
        self._let_go(claim)

    @rule(claim=consumes(claims))
    def give_up(self, claim: Claim) -> None:
        number = self.ledger.give_up(claim)
        assert number == sum(self.holder.get(one.id) == claim.token for one in claim.documents)
        self._let_go(claim)

    @rule(signed=some.sampled_from([None, True, False]))
    def mark(self, signed: bool | None) -> None:
        list(reprocess.reprocess(self.ledger, Selection(signed=signed)))

    @rule()
    def retry(self) -> None:
        list(reprocess.retry(self.ledger, Selection()))

    @rule(release=some.sampled_from([None, "1", "2"]))
    def show(self, release: str | None) -> None:
        list(show_release(self.ledger, release))

    @invariant()
    def it_adds_up(self) -> None:
        counts = self.ledger.counts()
        assert counts.received == len(self.received) == counts.done + counts.failed + counts.in_flight
        rows = list(flags(self.ledger))
        for status in Status:
            assert getattr(counts, status) == sum(one.status is status for one in rows)
        assert counts.signed == sum(one.has_signature is True for one in rows)
        assert counts.unsigned == sum(one.has_signature is False for one in rows)
        assert all(one.model_version for one in rows if one.status is Status.DONE)

    @invariant()
    def people_see_the_current_release_or_else_the_latest(self) -> None:
        with self.ledger.engine.connect() as connection:
            current = next((one.id for one in self.ledger.releases() if one.is_current), 0)
            rows = connection.execute(select(documents.c.id, documents.c.verdict_id))
            seen = {document: verdict for document, verdict in rows}  # noqa: C416 a row is no pair to a checker
            found = connection.execute(select(verdicts.c.document_id, verdicts.c.release_id, verdicts.c.id))
            latest: dict[int, tuple[bool, int]] = {}
            for document, release, verdict in found:
                latest[document] = max(latest.get(document, (False, 0)), (release == current, verdict))
            assert seen == {one: latest[one][1] if one in latest else None for one in seen}

    def _let_go(self, claim: Claim) -> None:
        """Forgets who held the documents of a claim that is over."""
        for one in claim.documents:
            if self.holder.get(one.id) == claim.token:
                del self.holder[one.id]


def live(machine: type[Life], examples: int) -> None:
    """Runs many lives; the same ones every time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_happens_it_adds_up_on_sqlite(sqlite_template: Path) -> None:
    live(type("SqliteLife", (Life,), {"template": sqlite_template}), examples=25)


def test_whatever_happens_it_adds_up_on_postgresql(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    live(type("PostgresLife", (Life,), {"server": postgres_server, "url": postgres_url}), examples=8)
