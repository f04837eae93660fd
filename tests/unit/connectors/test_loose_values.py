"""Values of undocumented shape: what fits is used, and the rest causes no errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.jarvi.labels import label_of
from jemmo.connectors.jarvi.matching import matches
from jemmo.connectors.jarvi.row_paths import RowPath, row_paths
from jemmo.connectors.loose import first, inner, listed, moment, plain, row_id
from jemmo.domain.errors import ConfigError

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["id", "at"]), inside)
    ),
)


@pytest.mark.parametrize(
    ("value", "text"), [(" Ada ", "Ada"), (7, "7"), (" ", None), (True, None), ({}, None)]
)
def test_text_and_numbers_are_plain_values(value: Any, text: str | None) -> None:
    assert plain(value) == text


def test_the_first_path_with_a_value_counts() -> None:
    row = {"name": " ", "user": {"name": "Ada"}, "id": 3}
    assert first(row, "name", "user.name", "id") == "Ada"
    assert first(row, "user.name.first", "missing") is None
    assert inner(row, "user", "name") == "Ada"
    assert row_id(row) == "3"


def test_a_single_value_is_a_list_of_one() -> None:
    assert [listed(value) for value in (None, "a", ["a", "b"])] == [[], ["a"], ["a", "b"]]


@given(ANYTHING)
def test_nothing_breaks_them(value: Any) -> None:
    first(value, "id", "at.id")
    moment(value, "at")
    assert list(RowPath("users", ("at",)).values(value)) == listed(inner(value, "at"))
    matches([{"id": "a"}], [value], ["id"])


def test_paths_point_to_rows_or_into_them() -> None:
    nested, own = row_paths({"where": "users.files[], applicants"}, "where", example="users.files")
    row = {"id": "1", "files": [{"id": "f"}]}
    assert list(nested.values(row)) == [{"id": "f"}]
    assert list(own.values(row)) == [row]
    with pytest.raises(ConfigError, match="where") as raised:
        row_paths({"where": "users.1st"}, "where", example="users.files")
    assert "users.files" in raised.value.next_step


def test_rows_are_matched_by_the_most_reliable_unique_field() -> None:
    owners = [{"id": "a", "code": "X"}, {"id": "b", "code": "Y"}, {"id": "c", "code": "Y"}]
    rows = [{"id": "1", "code": "X"}, {"id": "b", "code": "X"}, {"id": "2", "code": "Y"}]
    assert matches(owners, rows, ["id", "code"]) == {"b": rows[1], "a": rows[0]}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("offer_min_years_of_experience", "Min years of experience"),
        ("resources.fields.offer_salary_is_public.name", "Salary is public"),
        ("startDate", "Start date"),
        ("Salaire fixe", "Salaire fixe"),
        ("Node.js", "Node.js"),
        ("3f0c0000-0000-4000-8000-000000000001", "Custom field"),
        (None, "Custom field"),
    ],
)
def test_a_key_becomes_a_readable_label(name: str | None, label: str) -> None:
    assert label_of(name, "offer") == label
