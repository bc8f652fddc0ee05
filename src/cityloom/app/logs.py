"""One line an event: JSON in production, key=value while trying out, nothing personal in either.

A line tells when, how grave, who speaks, what happened, and in which request (`request_id`). What a call gives as
`extra={"fields": {...}}` stands beside it. Every record passes the mask of `masking.py` on its way out.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from cityloom.app.masking import mask, masked_value, told_exception

request_id: ContextVar[str] = ContextVar("cityloom_request_id", default="")
FORMATS = ("json", "text")


class Mask(logging.Filter):
    """Turns a record into what may be written: its message put together and masked, its exception told safely."""

    def __init__(self, messages: bool = False) -> None:
        """`messages`: whether the words of an unexpected exception are told (masked); never in production."""
        super().__init__()
        self.messages = messages

    def filter(self, record: logging.LogRecord) -> bool:
        if not getattr(record, "is_masked", False):
            record.msg, record.args = mask(self._said(record)), ()
            if record.exc_info and record.exc_info[1] is not None:
                record.exc_text = told_exception(record.exc_info[1], messages=self.messages)
            record.exc_info = None
            record.stack_info = None
            record.is_masked = True
        return True

    def _said(self, record: logging.LogRecord) -> str:
        """The message; where a part of it is an exception, only what may be told of that."""
        if isinstance(record.args, tuple):
            record.args = tuple(self._part(part) for part in record.args)
        return record.getMessage()

    def _part(self, part: Any) -> Any:
        return told_exception(part, messages=self.messages) if isinstance(part, BaseException) else part


class JsonLine(logging.Formatter):
    """A record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "event": record.getMessage(),
        }
        if here := request_id.get():
            event["request_id"] = here
        event |= masked_value(getattr(record, "fields", {}))
        if record.exc_text:
            event["exception"] = record.exc_text
        return json.dumps(event, ensure_ascii=False, default=str)


class TextLine(logging.Formatter):
    """A record for a person's eyes: moment, level, who, what, and its fields as key=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        fields = dict(masked_value(getattr(record, "fields", {})))
        if here := request_id.get():
            fields.setdefault("request_id", here)
        line = super().format(record)
        said = " ".join(f"{name}={value}" for name, value in fields.items() if value not in ("", None))
        head, newline, rest = line.partition("\n")
        return f"{head} {said}{newline}{rest}" if said else line


def logging_config(form: str, level: str, *, messages: bool) -> dict[str, Any]:
    """The settings of Python's logging for every process: everything to stderr through the mask.

    The web server's own loggers are among them, so that an access log, were it switched on, is masked as well.
    """
    ours = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask": {"()": "cityloom.app.logs.Mask", "messages": messages}},
        "formatters": {
            "json": {"()": "cityloom.app.logs.JsonLine"},
            "text": {"()": "cityloom.app.logs.TextLine"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": form,
                "filters": ["mask"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "_granian": {**ours, "level": "INFO"},
            "granian.access": {**ours, "level": "INFO"},
            # it names whole addresses; `watching.py` tells of the same requests by their routes
            "django.request": {"level": "ERROR"},
        },
    }


def tell_uncaught() -> None:
    """From now on an exception that nobody caught, in any thread, is a line of the log as well."""
    log = logging.getLogger("cityloom.uncaught")

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught", exc_info=(kind, error, trace))

    sys.excepthook = told
    threading.excepthook = lambda args: (
        told(args.exc_type, args.exc_value, args.exc_traceback) if args.exc_value is not None else None
    )
