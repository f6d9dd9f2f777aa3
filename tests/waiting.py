"""Waiting in tests and benchmarks; the bounds only end what would hang."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed


def attempts(
    seconds: float = 60.0, *, every: float = 0.02, errors: tuple[type[BaseException], ...] = (Exception,)
) -> Retrying:
    """Goes round a `for` loop, each time `with` the attempt it gives, until one raises nothing.

    Args:
        seconds: After which the last error stands.
        every: Seconds between two.
        errors: What is tried again; anything else stands at once.
    """
    return Retrying(
        retry=retry_if_exception_type(errors),
        stop=stop_after_delay(seconds),
        wait=wait_fixed(every),
        reraise=True,
    )


def until(done: Callable[[], bool], seconds: float = 120.0, *, every: float = 0.02) -> None:
    """Waits until something is so; what it raises stands.

    Raises:
        RetryError: it is not so for very long.
    """
    Retrying(
        retry=retry_if_result(lambda so: not so), stop=stop_after_delay(seconds), wait=wait_fixed(every)
    )(done)
