"""Pay as people type it: clear amounts become numbers, ambiguous ones don't."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.pay import UNCLEAR, Pay, read_pay


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("45000", 45_000),
        ("45,000", 45_000),
        ("45.000", 45_000),
        ("45 000", 45_000),
        ("45\u202f000", 45_000),
        ("45\u00a0000 €", 45_000),
        ("45'000", 45_000),
        ("1,234,567", 1_234_567),
        ("38000.50", 38_000.5),
        ("38 000,50", 38_000.5),
        ("3,500", 3_500),
        ("€ 45,000", 45_000),
        ("45 k€", 45_000),
        ("45000 EUR", 45_000),
        (45_000, 45_000),
        (45_000.5, 45_000.5),
    ],
)
def test_amounts_are_parsed_with_every_thousands_separator(written: Any, amount: float) -> None:
    assert read_pay(written, None, is_yearly=True) == Pay(amount, None)
    assert read_pay(None, written, is_yearly=False) == Pay(None, amount)


@pytest.mark.parametrize("nothing", [None, "", "0", 0, " ", "0.00", False])
def test_empty_and_zero_pay_are_none(nothing: Any) -> None:
    assert read_pay(nothing, nothing, is_yearly=True) == Pay()


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("900", None),
        (45_000, 80),
        ("45000", "40000"),
        ("60", 48_000),
        (5, None),
        ("selon profil", None),
        ("45000-50000", None),
        (-1, None),
    ],
)
def test_an_ambiguous_yearly_pay_has_no_number(low: Any, high: Any) -> None:
    assert read_pay(low, high, is_yearly=True) is UNCLEAR


def test_a_small_amount_without_a_period_has_no_number() -> None:
    assert read_pay(24, None, is_yearly=False, has_unit=False) is UNCLEAR
    assert read_pay(24, None, is_yearly=False) == Pay(24, None)
    assert read_pay(32_000, None, is_yearly=False, has_unit=False) == Pay(32_000, None)


def test_two_digits_a_year_are_thousands() -> None:
    assert read_pay("60", 65, is_yearly=True) == Pay(60_000, 65_000, "salary_in_thousands")
    assert read_pay("600", None, is_yearly=False, in_thousands=True) == Pay(600_000, None)


@given(st.text(max_size=30) | st.integers() | st.floats(), st.text(max_size=30), st.booleans())
def test_the_lower_end_is_never_above_the_higher(low: Any, high: Any, is_yearly: bool) -> None:
    pay = read_pay(low, high, is_yearly=is_yearly)
    assert pay.low is None or pay.high is None or pay.low <= pay.high
