"""The log: lines on standard error for commands that run for long, warnings alone for `run`."""

import logging
from typing import Final

from cli.options import Level
from cli.screen import warn

TOLD_OTHERWISE: Final = ("celery", "producer.sources", "producer.app")
"""Loggers whose warnings the summary of a run repeats in its own words."""


class _OnScreen(logging.Handler):
    """Warnings for people: the message alone, without time, name or traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Shows one warning."""
        if not record.name.startswith(TOLD_OTHERWISE):
            warn(record.getMessage())


def show_warnings() -> None:
    """Shows warnings on the screen, and nothing else of the log."""
    logging.basicConfig(level=logging.WARNING, handlers=[_OnScreen()], force=True)


def write_log(level: Level) -> None:
    """Writes the log to standard error.

    Args:
        level: The least that is written.
    """
    logging.basicConfig(
        level=level.value.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
