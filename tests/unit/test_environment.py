"""An invalid environment variable leads to an error with its name and the next step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jemmo.domain.errors import ConfigError
from jemmo.environment import CENTURY, address, number, seconds

NAME = "JEMMO_SOMETHING"


@pytest.mark.parametrize(("text", "found"), [("", 5.0), (" 0 ", 0.0), ("2.5", 2.5)])
def test_seconds(monkeypatch: pytest.MonkeyPatch, text: str, found: float) -> None:
    monkeypatch.setenv(NAME, text)
    assert seconds(NAME, 5.0) == found


@pytest.mark.parametrize("text", ["x", "-1", "inf", "nan", "5s"])
def test_invalid_numbers_of_seconds_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigError, match=NAME):
        seconds(NAME, 5.0)


def test_zero_is_refused_where_time_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "0")
    with pytest.raises(ConfigError, match=r"a number of seconds, 0\.1 or more"):
        seconds(NAME, 5.0, least=0.1)


@pytest.mark.parametrize("text", ["0", "36501", "9" * 5000, "-1", "1.5", "٣"])
def test_invalid_numbers_of_days_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigError, match="a whole number, 1 to 36500"):
        number(NAME, 14, least=1, most=CENTURY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JEMMO_HEARTBEAT_SECONDS", "0"),
        ("JEMMO_SESSION_DAYS", "0"),
        ("JEMMO_SESSION_DAYS", "999999"),
        ("JEMMO_HISTORY_DAYS", "999999"),
        ("JEMMO_API_REQUESTS", "0"),
        ("JEMMO_API_WRITES", "0"),
    ],
)
@pytest.mark.sample(2)
def test_settings_with_which_nothing_would_work_are_refused(
    name: str, value: str, tmp_path: Path
) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "jemmo.settings", "JEMMO_HOME": str(tmp_path)}
    outcome = subprocess.run(
        [
            sys.executable,
            "-c",
            "import django; django.setup(); import jemmo.cli.operations.working",
        ],
        env={**os.environ, **settings, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"ConfigError: {name} must be" in outcome.stderr


def test_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address(NAME).hostname is None
    monkeypatch.setenv(NAME, "smtp://me:p%40ss@mail.example.com:587?tls=no")
    assert (address(NAME).hostname, address(NAME).port) == ("mail.example.com", 587)


@pytest.mark.parametrize(
    "text", ["smtp://[", "smtp://mail.example.com:abc", "smtp://me:p/w@host:1"]
)
def test_an_invalid_address_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigError, match=NAME):
        address(NAME)
