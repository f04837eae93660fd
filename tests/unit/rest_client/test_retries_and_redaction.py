"""Pauses between attempts, and redacted addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.rest_client.redaction import address
from jemmo.rest_client.retries import MAX_BACKOFF, backoff


@given(st.integers(1, 60), st.floats(0, 1))
def test_a_pause_is_never_too_long_and_never_zero(attempt: int, chance: float) -> None:
    assert 0.25 <= backoff(attempt, chance) <= MAX_BACKOFF


@given(st.integers(1, 10), st.floats(0, 1))
def test_pauses_grow(attempt: int, chance: float) -> None:
    assert backoff(attempt + 1, chance) >= backoff(attempt, chance)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@api.example.com/v1/people?token=secret",
        "https://api.example.com/v1/people?filter[email]=secret",
        "https://api.example.com/v1/people#secret",
    ],
)
def test_a_shown_address_has_only_host_and_path(url: str) -> None:
    assert address(url) == "https://api.example.com/v1/people"


@given(st.text())
def test_any_address_can_be_shown(value: str) -> None:
    address(value)


def test_an_invalid_port_is_omitted() -> None:
    assert address("https://api.example.com:99999/x") == "https://api.example.com/x"
