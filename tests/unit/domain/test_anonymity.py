"""Telling a record from which the person was taken out."""

from __future__ import annotations

import pytest

from jemmo.domain.anonymity import nobody
from jemmo.domain.enums import ContactKind
from jemmo.domain.records import Contact, Talent


@pytest.mark.parametrize(
    ("first", "last", "gone"),
    [
        (None, None, True),
        ("Anonyme", "Anonyme", True),
        ("ANONYMISÉ", None, True),
        ("Deleted", "Candidate 4711", True),
        ("-", "?", True),
        ("Anna", None, False),
        ("Anonyme", "Durand", False),
        ("李", "小龙", False),
    ],
)
def test_a_name_that_is_none(first: str | None, last: str | None, gone: bool) -> None:
    assert nobody(Talent(remote_id="t", first_name=first, last_name=last)) is gone


def test_who_can_be_reached_is_somebody() -> None:
    phone = Contact(kind=ContactKind.PHONE, value="+33 6 00 00 00 01")
    assert not nobody(Talent(remote_id="t", contacts=(phone,)))
