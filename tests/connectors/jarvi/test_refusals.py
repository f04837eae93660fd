from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jemmo.connectors.by_offset.lists import rows_of
from jemmo.connectors.jarvi.client import refusal
from jemmo.connectors.jarvi.time_budget import Clock, MemoryLedger, TimeBudget
from jemmo.domain.errors import (
    ConfigError,
    JemmoError,
    PermanentError,
    Postponed,
    RateLimited,
    TransientError,
)
from jemmo.rest_client.client import Answer
from jemmo.rest_client.headers import retry_after

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


def refused(status: int, **headers: str) -> JemmoError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    clock = Clock(lambda: NOW)
    budget = TimeBudget(None, MemoryLedger(), clock, longest_wait=120, label="Jarvi")
    return refusal(budget)(Answer(status, named, b""))


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, ConfigError, "key_refused"),
        (403, ConfigError, "key_refused"),
        (302, ConfigError, "redirected"),
        (404, PermanentError, "not_found"),
        (400, PermanentError, "request_refused"),
        (500, TransientError, "ats_unavailable"),
        (503, TransientError, "ats_unavailable"),
    ],
)
def test_each_response_has_one_meaning(status: int, kind: type[Exception], code: str) -> None:
    error = refused(status)
    assert isinstance(error, kind)
    assert error.code == code
    assert error.next_step


def test_short_waits_are_waited_out_and_long_ones_postpone() -> None:
    short, long, untold = (
        refused(429, Retry_After="5"),
        refused(429, Retry_After="1260"),
        refused(429),
    )
    assert isinstance(short, RateLimited)
    assert short.retry_after == pytest.approx(5.1)
    assert isinstance(long, Postponed)
    assert long.resume_at == NOW + timedelta(seconds=1260)
    assert isinstance(untold, Postponed)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("1260", 1260.0),
        ("-5", 0.0),
        ("Mon, 05 Jan 2026 10:02:00 GMT", 120.0),
        ("Mon, 05 Jan 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_the_wait_is_seconds_or_a_date(given: str | None, seconds: float | None) -> None:
    assert retry_after(given, NOW.timestamp()) == seconds


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [1], "total": 1}',
        b'{"projects": [1], "total": 1}',
        b'{"data": null, "projects": [1], "total": 1}',
    ],
)
def test_each_envelope_is_unwrapped(body: bytes) -> None:
    found = rows_of(body, "projects")
    assert (found.rows, found.total) == ([1], 1)


def test_a_bare_list_has_no_count() -> None:
    assert rows_of(b"[1, 2]", "projects").total is None


@pytest.mark.parametrize("body", [b'{"message": "sorry"}', b'"x"', b"null", b'{"data": {}}'])
def test_a_response_that_is_no_list_is_not_an_empty_list(body: bytes) -> None:
    with pytest.raises(PermanentError):
        rows_of(body, "projects")
