"""Waits between attempts, and addresses without what must not be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.rest_client.redaction import address
from jemmo.rest_client.retries import MAX_BACKOFF, backoff


@given(st.integers(1, 60), st.floats(0, 1))
def test_a_wait_is_never_longer_than_the_longest_nor_none_at_all(
    attempt: int, chance: float
) -> None:
    assert 0.25 <= backoff(attempt, chance) <= MAX_BACKOFF


@given(st.integers(1, 10), st.floats(0, 1))
def test_waits_grow(attempt: int, chance: float) -> None:
    assert backoff(attempt + 1, chance) >= backoff(attempt, chance)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@api.example.com/v1/people?token=secret",
        "https://api.example.com/v1/people?filter[email]=secret",
        "https://api.example.com/v1/people#secret",
    ],
)
def test_an_address_shows_host_and_path_alone(url: str) -> None:
    assert address(url) == "https://api.example.com/v1/people"


@given(st.text())
def test_no_address_is_too_odd_to_be_shown(value: str) -> None:
    address(value)


def test_a_port_that_is_none_is_left_out() -> None:
    assert address("https://api.example.com:99999/x") == "https://api.example.com/x"
