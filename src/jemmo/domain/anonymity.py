"""Detects records of people whom the ATS has anonymized."""

from __future__ import annotations

import re
import unicodedata

from jemmo.domain.enums import ContactKind
from jemmo.domain.plain_text import normalized
from jemmo.domain.records import Contact, Talent

_WORDS = """
    anonymous anonymized anonymised anonym deleted removed erased redacted purged expired hidden withheld
    candidate applicant user person profile contact name first last unknown none null gdpr
    anonyme anonymise anonymisee supprime supprimee efface effacee masque masquee candidat candidate candidature
    utilisateur utilisatrice personne prenom nom inconnu inconnue rgpd
    anonymisiert anonymisierte anonymisierter geloscht geloschte geloschter geloeschter geloscht entfernt
    bewerber bewerberin kandidat kandidatin benutzer nutzer person vorname nachname unbekannt dsgvo
    anonymiserad anonymiserat anonymiseret anonymisert raderad raderat slettet slettede borttagen poistettu
    kandidaten sokande ansoker bruger bruker anvandare fornamn efternamn okand ukendt ukjent
    tuntematon anonyymi anonymisoitu hakija
    anonimo anonima anonimizado anonimizada anonimizzato anonimizzata eliminado eliminada borrado borrada
    suprimido suprimida excluido excluida apagado apagada cancellato cancellata eliminato eliminata rimosso
    candidato candidata usuario usuaria utente utilizador persona pessoa nombre apellido apellidos desconocido
    desconocida desconhecido sconosciuto sconosciuta lgpd rgpd
    anoniem anonieme geanonimiseerd geanonimiseerde verwijderd verwijderde kandidaat sollicitant gebruiker
    onbekend onbekende avg
    anonimowy anonimowa anonimizowany usuniety usunieta kandydat uzytkownik nieznany nieznana rodo
    anonymni anonymizovano anonymizovany smazano smazany uchazec neznamy neznama
    n a na x xx xxx xxxx
"""
"""English, French, German, Nordic, Spanish, Portuguese, Italian, Dutch, Polish and Czech words, and abbreviations."""

PLACEHOLDERS = frozenset(_WORDS.split())
"""Placeholders for removed names, in lower case and without accents."""

_NO_ADDRESS = re.compile(
    r"[^@\s]*@(?:[\w-]+\.)*(?:invalid|(?:deleted|removed|anonymi[sz]ed|anonymous|gdpr)(?:\.[\w.-]+)?)\.?",
    re.IGNORECASE,
)
"""Addresses of no real mailbox, since the domain ends in ``.invalid`` (RFC 2606) or marks a removed person."""
_NO_MAILBOX = re.compile(
    r"(?:deleted|removed|erased|anonymi[sz]ed|anonymous|anonyme?|redacted|gdpr)(?:[._+-]?[0-9a-f-]*)@\S+",
    re.IGNORECASE,
)


def is_anonymous(record: Talent) -> bool:
    """Whether nothing in the record identifies the person: no contact details, and no real name.

    No ATS has a field for this, so missing data is the only sign. It means something only if the person was
    identifiable before.
    """
    named = names_somebody(record.first_name, record.last_name)
    return not named and not any(map(_is_real, record.contacts))


def _is_real(contact: Contact) -> bool:
    """Whether a contact is real, rather than made up for a removed person, such as ``7f3a@deleted.invalid``."""
    value = contact.value.strip()
    if contact.kind is ContactKind.EMAIL:
        return not (_NO_ADDRESS.fullmatch(value) or _NO_MAILBOX.fullmatch(value))
    if contact.kind is ContactKind.PHONE:
        return len(set(filter(str.isdigit, value))) > 1
    return True


def names_somebody(*names: str | None) -> bool:
    """Whether any of the names contains a word that isn't a placeholder."""
    return any(word not in PLACEHOLDERS for name in names if name for word in _words(name))


def _words(name: str) -> list[str]:
    plain = normalized("NFKD", name.casefold())
    return re.findall(r"[^\W\d_]+", "".join(c for c in plain if not unicodedata.combining(c)))
