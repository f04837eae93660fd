"""A record that differs from its documentation is either repaired or rejected."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from jemmo.connectors.lenient import convert
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


class Link(Struct):
    id: str | int


class Person(Struct):
    id: str | int
    name: str | None = None
    age: int | None = None
    born: datetime | None = None
    tags: list[str] | None = None
    links: dict[str, Link | list[Link] | None] = {}


people = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("id", "name", "age", "born", "tags", "links"), json_values),
)


def read(**values: Any) -> tuple[Person, Notes]:
    notes = Notes()
    return convert({"id": "1", **values}, Person, "1", notes), notes


@given(people | json_values)
def test_any_json_is_read_or_rejected(value: Any) -> None:
    with contextlib.suppress(RecordRejected):
        assert isinstance(convert(value, Person, "1", Notes()), Person)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_any_relationships_are_read_or_rejected(links: dict[str, Any]) -> None:
    with contextlib.suppress(RecordRejected):
        convert({"id": "1", "links": links}, Person, "1", Notes())


def test_a_number_becomes_the_documented_text() -> None:
    person, notes = read(name=42)
    assert person.name == "42"
    assert not notes.counts, "nothing was left empty"


@pytest.mark.parametrize("value", [{"x": 1}, ["x"], "soon"])
def test_an_impossible_value_is_dropped_and_noted(value: Any) -> None:
    person, notes = read(born=value)
    assert person.born is None
    assert notes.examples == {"dropped_value:born": "1"}


def test_one_invalid_value_does_not_affect_the_others() -> None:
    person, notes = read(name="Ada", born="30 February", age="many", tags=["x", {"y": 1}])
    assert person.name == "Ada"
    assert (person.born, person.age) == (None, None)
    assert len(notes.counts) == 3


def test_an_invalid_relationship_does_not_affect_the_others() -> None:
    person, _ = read(links={"good": {"id": "7"}, "bad": {"id": {"x": 1}}})
    good = person.links.get("good")
    assert isinstance(good, Link)
    assert good.id == "7"


@pytest.mark.parametrize("value", [None, [], "x", 1, {"name": "no id"}, {"id": None}])
def test_a_record_without_its_outer_structure_is_rejected(value: Any) -> None:
    with pytest.raises(RecordRejected):
        convert(value, Person, "1", Notes())
