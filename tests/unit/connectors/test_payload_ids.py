from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.jarvi.payload_ids import payload_ids

PROFILE, PROJECT = "3f0c0000-0000-4000-8000-000000000001", "7a000000-0000-4000-8000-000000000010"
PATHS = "profileId,profile.id,id"


@pytest.mark.parametrize(
    "body",
    [
        {"profileId": PROFILE},
        {"profile": {"id": PROFILE}},
        {"trigger": {"name": "x"}, "event": {"data": [{"profile": {"id": PROFILE}}]}},
    ],
)
def test_ids_are_found_anywhere_in_the_payload(body: Any) -> None:
    assert payload_ids(body, PATHS)[0] == PROFILE


def test_ids_are_in_the_order_of_the_paths_without_duplicates() -> None:
    body = {"id": PROJECT, "profileId": PROFILE, "profile": {"id": PROFILE}}
    assert payload_ids(body, PATHS) == [PROFILE, PROJECT]


def test_only_ids_are_taken() -> None:
    assert payload_ids({"profileId": "' OR 1=1", "id": 7, "profile": {"id": None}}, PATHS) == []


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "profile"]), inner),
    )
)
def test_no_payload_breaks_it(body: Any) -> None:
    assert payload_ids(body, PATHS) == []


def test_only_the_beginning_of_a_huge_payload_is_read() -> None:
    """Anyone may send a huge payload, which the web server reads between two pages."""
    first = {"profileId": "3f0c0000-0000-4000-8000-000000000001"}
    last = {"profileId": "3f0c0000-0000-4000-8000-000000000002"}
    body = {"a": first, **{f"k{number}": {} for number in range(90_000)}, "z": last}

    assert payload_ids(body, "profileId") == [first["profileId"]]
