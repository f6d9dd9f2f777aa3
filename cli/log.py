"""The log: lines on standard error for commands that run for long, warnings alone for `run`."""

import logging
from typing import Final

from cli.options import Level
from cli.screen import printable, warn
from results.logs import write_json_log
from results.settings import Settings

TOLD_OTHERWISE: Final = ("celery", "producer.sources", "producer.app", "workers")
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


class _Lines(logging.Formatter):
    """Lines for people, in which a document's name cannot pass for a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging names it
        """The line; a traceback comes below it."""
        record.message = printable(record.message)
        return super().formatMessage(record)


def write_log(level: Level, settings: Settings) -> None:
    """Writes the log to standard error.

    Args:
        level: The least that is written.
        settings: Say whether as lines for people or as JSON.
    """
    least = level.value.upper()
    if settings.log_format == "json":
        write_json_log(least)
    else:
        lines = logging.StreamHandler()
        lines.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=least, handlers=[lines], force=True)
