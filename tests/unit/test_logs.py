"""Log lines are JSON with context, and identify nobody."""

from __future__ import annotations

import ast
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fakes.log_lines import log_lines, read

import jemmo
from jemmo import logs
from jemmo.cli.operations.server import server_config
from jemmo.domain.errors import ConfigError


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    with log_lines() as kept:
        yield kept


def test_no_fact_is_dropped_from_our_own_lines() -> None:
    """A fact of another name would vanish: a line would say that something failed, and not why."""
    named: set[str] = set()
    for path in Path(jemmo.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            for keyword in call.keywords if isinstance(call, ast.Call) else ():
                if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                    keys = keyword.value.keys
                    named |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    assert {"channel", "reason"} <= named <= set(logs.FACTS)


def test_bound_context_is_on_every_line_until_it_ends(lines: io.StringIO) -> None:
    log = logging.getLogger("jemmo.test")
    with logs.about(run="r1", connection="c1"):
        log.info("one", extra={"records": 3})
        log.warning("two")
    log.info("three")

    one, two, three = read(lines)
    assert (one["run"], one["connection"], one["records"], one["level"]) == ("r1", "c1", 3, "info")
    assert (two["run"], two["event"]) == ("r1", "two")
    assert "run" not in three
    assert one["timestamp"].endswith("Z")


def test_an_exception_is_logged_without_its_values(lines: io.StringIO) -> None:
    try:
        raise ValueError("maelle@example.com is no number")  # noqa: TRY301 - to have one
    except ValueError:
        logging.getLogger("jemmo.test").exception("it failed", extra={"email": "x@example.com"})

    (line,) = read(lines)
    assert line["exception"] == "ValueError"
    assert line["at"][-1].startswith("test_logs.py:")
    assert "example.com" not in lines.getvalue()


def test_an_invalid_setting_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMMO_LOG", "xml")
    with pytest.raises(ConfigError) as told:
        logs.setup()
    assert "text, json" in told.value.next_step


class Page:
    """A request as Django logs it."""

    def __init__(self, path: str, route: str | None = None) -> None:
        self.path = path
        self.resolver_match = route and SimpleNamespace(route=route)


@pytest.mark.parametrize("path", ["/invitations/a-secret/", "/invitations/é-secret/"])
def test_an_address_is_logged_as_its_pattern(lines: io.StringIO, path: str) -> None:
    written = path.encode(
        "unicode_escape"
    ).decode()  # like Django, so that nobody can fake log lines
    logging.getLogger("django.security.csrf").warning(
        "Forbidden (%s): %s",
        "no cookie",
        written,
        extra={"request": Page(path, "invitations/<str:token>/"), "status_code": 403},
    )
    (line,) = read(lines)
    assert line["event"] == "Forbidden (no cookie): /invitations/<str:token>/"


def test_an_unknown_address_is_not_logged(lines: io.StringIO) -> None:
    nowhere = Page("/hoks/a-secret/")
    log = logging.getLogger("django.request")
    for status in (404, 405, 414):
        log.warning("Refused: %s", nowhere.path, extra={"request": nowhere, "status_code": status})
    log.warning("Bad Request: %s", nowhere.path, extra={"request": nowhere, "status_code": 400})
    (line,) = read(lines)
    assert line["event"] == "Bad Request: /…"


def test_the_web_server_logs_as_we_do(lines: io.StringIO) -> None:
    assert server_config(None).log_config is None
    try:
        raise ValueError("maelle@example.com is no number")  # noqa: TRY301 - to have one
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    assert read(lines)[0]["exception"] == "ValueError"
    assert "maelle" not in lines.getvalue()


def test_visitors_cannot_fill_the_log(lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of refusal is limited per minute; other lines aren't limited."""
    minutes = iter([0.0] * 1000 + [61.0] * 1000)
    monkeypatch.setattr(logs, "monotonic", lambda: next(minutes))
    hosts, pages = (
        logging.getLogger(name) for name in ("django.security.DisallowedHost", "django.request")
    )
    for number in range(1000):
        hosts.error("Invalid HTTP_HOST header: %r", f"host-{number}", extra={"status_code": 400})
    assert len(read(lines)) == logs.MOST_REFUSALS + 1
    assert read(lines)[-1]["event"] == "More lines of this kind are not logged for a minute"
    assert read(lines)[-1]["logger"] == "django.security.DisallowedHost"

    pages.warning("Forbidden: %s", "/", extra={"request": Page("/", ""), "status_code": 403})
    for number in range(100):
        logging.getLogger("jemmo.test").warning("%s", number)
    hosts.error("Invalid HTTP_HOST header: %r", "again", extra={"status_code": 400})
    assert len(read(lines)) == logs.MOST_REFUSALS + 1 + 1 + 100 + 1


def test_a_visitor_cannot_make_a_line_long(lines: io.StringIO) -> None:
    """Django's message contains the header Host twice."""
    host = "e" * 58_000
    logging.getLogger("django.security.DisallowedHost").error("Invalid: %r, add %r", host, host)
    (line,) = read(lines)
    assert line["event"].startswith("Invalid: 'eee")
    assert len(line["event"]) <= 501
