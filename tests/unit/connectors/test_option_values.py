"""An option has a valid value, or an error with its name and the allowed values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.option_values import (
    comma_list,
    comma_pairs,
    json_as,
    read_option,
    seconds_range,
    time_zone,
)
from jemmo.domain.errors import ConfigError

Read = Callable[[str], Any]
READERS: list[Read] = [comma_list, comma_pairs, seconds_range, time_zone, json_as(dict[str, Any])]


@pytest.mark.parametrize(
    ("read", "value", "meaning"),
    [
        (comma_list, " 0, 2,", ["0", "2"]),
        (comma_pairs, "1=open, 0 = archived", {"1": "open", "0": "archived"}),
        (seconds_range, "2-60", (2.0, 60.0)),
        (time_zone, " Europe/Paris ", ZoneInfo("Europe/Paris")),
        (json_as(dict[str, int]), '{"status":0}', {"status": 0}),
    ],
)
def test_valid_values_are_parsed(read: Read, value: str, meaning: Any) -> None:
    assert read_option({"name": value}, "name", read) == meaning


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (comma_pairs, "open"),
        (seconds_range, "long"),
        (seconds_range, "2"),
        (time_zone, "Nowhere/Here"),
        (time_zone, "../etc/passwd"),
        (json_as(dict[str, Any]), "status"),
        (json_as(dict[str, Any]), "[]"),
    ],
)
def test_invalid_values_are_refused_with_the_allowed_ones(read: Read, value: str) -> None:
    with pytest.raises(
        ConfigError, match="The tenant_tz option must be a valid time zone"
    ) as raised:
        read_option({"tenant_tz": value}, "tenant_tz", read)
    assert raised.value.next_step == "Enter a time zone such as Europe/Paris."


@pytest.mark.parametrize("read", READERS)
@given(value=st.text())
def test_any_text_is_parsed_or_refused(read: Read, value: str) -> None:
    try:
        read_option({"name": value}, "name", read)
    except ConfigError as error:
        assert error.code == "option"
