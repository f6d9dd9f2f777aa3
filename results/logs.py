"""Logs that a program can read: one JSON object a line, with the document it is about."""

import json
import logging
import time
from typing import Final

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has; anything else was given with `extra` and belongs in the object."""


class JsonFormatter(logging.Formatter):
    """Formats a record as `{"time": ..., "level": ..., "message": ..., "document_id": ...}` and more."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; the time is UTC, ISO 8601 with milliseconds."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def write_json_log(level: int | str, file: str | None = None) -> None:
    """Sends the log of this process to standard error, or to a file, as lines of JSON.

    Args:
        level: The least that is written.
        file: Path to append to instead.
    """
    handler = logging.FileHandler(file) if file else logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
