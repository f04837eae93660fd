"""Full-text search through database functions, since a policy would prevent index use.

See ``jemmo.store.db.policies.Searched``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from jemmo.store.db.query import fetch_value
from jemmo.store.models import FileText, Organisation


def talents_matching(org: Organisation, terms: str, word_hashes: Sequence[int] = ()) -> Q:
    """Talents whose record matches ``terms`` (a ``tsquery``), or who have a file with all words of ``word_hashes``."""
    if not word_hashes:
        return _among("SELECT jemmo_talents_saying(to_tsquery('simple', %s), %s)", terms, org)
    return _among(
        "SELECT jemmo_talents_saying(to_tsquery('simple', %s), %s) "
        "UNION SELECT jemmo_talents_with_words(%s::bigint[], %s)",
        *(terms, org, list(word_hashes), org),
    )


def few_matching_ids(
    org: Organisation, terms: str, word_hashes: Sequence[int], most: int
) -> list[UUID] | None:
    """The ids of the same talents, possibly with duplicates; ``None`` if there are more than ``most``."""
    functions = ["jemmo_talents_saying(to_tsquery('simple', %s), %s)"]
    params: list[Any] = [terms, org.id]
    if word_hashes:
        functions.append("jemmo_talents_with_words(%s::bigint[], %s)")
        params += [list(word_hashes), org.id]
    union = " UNION ALL ".join(f"SELECT {function} AS id" for function in functions)
    ids = fetch_value(f"SELECT array_agg(id) FROM ({union} LIMIT {most + 1}) found", params) or []
    return ids if len(ids) <= most else None


def talent_matches(terms: str, word_hashes: Sequence[int]) -> Q:
    """The same condition, checked for each talent, which is faster for counting the many matches of a common word."""
    condition = Q(search=SearchQuery(terms, search_type="raw", config="simple"))
    if not word_hashes:
        return condition
    files = FileText.objects.filter(talent=OuterRef("id"), words__contains=list(word_hashes))
    return condition | Q(Exists(files))


def jobs_matching(org: Organisation, terms: str) -> Q:
    return _among("SELECT jemmo_jobs_saying(to_tsquery('simple', %s), %s)", terms, org)


def talents_with_contact(org: Organisation, hashes: Sequence[int]) -> Q:
    """Talents with an address or number, by any of its keyed hashes."""
    return _among("SELECT jemmo_talents_with_contact(%s::bigint[], %s)", list(hashes), org)


def _among(query: str, *params: Any) -> Q:
    values = [param.id if isinstance(param, Organisation) else param for param in params]
    return Q(id__in=RawSQL(query, values))  # noqa: S611 - the values are parameters
