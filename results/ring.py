"""The ring: the one message that producer and workers share, and how it travels."""

from typing import Any

JUDGE_DUE = "countersign.judge_due"
"""Name of the Celery task a ring starts. It takes no arguments: the ledger carries the work."""

QUEUE = "countersign"
"""Name of the queue that rings travel on."""


def celery_options(broker_url: str) -> dict[str, Any]:
    """Celery options that both ends of the queue must agree on.

    Args:
        broker_url: A kombu broker URL, e.g. `redis://localhost:6379/0` or `memory://`.

    Returns:
        Keyword options for `celery.Celery.conf.update`.
    """
    return {
        "broker_url": broker_url,
        "broker_connection_retry_on_startup": True,
        "task_default_queue": QUEUE,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "enable_utc": True,
    }
