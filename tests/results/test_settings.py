"""Settings: what is wrong with them is named all at once, and nothing that is set passes unheard."""

import pytest

from results.errors import WrongSettings
from results.settings import Settings, read_settings


def test_everything_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_MAX_BATCH", "0")
    monkeypatch.setenv("COUNTERSIGN_ENGINE", "abacus")
    monkeypatch.setenv("COUNTERSIGN_DATABSE_URL", "postgresql://clerk:hunter2@db/ledger")
    with pytest.raises(WrongSettings) as raised:
        read_settings(lease_seconds=-1)
    told = str(raised.value)
    for name in (
        "MAX_BATCH",
        "ENGINE",
        "LEASE_SECONDS",
        "DATABSE_URL: no such setting; is it COUNTERSIGN_DATABASE_URL",
    ):
        assert f"COUNTERSIGN_{name}" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("url", ["http://clerk:hunter2@mq", "sqs://clerk:hunter2@mq", "mq:hunter2"])
def test_a_broker_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(WrongSettings, match=r"COUNTERSIGN_BROKER_URL: is no broker.*redis://HOST") as raised:
        read_settings(broker_url=url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("url", ["redis://mq:6379/0", "amqp://clerk:hunter2@mq//", "memory://"])
def test_redis_rabbitmq_and_memory_are_brokers(url: str) -> None:
    assert read_settings(broker_url=url).broker_url == url


def test_what_is_like_no_setting_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COUNTERSIGN_TAG", "COUNTERSIGN_SECRETS_DIR", "COUNTERSIGN_COLOUR", "countersign_max_rings"):
        monkeypatch.setenv(name, "7")
    assert read_settings().max_rings == 7


def test_no_setting_is_taken_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        monkeypatch.setenv(f"COUNTERSIGN_{name.upper()}", _written(field.default))
    read_settings()


def _written(value: object) -> str:
    """A default as the environment holds it."""
    if isinstance(value, list | frozenset | tuple):
        return ",".join(sorted(map(str, value)))
    return "" if value is None else str(value)
