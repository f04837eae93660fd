"""Countries as spelled by ATSs and people."""

from __future__ import annotations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.countries import LANGUAGES, NO_COUNTRIES, country_code

CODES = {str(code) for code in Locale.parse("en").territories if len(str(code)) == 2} - NO_COUNTRIES
NAMES = [
    (name, code)
    for language in LANGUAGES
    for code, name in Locale.parse(language).territories.items()
    if code in CODES
]


def test_country_names_are_recognized_in_our_languages() -> None:
    found = {name: country_code(name) for name, _ in NAMES}
    wrong = {(name, found[name], code) for name, code in NAMES if found[name] not in {code, None}}
    unclear = {name for name, code in found.items() if code is None}
    assert wrong == set()
    assert unclear <= {"Kongo"}  # either of two countries, depending on the language


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("Austria", "AT"), ("Österreich", "AT"), ("osterreich", "AT"), ("Danmark", "DK")),
        *(("USA", "US"), ("U.S.A.", "US"), ("us", "US"), ("United States of America", "US")),
        *(("España", "ES"), ("UK", "GB"), ("U.K.", "GB"), ("England", "GB"), ("FRA", "FR")),
        *(("Czech Republic", "CZ"), ("République tchèque", "CZ"), ("Turkey", "TR")),
        *(("The Netherlands", "NL"), ("Holland", "NL"), ("Bosnia and Herzegovina", "BA")),
        *(("Suisse / Schweiz", "CH"), ("Lyon, France", "FR"), ("FR - France", "FR")),
        *(("France (métropolitaine)", "FR"), (" Deutschland ", "DE"), ("Viet Nam", "VN")),
    ],
)
def test_codes_abbreviations_and_variants_are_recognized(written: str, code: str) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize(
    "written",
    ["Narnia", "Remote", "EU", "Wilmington, DE", "France, Belgium", "x" * 5000, "", None],
)
def test_texts_with_no_country_or_two_get_no_code(written: str | None) -> None:
    assert country_code(written) is None


@given(st.text())
def test_any_text_yields_a_code_or_none(written: str) -> None:
    assert country_code(written) in {*CODES, None}
