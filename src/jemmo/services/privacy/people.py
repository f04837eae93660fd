"""Finds a person for a data protection request, and counts the data about them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Func, Q, Sum, Value
from django.db.models.functions import Lower
from msgspec import Struct

from jemmo.domain.access import Action
from jemmo.domain.contact_keys import typed_contacts
from jemmo.domain.enums import ContactKind
from jemmo.services.base import costly
from jemmo.services.base.access_log import log_access
from jemmo.services.base.lookups import lookup_key, record_hashes, talents_by_contact
from jemmo.services.privacy.personal_data import collect_personal_data
from jemmo.store.db.paging import search_terms
from jemmo.store.db.search import talents_matching
from jemmo.store.models import Account, FileVersion, Organisation, Suppression, Talent
from jemmo.vault import Vault

MAX_PEOPLE = 50


class PersonSearch(Struct, frozen=True, kw_only=True):
    """The people who may match. ``kept_out`` are erasures of records with the typed id."""

    people: list[Talent]
    more: bool
    kept_out: list[Suppression]


class PersonalDataSummary(Struct, frozen=True, kw_only=True):
    """The data about a person. ``counts`` are by kind, zeros included."""

    people: list[Talent]
    counts: dict[str, int]
    file_bytes: int
    since: datetime
    namesakes: list[Talent]


def search(org: Organisation, typed: str, *, actor: Account | None, vault: Vault) -> PersonSearch:
    """Search by an e-mail address, a phone number, an ATS or Jemmo id, or a name. Includes deleted people.

    Raises ``Crowded``.
    """
    typed = typed.replace("\x00", "").strip()[:200]
    kinds = {contact.kind for contact in typed_contacts(typed)}
    condition, kept_out, by = Q(id__in=[]), list[Suppression](), "name"
    with costly.places().place(org.id):
        if kinds:
            by = "email" if ContactKind.EMAIL in kinds else "phone"
            condition = Q(id__in=talents_by_contact(org, typed, vault=vault, thoroughly=True))
        if ContactKind.EMAIL not in kinds:  # digits may be an id
            condition |= _named(org, typed)
            kept_out = _kept_out(org, typed, vault)
        matches = Talent.objects.filter(condition, org=org).select_related("connection")
        listed = list(matches.order_by("last_name", "id")[: MAX_PEOPLE + 1])
    log_access(org, Action.SEARCHED, actor=actor, by=by, found=min(len(listed), MAX_PEOPLE))
    return PersonSearch(
        people=listed[:MAX_PEOPLE], more=len(listed) > MAX_PEOPLE, kept_out=kept_out
    )


def _named(org: Organisation, typed: str) -> Q:
    if not typed:
        return Q(pk=None)
    condition = Q(remote_id=typed) | Q(remote_aliases__contains=[typed])
    with suppress(ValueError):
        condition |= Q(id=UUID(typed))
    terms = search_terms(typed)
    return condition | talents_matching(org, terms) if terms else condition


def _kept_out(org: Organisation, remote_id: str, vault: Vault) -> list[Suppression]:
    if not remote_id:
        return []
    key = lookup_key(vault)
    hashes = [
        record_hashes(key, org.id, connection_id)("talents", remote_id)
        for connection_id in org.connections.values_list("id", flat=True)
    ]
    suppressions = Suppression.objects.filter(connection__org=org, hash__in=hashes)
    return list(suppressions.select_related("connection"))


def chosen(org: Organisation, ids: list[UUID]) -> list[Talent]:
    """Return this organization's records with these ids, without missing ones."""
    talents = Talent.objects.filter(org=org, id__in=ids).select_related("connection")
    return sorted(talents, key=lambda talent: ids.index(talent.id))


def personal_data_of(
    org: Organisation, people: list[Talent], *, vault: Vault
) -> PersonalDataSummary:
    """Count the data that an erasure of these records would delete. Raises ``Crowded``."""
    ids = [talent.id for talent in people]
    versions = FileVersion.objects.filter(attachment__talent__in=ids, state="stored")
    return PersonalDataSummary(
        people=people,
        counts=collect_personal_data(org, ids, vault=vault).counts,
        file_bytes=versions.aggregate(bytes=Sum("size"))["bytes"] or 0,
        since=min(talent.created_at for talent in people),
        namesakes=_namesakes(org, people),
    )


def _namesakes(org: Organisation, people: list[Talent]) -> list[Talent]:
    """Return others with the same name, who may be the same person."""
    same = Q(pk=None)
    for talent in people:
        if talent.first_name and talent.last_name:
            same |= Q(first=_plain(Value(talent.first_name)), last=_plain(Value(talent.last_name)))
    named = Talent.objects.alias(first=_plain("first_name"), last=_plain("last_name"))
    matches = named.filter(same, org=org).exclude(id__in=[talent.id for talent in people])
    with costly.places().place(org.id):
        return list(matches.select_related("connection")[:MAX_PEOPLE])


def _plain(name: Any) -> Lower:
    """Return a name without differences in case and accents."""
    return Lower(Func(name, function="unaccent"))
