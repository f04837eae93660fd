"""Logs: one line per event, as text or, with ``JEMMO_LOG=json``, as JSON. Never personal data, never a key.

``about`` binds the subject (the run, the connection) once, for every line within. Exceptions are logged only by type
and location, since a message may contain the values that caused it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

from jemmo.domain.errors import ConfigError

FORMS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
NOT_LOGGED = (404, 405, 414)
UNKNOWN = "…"  # a URL that no page has, or that was refused before the lookup
LONGEST = 500  # characters of a message: a visitor's Host header of 58 KB made one of 116 KB
VISITORS = ("django.", "uvicorn", "allauth")  # the loggers with a line for each refused request
MOST_REFUSALS = 30  # lines of one kind in ``WINDOW``: each costs a visitor only a request
WINDOW = 60.0  # seconds
FRAMES = 6  # of an exception, the last ones
FACTS = (
    *("connection", "run", "status", "seconds", "requests", "records", "mode", "failure", "task"),
    *("channel", "endpoint", "reason"),
)
"""The fields that a line may have besides its message; any others are dropped. ``reason`` is a code."""

Event = MutableMapping[str, Any]


def setup() -> None:
    """Set up logging, once per process. Raises ``ConfigError`` for an invalid setting."""
    form = _choice("JEMMO_LOG", FORMS, "text")
    level = _choice("JEMMO_LOG_LEVEL", LEVELS, "info" if form == "json" else "warning")
    before: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _routes,
        _short,
        _only_facts,
        _places,
    ]
    shown = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    handler.addFilter(_is_told)
    handler.addFilter(RefusalLimit())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Libraries log requests and tasks at length, with addresses and arguments.
    for name in ("aiohttp", "asyncio", "botocore", "procrastinate", "urllib3", "django"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Add context to every line logged inside the block."""
    with bound_contextvars(**{name: str(value) for name, value in facts.items()}):
        yield


def _choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = os.environ.get(name, default).strip().lower()
    if value not in allowed:
        raise ConfigError(
            "environment", variant="choice", variable=name, value=value, choices=", ".join(allowed)
        )
    return value


def _only_facts(_: Any, __: str, event: Event) -> Event:
    kept = {"event", "level", "logger", "timestamp", "exc_info", "_record", "_from_structlog"}
    for name in [key for key in event if key not in kept and key not in FACTS]:
        del event[name]
    return event


def _is_told(record: logging.LogRecord) -> bool:
    """Whether to log a request. A URL without a page, or with a wrong method, is not logged: it could flood the log."""
    return getattr(record, "status_code", None) not in NOT_LOGGED


class RefusalLimit:
    """Drops lines about requests beyond ``MOST_REFUSALS`` of a kind: a logger, a status and a type of exception."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[Any, ...], int] = {}
        self._ends = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(VISITORS):
            return True
        exception = record.exc_info[0] if record.exc_info else None
        kind = (record.name, getattr(record, "status_code", None), exception)
        with self._lock:
            if (now := monotonic()) >= self._ends:
                self._counts, self._ends = {}, now + WINDOW
            self._counts[kind] = count = self._counts.get(kind, 0) + 1
        if count == MOST_REFUSALS + 1:
            record.msg, record.args = "More lines of this kind are not logged for a minute", ()
            record.exc_info = None
        return count <= MOST_REFUSALS + 1


def _routes(_: Any, __: str, event: Event) -> Event:
    """Log a page's URL by its pattern, since the URL itself may be a secret, such as an invitation link."""
    record = event.get("_record")
    request = getattr(record, "request", None)
    path = getattr(request, "path", None)
    if not isinstance(record, logging.LogRecord) or not isinstance(path, str):
        return event
    route = getattr(getattr(request, "resolver_match", None), "route", UNKNOWN)
    written = path.encode("unicode_escape").decode("ascii")
    for address in (written, path):
        if str(event["event"]).endswith(address):
            event["event"] = f"{event['event'].removesuffix(address)}/{route}"
            break
    return event


def _short(_: Any, __: str, event: Event) -> Event:
    """Shorten lines that repeat what visitors send, so that they can't fill the disk."""
    text = str(event["event"])
    if len(text) > LONGEST:
        event["event"] = f"{text[:LONGEST]}…"
    return event


def _places(_: Any, __: str, event: Event) -> Event:
    """An exception's type and locations, without its message."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["exception"] = info[0].__name__
        frames = traceback.extract_tb(info[2])[-FRAMES:]
        event["at"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    return event
