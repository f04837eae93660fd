"""Whether a person may be contacted, and how that is shown."""

from __future__ import annotations

import pytest

from jemmo.domain.consent import Stance, Withheld, consent_badges, withheld


@pytest.mark.parametrize(
    ("consent", "told_us", "reason"),
    [
        ("GIVEN", False, None),
        ("UNKNOWN", False, None),
        ("EXPIRED", False, None),
        ("WITHDRAWN", False, Withheld.CONSENT_WITHDRAWN),
        ("REFUSED", False, Withheld.CONSENT_REFUSED),
        ("GIVEN", True, Withheld.DO_NOT_CONTACT),
        ("WITHDRAWN", True, Withheld.DO_NOT_CONTACT),
        ("a word of tomorrow", False, None),
    ],
)
def test_contact_details_are_withheld(consent: str, told_us: bool, reason: Withheld | None) -> None:
    assert withheld(consent, do_not_contact=told_us) is reason


def test_the_most_important_reason_comes_first() -> None:
    assert consent_badges("GIVEN", do_not_contact=False, can_email=None) == []
    assert consent_badges("EXPIRED", do_not_contact=True, can_email=False) == [
        Stance.DO_NOT_CONTACT,
        Stance.EXPIRED,
    ]
    assert consent_badges("UNKNOWN", do_not_contact=False, can_email=False) == [Stance.NO_EMAILS]
