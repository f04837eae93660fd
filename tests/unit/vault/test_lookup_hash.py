"""A value's lookup hash is its HMAC, in agreement with other programs and existing rows."""

from __future__ import annotations

import hmac
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jemmo.vault.lookups import LookupHash, word_hashes

keys = st.binary(min_size=1, max_size=100)
words = st.text(max_size=80)


@given(keys, st.uuids(), st.text(max_size=20), st.lists(words, max_size=4))
def test_it_is_the_hmac_of_organisation_kind_and_value(
    key: bytes, org: UUID, kind: str, values: list[str]
) -> None:
    hashed = LookupHash(key, org, kind)
    for value in values:
        message = b"\x00".join((org.bytes, kind.encode(), value.encode()))
        assert hashed(value) == hmac.digest(key, message, "sha256")


@given(keys, st.uuids(), st.lists(words, max_size=4))
def test_words_become_numbers_that_postgres_can_store(
    key: bytes, org: UUID, said: list[str]
) -> None:
    hashed = LookupHash(key, org, "word")
    found = word_hashes(key, org, said)
    assert found == [int.from_bytes(hashed(one)[:8], signed=True) for one in said]
    assert all(-(2**63) <= one < 2**63 for one in found)
