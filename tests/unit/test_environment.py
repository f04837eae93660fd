"""A variable that cannot be read is named, with what to do."""

from __future__ import annotations

import pytest

from jemmo.domain.errors import ConfigError
from jemmo.environment import address, seconds

NAME = "JEMMO_SOMETHING"


@pytest.mark.parametrize(("text", "found"), [("", 5.0), (" 0 ", 0.0), ("2.5", 2.5)])
def test_seconds(monkeypatch: pytest.MonkeyPatch, text: str, found: float) -> None:
    monkeypatch.setenv(NAME, text)
    assert seconds(NAME, 5.0) == found


@pytest.mark.parametrize("text", ["x", "-1", "inf", "nan", "5s"])
def test_what_is_no_number_of_seconds(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigError, match=NAME):
        seconds(NAME, 5.0)


def test_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address(NAME).hostname is None
    monkeypatch.setenv(NAME, "smtp://me:p%40ss@mail.example.com:587?tls=no")
    assert (address(NAME).hostname, address(NAME).port) == ("mail.example.com", 587)


@pytest.mark.parametrize(
    "text", ["smtp://[", "smtp://mail.example.com:abc", "smtp://me:p/w@host:1"]
)
def test_what_is_no_address(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigError, match=NAME):
        address(NAME)
