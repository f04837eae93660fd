"""How the values of special columns are sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format

from jemmo.store.sync.tables import as_numbers

eight_bytes = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(eight_bytes, max_size=6))
def test_numbers_are_sent_as_postgres_takes_an_array_of_them(values: list[int]) -> None:
    loader = Transformer().get_loader(1016, Format.BINARY)  # int8[]
    assert loader.load(as_numbers(values)) == values


@given(st.lists(st.integers(2**40, 2**63 - 1), min_size=1, max_size=6))
def test_numbers_are_sent_as_psycopg_would(values: list[int]) -> None:
    dumper = Transformer().get_dumper(values, PyFormat.BINARY)
    assert bytes(dumper.dump(values) or b"") == as_numbers(values)
