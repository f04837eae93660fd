"""Pay as recruiters type it. Unclear pay gets no number; its original text is shown."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

THOUSANDS_BELOW = 1000
"""A yearly salary below this is in thousands, or wrong."""
TYPED_IN_THOUSANDS = (10, 300)
"""Plausible yearly salaries, in thousands; 900 might also be a monthly or daily rate."""
MOST = 1e12

_AMOUNT = re.compile(
    r"(?P<whole>[0-9]{1,3}(?P<mark>[ .,'’])[0-9]{3}(?:(?P=mark)[0-9]{3})*|[0-9]+)"
    r"(?:[.,](?P<part>[0-9]{1,2}))? ?(?P<thousand>k)?",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"[€$£]|\b(?:eur|euros?|usd|gbp|chf|cad)\b", re.IGNORECASE)
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u2009\u202f\t"), " ")


class Pay(Struct, frozen=True):
    """``note`` is a warning's code: read as thousands, or not understood."""

    low: float | None = None
    high: float | None = None
    note: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether there is no text, not even an unclear one."""
        return self == Pay()

    def times(self, factor: float) -> Pay:
        return Pay(self.low and self.low * factor, self.high and self.high * factor)


UNCLEAR = Pay(note="salary_unclear")


def read_pay(
    low: Any,
    high: Any,
    *,
    is_yearly: bool,
    has_unit: bool = True,
    in_thousands: bool = False,
) -> Pay:
    """Parse both ends of a pay range from numbers or text; ``0`` and blank mean none.

    ``in_thousands`` is for customers who always enter thousands.

    >>> read_pay("60", None, is_yearly=True)
    Pay(low=60000.0, high=None, note='salary_in_thousands')
    >>> read_pay("45,000", "52 000", is_yearly=True)
    Pay(low=45000.0, high=52000.0, note=None)
    >>> read_pay(45_000, 80, is_yearly=True) == read_pay(900, None, is_yearly=True) == UNCLEAR
    True
    """
    try:
        pay = Pay(_amount(low), _amount(high))
    except ValueError:
        return UNCLEAR
    ends = [end for end in (pay.low, pay.high) if end is not None]
    if ends != sorted(ends):
        return UNCLEAR
    if in_thousands:
        return pay.times(1000)
    if is_yearly and ends and all(_is_in_thousands(end) for end in ends):
        return replace(pay.times(1000), note="salary_in_thousands")
    if (is_yearly or not has_unit) and any(end < THOUSANDS_BELOW for end in ends):
        return UNCLEAR
    return pay


def _is_in_thousands(amount: float) -> bool:
    least, most = TYPED_IN_THOUSANDS
    return least <= amount < most


def _amount(value: Any) -> float | None:
    """Parse a number, or text with common thousands and decimal separators.

    Three digits after a separator are thousands. Raises ``ValueError`` unless the text is a single amount.
    """
    if isinstance(value, str):
        text = _CURRENCY.sub("", value[:100].translate(_BLANKS)).strip()
        if not text:
            return None
        match = _AMOUNT.fullmatch(text)
        if match is None:
            raise ValueError("not one amount")
        whole = re.sub(r"[^0-9]", "", match["whole"])
        value = float(f"{whole}.{match['part'] or 0}") * (1000 if match["thousand"] else 1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value < MOST:
        raise ValueError("not an amount of pay")
    return float(value) or None
