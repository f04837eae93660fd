"""Converts phone numbers to the international format if possible."""

from __future__ import annotations

import phonenumbers

from jemmo.connectors.base import Option
from jemmo.domain.translation_marks import marked as _

REGION = Option(
    name="default_region",
    label=_("Phone number country"),
    default="FR",
    choices=("FR", "BE", "CH", "LU", "GB", "DE", "ES", "IT", "NL", "PT", "US", "CA"),
    help=_("Country assumed for phone numbers without a country code."),
)


def international(number: str, region: str) -> str:
    """Return the number as E.164; unchanged if it can't be parsed.

    >>> international("06 00 00 00 01", "FR"), international("poste 12", "FR")
    ('+33600000001', 'poste 12')
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
