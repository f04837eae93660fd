"""Whom words find: by functions of the database, since a policy would keep a search from its index.

See ``jemmo.store.policies.Searched``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL

from jemmo.store.models import Organisation


def talents_saying(org: Organisation, terms: str, word_hashes: Sequence[int] = ()) -> Q:
    """Talents whose record says ``terms`` (a ``tsquery``), or who have a file with all words of ``word_hashes``."""
    if not word_hashes:
        return _among("SELECT jemmo_talents_saying(to_tsquery('simple', %s), %s)", terms, org)
    return _among(
        "SELECT jemmo_talents_saying(to_tsquery('simple', %s), %s) "
        "UNION SELECT jemmo_talents_with_words(%s::bigint[], %s)",
        *(terms, org, list(word_hashes), org),
    )


def jobs_saying(org: Organisation, terms: str) -> Q:
    return _among("SELECT jemmo_jobs_saying(to_tsquery('simple', %s), %s)", terms, org)


def _among(query: str, *given: Any) -> Q:
    values = [one.id if isinstance(one, Organisation) else one for one in given]
    return Q(id__in=RawSQL(query, values))  # noqa: S611 - what is given are parameters
