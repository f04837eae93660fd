"""Countries, which Teamtailor writes as names in the account's language, or as codes."""

from __future__ import annotations

COUNTRIES = {
    "france": "FR",
    "germany": "DE",
    "allemagne": "DE",
    "deutschland": "DE",
    "united kingdom": "GB",
    "royaume-uni": "GB",
    "belgium": "BE",
    "belgique": "BE",
    "spain": "ES",
    "espagne": "ES",
    "sweden": "SE",
    "suède": "SE",
    "sverige": "SE",
    "switzerland": "CH",
    "suisse": "CH",
    "netherlands": "NL",
    "pays-bas": "NL",
    "italy": "IT",
    "italie": "IT",
    "portugal": "PT",
    "luxembourg": "LU",
    "ireland": "IE",
    "irlande": "IE",
    "norway": "NO",
    "denmark": "DK",
    "finland": "FI",
    "poland": "PL",
    "canada": "CA",
    "united states": "US",
    "états-unis": "US",
    "australia": "AU",
}


def country_code(country: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country that Teamtailor writes as a name or as a code."""
    if country is None:
        return None
    if len(country) == 2 and country.isascii() and country.isalpha():
        return country.upper()
    return COUNTRIES.get(country.lower())
