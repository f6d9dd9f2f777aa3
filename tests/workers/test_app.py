"""The Celery app by itself."""

from celery import current_app

from results.ring import JUDGE_DUE
from results.settings import Settings, read_settings
from tests.workers.standin import StandIn, load_stand_in
from workers.app import make_app


def test_apps_of_one_process_do_not_share_their_task() -> None:
    """A run after a run judges its own ledger, not that of the run before."""
    first, second = (make_app(read_settings(None, broker_url="memory://"), load=load_stand_in) for _ in "ab")
    assert first.tasks[JUDGE_DUE].run is not second.tasks[JUDGE_DUE].run


def test_a_solo_worker_finds_the_task_of_the_newest_app() -> None:
    for _ in range(2):
        app = make_app(read_settings(None, broker_url="memory://"), load=load_stand_in)
        assert current_app.tasks[JUDGE_DUE].run is app.tasks[JUDGE_DUE].run


def test_nothing_is_loaded_before_the_first_ring() -> None:
    def load(settings: Settings, threads: int) -> StandIn:
        raise AssertionError

    app = make_app(
        read_settings(None, broker_url="memory://", database_url="sqlite:///nowhere.db"), load=load
    )
    assert JUDGE_DUE in app.tasks


def test_only_json_and_late_acknowledgement() -> None:
    options = make_app(read_settings(None, broker_url="redis://127.0.0.1:1/0"), load=load_stand_in).conf
    assert options.accept_content == ["json"]
    assert options.task_acks_late
    assert options.worker_prefetch_multiplier == 1
    assert not options.task_reject_on_worker_lost
    assert options.broker_transport_options["visibility_timeout"] == 3600
