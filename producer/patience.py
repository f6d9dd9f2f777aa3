"""Waiting out what is down: the ledger, the broker, a source."""

import logging
from threading import Event

from sqlalchemy.exc import SQLAlchemyError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)

from producer.signs import LifeSigns
from results.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

LEDGER_OUT = (SQLAlchemyError, DatabaseUnavailable)
"""What the ledger raises while its database does not answer."""

LONGEST_WAIT = 5.0
"""Longest back-off in seconds: short, since every part asks only one server."""


def patiently(
    part: str,
    stop: Event,
    signs: LifeSigns,
    errors: tuple[type[Exception], ...],
    longest: float = LONGEST_WAIT,
) -> Retrying:
    """A caller that tries again with growing waits until the call succeeds or `stop` is set.

    Args:
        part: What the log and the life signs call it.
        stop: Gives up: the last error is raised.
        signs: Learns of trouble and of its end.
        errors: What to wait out; anything else is raised at once.
        longest: Longest wait between two tries, in seconds.

    Returns:
        The caller: `patiently(...)(function, *arguments)`.
    """

    def note(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        reason = first_line(error)
        if state.attempt_number == 1:
            log.warning("%s: %s; trying again until it answers", part, reason)
        signs.trouble(part, reason)

    def noted(state: RetryCallState) -> None:
        if state.outcome and not state.outcome.failed:
            if state.attempt_number > 1:
                log.info("%s: answers again", part)
            signs.well(part)

    return Retrying(
        retry=retry_if_exception_type(errors),
        wait=wait_exponential(multiplier=0.1, max=longest),
        stop=stop_when_event_set(stop),
        sleep=sleep_using_event(stop),
        before_sleep=note,
        after=noted,
        reraise=True,
    )


def first_line(error: BaseException | None) -> str:
    """The first line of an error's message, or its kind where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
