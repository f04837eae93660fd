"""Maps a job's pay in Greenhouse. Pure; README.md lists the reference pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jemmo.connectors.greenhouse.custom import Custom
from jemmo.domain.enums import CompensationPeriod
from jemmo.domain.records import Compensation
from jemmo.domain.validation import number, text


def compensations(
    post: dict[str, Any],
    ranges: Mapping[str, list[dict[str, Any]]],
    names: Mapping[str, list[dict[str, Any]]],
    custom: Mapping[str, Custom],
) -> tuple[Compensation, ...]:
    """Return the pay ranges of the job's post, otherwise those in the customer's custom fields, which stay internal.

    ``ranges`` are keyed by the id of their post; ``names`` are their labels by the id of their pay input.
    """
    pays = []
    for row in ranges.get(str(post.get("id")), []):
        [name] = names.get(str(row.get("pay_input_id")), [{}])
        pay = _posted(row, text(name.get("title")), is_public=post.get("internal") is not True)
        if pay:
            pays.append(pay)
    if not pays:
        pays = [
            pay
            for key, field in custom.items()
            if field.type == "currency_range"
            and _PAY.search(f"{key} {field.name or ''}")
            and (pay := _internal(field))
        ]
    return tuple(pays)


_PAY = re.compile(
    r"salar|\bpay|compensation|remuneration|rémunération|wage|gehalt|vergütung|lön|\bsueldo",
    re.IGNORECASE,
)
_PERIODS = (
    (
        CompensationPeriod.YEAR,
        re.compile(r"annual|year|per annum|\ban\b|annuel|jahr", re.IGNORECASE),
    ),
    (CompensationPeriod.MONTH, re.compile(r"month|mensuel|\bmois\b|monat", re.IGNORECASE)),
    (CompensationPeriod.WEEK, re.compile(r"week|semaine|woche", re.IGNORECASE)),
    (CompensationPeriod.DAY, re.compile(r"\bday|daily|\bjour|\btag", re.IGNORECASE)),
    (CompensationPeriod.HOUR, re.compile(r"hour|heure|horaire|stunde", re.IGNORECASE)),
)


def _posted(row: dict[str, Any], title: str | None, *, is_public: bool) -> Compensation | None:
    """Map a row of ``pay_input_ranges``, in the currency's smallest unit; 0 means not filled in."""
    unit = text(row.get("currency_type"))
    part = 10 ** _DECIMALS.get((unit or "").upper(), 2)
    low, high = (
        cents / part if (cents := number(row.get(name))) else None
        for name in ("min_cents", "max_cents")
    )
    return _range(low, high, unit, title, is_public=is_public)


_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_MILLS = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = {**dict.fromkeys(_WHOLE.split(), 0), **dict.fromkeys(_MILLS.split(), 3)}
"""Currencies whose minor unit doesn't have exactly two digits (ISO 4217)."""


def _internal(field: Custom) -> Compensation | None:
    """Map a custom field of type ``currency_range``: whole units as text, and the currency."""
    value = field.value
    if not isinstance(value, dict):
        return None
    low, high = (
        number(value.get(f"{end}_value", value.get(f"{end}_amount", value.get(end))))
        for end in ("min", "max")
    )
    unit = value.get("unit") or value.get("currency")
    return _range(low, high, unit, text(field.name), is_public=False)


def _range(
    low: float | None, high: float | None, unit: Any, title: str | None, *, is_public: bool
) -> Compensation | None:
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        return None
    currency = text(unit)
    period = next((period for period, word in _PERIODS if title and word.search(title)), None)
    amounts = " – ".join(dict.fromkeys(f"{end:,.2f}".removesuffix(".00") for end in ends))
    in_order = ends == sorted(ends)
    return Compensation(
        min=low if in_order else None,
        max=high if in_order else None,
        currency=currency.upper() if currency else None,
        period=period,
        is_public=is_public,
        original=": ".join(filter(None, (title, f"{amounts} {currency or ''}".strip()))),
    )
