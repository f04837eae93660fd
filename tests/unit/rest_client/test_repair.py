"""Bodies with lone surrogates are repaired; others stay unchanged."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.rest_client.repair import repaired

texts = st.text(alphabet=st.characters() | st.characters(categories=["Cs"]))


@given(st.dictionaries(st.text(), texts))
def test_json_with_any_text_can_be_read_after_repair(value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    found = repaired(body)
    read = msgspec.json.decode(body if found is None else found)
    plain = json.loads(json.dumps(value))  # two surrogates that form a pair become one character
    for name, one in plain.items():
        whole = one.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert read[name].replace("\ufffd", "") == whole.replace("\ufffd", "")


@given(st.recursive(st.none() | st.text(), st.lists))
def test_a_valid_body_stays_unchanged(value: Any) -> None:
    assert repaired(json.dumps(value).encode()) is None
    assert repaired(json.dumps(value, ensure_ascii=False).encode()) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (rb'"x \ud83d"', rb'"x \ufffd"'),
        (rb'"\udc00 x"', rb'"\ufffd x"'),
        (rb'"\\ud83d"', None),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (b'"\xff"', '"\ufffd"'.encode()),
    ],
)
def test_examples(body: bytes, found: bytes | None) -> None:
    assert repaired(body) == found


def test_only_charsets_of_the_web_are_decoded() -> None:
    """Python supports others, such as ``punycode``, whose decoding takes quadratic time."""
    body = b'"\xff' + b"a" * 300_000 + b'"'
    found = repaired(body, "application/json; charset=punycode")
    assert found == repaired(body, "application/json; charset=utf-8")
    assert repaired(b'"\xe9"', "application/json; charset=windows-1252") == '"é"'.encode()
