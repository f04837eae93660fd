"""Validation turns whatever an ATS sends into something that can be stored, and never raises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.validation import (
    MAX_TEXT,
    html_to_text,
    name_text,
    number,
    parse_time,
    text,
    utc,
    web_address,
    whole,
    words,
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_nothing_raises(value: Any) -> None:
    text(value)
    parse_time(value)
    number(value)
    web_address(value)
    words(value)


@given(json_values)
def test_validating_twice_changes_nothing(value: Any) -> None:
    once = text(value)
    assert text(once) == once
    assert number(number(value)) == number(value)
    assert words(words(value)) == words(value)
    assert web_address(web_address(value)) == web_address(value)


@given(st.datetimes(timezones=st.none() | st.just(UTC) | st.timezones()))
def test_every_time_becomes_utc_or_nothing(value: datetime) -> None:
    found = utc(value)
    assert found is None or found.tzinfo is UTC
    assert utc(found) == found


@given(st.text())
def test_validated_values_can_be_stored(value: str) -> None:
    found = text(value)
    assert found is None or ("\x00" not in found and found == found.strip() and found)


@given(st.text(st.characters(categories=["Cc", "Ll", "Zs"]) | st.sampled_from("\x1b[m0")))
def test_no_text_contains_terminal_commands(value: str) -> None:
    found = text(value) or ""
    assert all(one in "\t\n\r" for one in found if category(one) == "Cc")


def test_terminal_sequences_are_removed_completely() -> None:
    assert text("\x1b[1;31mAda\x1b[0m Exemple\x1b[2K") == "Ada Exemple"
    assert text("Ada\x9b2J") == "Ada›2J"
    assert text("l\x92offre") == "l’offre"


@given(st.text("\u200b\u200d\u2060\ufeff\u202e\u3164\u2800\u00a0 \x1b", min_size=1))
def test_an_invisible_name_is_empty(value: str) -> None:
    assert text(value) is None
    assert name_text(value) is None


@pytest.mark.parametrize("blank", [None, "", "  \n\t", "\x00", {}, [], [1]])
def test_blank_text_is_empty(blank: Any) -> None:
    assert text(blank) is None


def test_text_is_trimmed_and_without_nul() -> None:
    assert text(" Ada\x00 ") == "Ada"


def test_overlong_text_is_truncated() -> None:
    assert len(text("é" * (MAX_TEXT + 5)) or "") == MAX_TEXT


def test_lone_surrogates_are_removed() -> None:
    assert text("Ada \ud83d") == "Ada"


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
def test_impossible_years_are_dropped(year: int) -> None:
    assert utc(datetime(year, 1, 1, tzinfo=UTC)) is None


def test_offsets_are_taken_into_account() -> None:
    local = datetime(2024, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert utc(local) == datetime(2024, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("500.0", 500.0),
        ("45 000", 45000.0),
        ("45\u202f000,50", 45000.5),
        (0, None),
        ("0", None),
        ("call us", None),
        (True, None),
        (1e300, None),
        (float("nan"), None),
        ("9" * 500, None),
        (10**400, None),
    ],
)
def test_numbers(sent: Any, kept: float | None) -> None:
    assert number(sent) == kept


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//x", "data:text/html,x", "", None])
def test_only_addresses_a_browser_may_open_are_kept(address: Any) -> None:
    assert web_address(address) is None


def test_words_are_distinct_and_in_order() -> None:
    assert words(["b", " a ", "b", "", None, {"x": 1}]) == ("b", "a")


def test_an_overlong_word_is_truncated_for_the_index() -> None:
    assert len(words(["x" * 100_000])[0].encode()) < 2000


def test_html_becomes_readable_lines() -> None:
    assert html_to_text("<p>One &amp; two</p><ul><li>three</li></ul>") == "One & two\nthree"


@pytest.mark.parametrize("address", ["http://[", "https://[::1", "HTTP://[x]y"])
def test_an_unparsable_address_is_dropped(address: str) -> None:
    assert web_address(address) is None


@pytest.mark.parametrize(
    ("sent", "kept"), [(None, None), (-5, -5), (2**62, 2**62), (2**63, None), (-(2**70), None)]
)
def test_whole_numbers_fit_a_column(sent: int | None, kept: int | None) -> None:
    assert whole(sent) == kept
