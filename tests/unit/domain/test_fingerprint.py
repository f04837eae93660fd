"""The content hash depends on every mapped value and on nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jemmo.domain.fingerprint import content_hash
from jemmo.domain.records import Talent

TALENT = Talent(remote_id="1", first_name="Ada", custom_fields={"b": {"value": 1}, "a": {}})


def test_the_same_content_has_the_same_hash() -> None:
    again = Talent(remote_id="1", first_name="Ada", custom_fields={"a": {}, "b": {"value": 1}})
    assert content_hash(TALENT) == content_hash(again)
    assert len(content_hash(TALENT)) == 16


@given(st.text(min_size=1), st.text(min_size=1))
def test_another_value_has_another_hash(one: str, other: str) -> None:
    first, second = replace(TALENT, first_name=one), replace(TALENT, first_name=other)
    assert (content_hash(first) == content_hash(second)) == (one == other)


def test_a_value_that_moves_to_another_field_changes_the_hash() -> None:
    first, last = Talent(remote_id="1", first_name="A"), Talent(remote_id="1", last_name="A")
    assert content_hash(first) != content_hash(last)
