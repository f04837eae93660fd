"""Recognizing records that were anonymized in the ATS."""

from __future__ import annotations

import pytest

from jemmo.domain.anonymity import is_anonymous
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
        ("Anonymiserad", "kandidat", True),
        ("Raderad", "Kandidat", True),
        ("Gelöscht", "Gelöscht", True),
        ("Anonymisierter", "Bewerber 12", True),
        ("Candidato", "eliminado", True),
        ("Anónimo", None, True),
        ("Candidato", "anonimizado", True),
        ("Verwijderde", "kandidaat", True),
        ("Anoniem", "Kandidaat", True),
        ("Anonymisoitu", "hakija", True),
        ("Anonymní", "uchazeč", True),
        ("Slettet", "kandidat", True),
        ("Kandidat usunięty", None, True),
        ("[REDACTED]", "[REDACTED]", True),
        ("GDPR", "Deleted", True),
        ("Nombre", "Exemple", False),
    ],
)
def test_placeholder_names(first: str | None, last: str | None, gone: bool) -> None:
    assert is_anonymous(Talent(remote_id="t", first_name=first, last_name=last)) is gone


@pytest.mark.parametrize(
    ("kind", "value", "gone"),
    [
        (ContactKind.EMAIL, "4f1c2d@anonymized.invalid", True),
        (ContactKind.EMAIL, "candidate-12@example.invalid", True),
        (ContactKind.EMAIL, "deleted-4711@example.com", True),
        (ContactKind.EMAIL, "anonymized@example.com", True),
        (ContactKind.EMAIL, "x@deleted.example.com", True),
        (ContactKind.PHONE, "0000000000", True),
        (ContactKind.PHONE, "-", True),
        (ContactKind.EMAIL, "anne.onyme@example.com", False),
        (ContactKind.EMAIL, "valid@example.com", False),
        (ContactKind.PHONE, "+33 6 00 00 00 01", False),
        (ContactKind.SOCIAL, "https://www.linkedin.com/in/ada-exemple", False),
    ],
)
def test_unreachable_contacts(kind: ContactKind, value: str, gone: bool) -> None:
    contact = Contact(kind=kind, value=value)
    talent = Talent(remote_id="t", first_name="Anonymiserad", contacts=(contact,))
    assert is_anonymous(talent) is gone
    assert not is_anonymous(Talent(remote_id="t", first_name="Ada", contacts=(contact,)))


def test_a_reachable_person_is_not_anonymized() -> None:
    phone = Contact(kind=ContactKind.PHONE, value="+33 6 00 00 00 01")
    assert not is_anonymous(Talent(remote_id="t", contacts=(phone,)))
