"""Logs: one line an event, as text or, with ``JEMMO_LOG=json``, as JSON. Never a person's data, never a key.

The subject of lines (the run, the connection) is bound once (``about``) and is on every line within. Exceptions are
logged by type and location alone, since a message may contain the values that caused it.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

from jemmo.domain.errors import ConfigError

FORMS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
NOT_LOGGED = (404, 405, 414)
UNKNOWN = "…"  # an address that no page has, or that was refused before it was looked up
LONGEST = 500  # characters of what a line says: a visitor's Host header of 58 KB made one of 116
FRAMES = 6  # of an exception's end
FACTS = ("connection", "run", "status", "seconds", "requests", "records", "mode", "failure", "task")
"""The fields that a line may have besides its message; any others are dropped."""

Event = MutableMapping[str, Any]


def setup() -> None:
    """Once a process. Raises ``ConfigError`` for a setting that is none."""
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
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Libraries log requests and tasks at length, with addresses and arguments.
    for name in ("aiohttp", "asyncio", "botocore", "procrastinate", "urllib3", "django"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Adds context to every line logged within."""
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
    """An address without a page, or without this method, is not logged: anyone could fill the log with it."""
    return getattr(record, "status_code", None) not in NOT_LOGGED


def _routes(_: Any, __: str, event: Event) -> Event:
    """An address of a page by its pattern: the address itself may be a secret, an invitation's link for example."""
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
    """Visitors cannot fill the disk with what they send, when the line repeats it."""
    text = str(event["event"])
    if len(text) > LONGEST:
        event["event"] = f"{text[:LONGEST]}…"
    return event


def _places(_: Any, __: str, event: Event) -> Event:
    """An exception by its type and where it was, without its message."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["exception"] = info[0].__name__
        frames = traceback.extract_tb(info[2])[-FRAMES:]
        event["at"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    return event
