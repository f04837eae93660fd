"""Phone numbers in the international form, where they can be told."""

from __future__ import annotations

import phonenumbers

REGIONS = ("FR", "BE", "CH", "LU", "GB", "DE", "ES", "IT", "NL", "PT", "US", "CA")


def international(number: str, region: str) -> str:
    """The number as E.164; as it was written where it is none.

    >>> international("06 00 00 00 01", "FR"), international("poste 12", "FR")
    ('+33600000001', 'poste 12')
    """
    try:
        found = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(found):
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
