"""Recognizes countries by code, by name in many languages, and by abbreviation."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from babel import Locale
from babel.core import get_global

from jemmo.domain.plain_text import normalized

LANGUAGES = (
    *(
        "en",
        "fr",
        "de",
        "es",
        "it",
        "pt",
        "nl",
        "sv",
        "da",
        "nb",
        "fi",
        "is",
        "pl",
        "cs",
        "sk",
        "hu",
    ),
    *(
        "ro",
        "bg",
        "el",
        "hr",
        "sl",
        "et",
        "lv",
        "lt",
        "ca",
        "eu",
        "ga",
        "tr",
        "ru",
        "uk",
        "ar",
        "zh",
    ),
    "ja",
)
"""The languages of the country names, from CLDR (cldr.unicode.org)."""

NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)
"""CLDR codes that are not in ISO 3166-1: unions, islands, unknown regions."""

ALSO = {
    "AE": ("uae", "emirates"),
    "BY": ("weissrussland",),
    "CD": ("drc", "rdc", "congo kinshasa", "democratic republic of the congo"),
    "CG": ("congo brazzaville", "republic of the congo"),
    "CI": ("ivory coast",),
    "CN": ("prc", "peoples republic of china"),
    "CV": ("cape verde",),
    "CZ": (
        *("czech republic", "ceska republika", "republique tcheque", "tschechische republik"),
        *("republica checa", "repubblica ceca"),
    ),
    "DE": ("brd", "bundesrepublik deutschland", "federal republic of germany"),
    "GB": ("uk", "great britain", "britain", "england", "scotland", "wales", "northern ireland"),
    "GR": ("el",),
    "HK": ("hong kong", "hongkong"),
    "IE": ("eire", "republic of ireland"),
    "KR": ("korea", "republic of korea"),
    "MK": ("macedonia",),
    "MM": ("burma",),
    "MO": ("macao", "macau"),
    "NL": ("holland", "hollande", "olanda"),
    "PS": ("palestine",),
    "RU": ("russian federation",),
    "SA": ("ksa",),
    "SK": ("slovak republic",),
    "SZ": ("swaziland",),
    "TR": ("turkey",),
    "US": (
        *("america", "united states of america", "etats unis d amerique", "eeuu", "ee uu", "eua"),
        *("vereinigte staaten von amerika", "estados unidos de america"),
    ),
    "VA": ("vatican",),
    "VN": ("viet nam",),
    "ZA": ("rsa",),
}
"""Common spellings that CLDR lacks."""

LONGEST = 200  # characters; longer texts are not countries

_APART = re.compile(r"[/,;|()]|\s[–-]\s")
_WORD = re.compile(r"\w+")
_JOINERS = frozenset(("and", "und", "et", "y", "e", "og", "och", "en", "i", "ja", "a", "the"))


def country_code(written: str | None) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country; ``None`` if the text names none or several.

    >>> [country_code(name) for name in ("Österreich", "U.S.A.", "nor", "Suisse / Schweiz", "Lyon, France", "Narnia")]
    ['AT', 'US', 'NO', 'CH', 'FR', None]
    """
    if written is None or len(written) > LONGEST:
        return None
    known = _known()
    whole = known.get(_plain(written))
    if whole is not None:
        return whole
    # Within a longer text, two letters may be a state or a province: "Wilmington, DE".
    parts = (part for part in _APART.split(written) if len(part.strip()) > 2)
    codes = {code for part in parts if (code := known.get(_plain(part))) is not None}
    return codes.pop() if len(codes) == 1 else None


def _plain(name: str) -> str:
    """Normalize a name to words without accents, case, periods and "and"."""
    split = normalized("NFKD", name.casefold())
    words = _WORD.findall("".join(char for char in split if not unicodedata.combining(char)))
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return "".join(words)  # U.S.A.
    return " ".join("st" if word == "saint" else word for word in words if word not in _JOINERS)


@cache
def _known() -> dict[str, str]:
    """Return codes by all known spellings. Takes half a second, so it runs when the first country is read."""
    listed = [Locale.parse(language).territories for language in LANGUAGES]
    codes = {str(code) for code in listed[0] if len(str(code)) == 2} - NO_COUNTRIES
    names: dict[str, set[str]] = {}
    parts: dict[str, set[str]] = {}  # "Myanmar (Burma)"
    for territories in listed:
        for code in codes & territories.keys():
            name = str(territories[code])
            names.setdefault(_plain(name), set()).add(code)
            for part in _APART.split(name):
                parts.setdefault(_plain(part), set()).add(code)
    known = {
        name: min(codes_of_name)
        for name, codes_of_name in (parts | names).items()
        if len(codes_of_name) == 1 and name
    }
    known |= {_plain(name): code for code, also in ALSO.items() for name in also}
    for old, new in get_global("territory_aliases").items():
        if old.isalpha() and len(old) == 3 and len(new) == 1 and new[0] in codes:
            known[old.lower()] = str(new[0])
    return known | {code.lower(): code for code in codes}
