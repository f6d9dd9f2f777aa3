"""Waiting out what is down: the ledger, the broker, a source."""

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

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

T = TypeVar("T")

LEDGER_OUT = (SQLAlchemyError, DatabaseUnavailable)
"""What the ledger raises while its database does not answer."""

LONGEST_WAIT = 5.0
"""Longest back-off in seconds: short, since every part asks only one server."""


class Patience:
    """Makes calls again, with growing waits, until they succeed; the last error is raised once `stop` is set.

    The log has one line when trouble begins and one when it ends, however long it lasts.
    """

    def __init__(
        self,
        part: str,
        stop: Event,
        signs: LifeSigns,
        errors: tuple[type[Exception], ...],
        longest: float = LONGEST_WAIT,
    ) -> None:
        """Settles what is waited out.

        Args:
            part: What the log and the life signs call it.
            stop: Gives up.
            signs: Learns of trouble and of its end.
            errors: What to wait out; anything else is raised at once.
            longest: Longest wait between two tries, in seconds.
        """
        self._part = part
        self._signs = signs
        self._retrying = Retrying(
            retry=retry_if_exception_type(errors),
            wait=wait_exponential(multiplier=0.1, max=longest),
            stop=stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            before_sleep=self._note,
            reraise=True,
        )

    def __call__(self, call: Callable[..., T], *arguments: object, **options: object) -> T:
        """Calls until it succeeds.

        Args:
            call: What to call.
            *arguments: Passed on.
            **options: Passed on.

        Returns:
            What the call returns.
        """
        result = self._retrying(call, *arguments, **options)
        if self._part in self._signs.troubles():
            log.info("%s: answers again", self._part)
            self._signs.well(self._part)
        return result

    def _note(self, state: RetryCallState) -> None:
        reason = first_line(state.outcome.exception() if state.outcome else None)
        if self._part not in self._signs.troubles():
            log.warning("%s: %s; trying again until it answers", self._part, reason)
        self._signs.trouble(self._part, reason)


def first_line(error: BaseException | None) -> str:
    """The first line of an error's message, or its kind where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
