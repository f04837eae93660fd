"""Values are counted before decoding, since a small response may expand to gigabytes."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.errors import PermanentError
from jemmo.rest_client.amounts import REPLY, Amount, at_most, bounded, values

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def count(value: Any) -> int:
    """Count values and keys."""
    if isinstance(value, dict):
        return 1 + sum(1 + count(one) for one in value.values())
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


@given(anything)
def test_no_value_is_missed(value: Any) -> None:
    for body in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert values(body.encode()) >= count(value)


def test_a_body_with_too_many_values_is_not_decoded() -> None:
    body = b"[" + b"[]," * 100 + b"[]]"
    with at_most(Amount(10_000, 200)), pytest.raises(PermanentError) as told:
        bounded(body)
    assert told.value.code == "answer_too_large"
    with at_most(Amount(10_000, 400)):
        assert bounded(body) is body


@pytest.mark.parametrize("part", [b"[]", b"{}", b'{"":{}}', b'{"a":1}', b'[["a"]]', b"1e9"])
@pytest.mark.sample(2)
def test_bodies_decoded_by_a_web_process_stay_small(part: bytes) -> None:
    """Decodes the largest accepted responses, with the values that take the most memory for their length."""
    some = REPLY.values // values(b"," + part)
    body = b"[" + b",".join([part] * (some - 1)) + b',"' + "\U0001f600".encode() + b"a" * 1000
    body += b"a" * (REPLY.size - len(body) - 3) + b'"]'
    tracemalloc.start()
    try:
        with at_most(REPLY):
            decoded = msgspec.json.decode(bounded(body))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(decoded) == some
    assert peak < 10 * REPLY.size
