"""Recognizes phone numbers by the rules of ``phonenumbers`` and by how people in each country group digits. Pure."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

COUNTRIES = (
    *("FR", "BE", "CH", "LU", "GB", "IE", "DE", "AT", "NL", "ES", "PT", "IT", "US", "CA"),
    *("SE", "DK", "NO", "FI", "PL", "CZ"),
)
"""Countries whose numbers are recognized without a country code, by the rules of ``phonenumbers``."""

MAX_DIGITS = 15  # digits
CACHED = 1_000  # results, since the same digits are checked several times in a row

# Usual groupings of numbers without a prefix: digits per group.
_GROUPS = {
    10: {(10,), (3, 3, 4), (3, 7), (6, 4), (3, 3, 2, 2), (4, 6), (4, 3, 3), (3, 2, 2, 3)},
    9: {
        (9,),
        (3, 3, 3),
        (3, 2, 2, 2),
        (2, 3, 2, 2),
        (2, 7),
        (3, 6),
        (1, 2, 2, 2, 2),
        (1, 8),
        (2, 3, 4),
    },
}


def is_full(digits: str) -> bool:
    return 8 <= len(digits) <= MAX_DIGITS


def is_dialed(digits: str) -> bool:
    """Whether the digits can be dialed: ``00`` or ``011`` for international, ``0`` for national numbers."""
    if digits.startswith("011") and is_international(digits[3:]):
        return True
    if digits.startswith("00"):
        return is_international(digits[2:])
    return is_national(digits)


def may_be_dialed(digits: str) -> bool:
    if digits.startswith("00"):
        return digits[2] != "0" and is_full(digits[2:])
    return 9 <= len(digits) <= 12


@cache
def _library() -> ModuleType:
    """Import ``phonenumbers`` when it is first needed; it takes as long to load as everything else here."""
    return import_module("phonenumbers")


@cache
def _codes() -> dict[str, str]:
    """Return the calling codes of ``COUNTRIES``, each with one country."""
    return {str(_library().country_code_for_region(country)): country for country in COUNTRIES}


def calling_code(digits: str) -> str | None:
    """Return the calling code that the digits start with, written without ``+`` or ``00``."""
    for length in (1, 2, 3):
        if _library().region_code_for_country_code(int(digits[:length] or 0)) != "ZZ":
            return digits[:length]
    return None


_ALSO = {"GB": r"|7[1-9]\d{8}", "US": r"|8(?:00|33|44|55|66|77|88)\d{7}"}
"""Ranges other than landlines and mobiles: numbers reserved for films and examples, and toll-free numbers."""


@cache
def _national_pattern(country: str) -> re.Pattern[str]:
    """Match landline and mobile numbers of a country, with or without the leading zero."""
    known = _library().PhoneMetadata.metadata_for_region(country)
    kinds = [kind for kind in (known.fixed_line, known.mobile) if kind is not None]
    patterns = "|".join(f"(?:{kind.national_number_pattern})" for kind in kinds)
    zero = "0?" if known.national_prefix == "0" else ""
    return re.compile(rf"{zero}(?=[0-9]{{7,11}}\Z)(?:{patterns}{_ALSO.get(country, '')})")


@cache
def _home_pattern() -> re.Pattern[str]:
    return re.compile(
        "|".join(f"(?:{_national_pattern(country).pattern})" for country in COUNTRIES)
    )


@lru_cache(maxsize=CACHED)
def is_national(digits: str) -> bool:
    """Whether the digits are a national number in one of ``COUNTRIES``."""
    return 8 <= len(digits) <= 12 and bool(_home_pattern().fullmatch(digits))


@lru_cache(maxsize=CACHED)
def is_international(digits: str) -> bool:
    """Whether the digits, with an optional ``(0)``, are a calling code followed by a valid number."""
    if not is_full(digits) or digits.startswith("0"):
        return False
    for length in (1, 2, 3):
        region = _library().region_code_for_country_code(int(digits[:length]))
        if region not in {"ZZ", "001"}:
            return bool(_national_pattern(region).fullmatch(digits[length:]))
    return False


def looks_dialed(digits: str, sizes: tuple[int, ...]) -> bool:
    if len(set(digits)) < 3:
        return False
    if sizes[0] == 3 and max(sizes) <= 4 and _MOBILE.fullmatch(digits):
        return True
    if sizes in _GROUPS.get(len(digits), ()):
        return any(pattern.fullmatch(digits) for pattern in _bare_patterns(len(digits)))
    if len(digits) == 11 and digits[0] == "1" and (sizes == (11,) or sizes[1:] in _GROUPS[10]):
        return bool(_national_pattern("US").fullmatch(digits[1:]))
    if 10 <= len(digits) <= 13 and len(sizes) <= 6:
        return _names_country(digits, sizes)
    return False


_MOBILE = re.compile(r"3[2-9]\d{8}|[67]\d{8}")
"""Mobile numbers in Italy and Spain. People write their first three digits apart and group the rest in any way."""


@cache
def _bare_patterns(length: int) -> tuple[re.Pattern[str], ...]:
    """Return patterns for numbers written without a leading zero, which people leave out of mobile numbers."""
    if length == 10:
        return (*map(_national_pattern, ("US", "CA")), re.compile(r"3[2-9]\d{8}|7[1-9]\d{8}"))
    return (*map(_national_pattern, ("ES", "PT", "PL")), re.compile(r"[67]\d{8}|4[5-9]\d{7}"))


def _names_country(digits: str, sizes: tuple[int, ...]) -> bool:
    """Whether the digits start with the calling code of one of ``COUNTRIES``, without the plus."""
    for length in (2, 3):
        country = _codes().get(digits[:length])
        if country is not None and (sizes[0] == length or len(sizes) == 1):
            rest = digits[length:]
            return rest[0] != "0" and bool(_national_pattern(country).fullmatch(rest))
    return False
