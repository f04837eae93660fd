"""Whether the ATS has taken the person out of a record and kept the record."""

from __future__ import annotations

import re
import unicodedata

from jemmo.domain.records import Talent

PLACEHOLDERS = frozenset(
    (
        *("anonym", "anonyme", "anonymous", "anonymise", "anonymisee", "anonymised", "anonymized"),
        *("deleted", "removed", "erased", "supprime", "supprimee", "efface", "effacee", "redacted"),
        *("candidate", "candidat", "candidate", "user", "utilisateur", "person", "personne"),
        *(
            "gdpr",
            "rgpd",
            "dsgvo",
            "unknown",
            "inconnu",
            "inconnue",
            "na",
            "n",
            "a",
            "x",
            "xx",
            "xxx",
        ),
    )
)
"""What stands where a name was, in lower case and without accents."""


def nobody(record: Talent) -> bool:
    """Whether nothing in the record says who it is: no way to reach them, and no name that is one.

    ATSs have no field for it, so it is told by what is missing. Only who was somebody before can be anonymised.
    """
    return not record.contacts and not names_somebody(record.first_name, record.last_name)


def names_somebody(*names: str | None) -> bool:
    return any(word not in PLACEHOLDERS for name in names if name for word in _words(name))


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.findall(r"[^\W\d_]+", "".join(c for c in plain if not unicodedata.combining(c)))
