"""The data about a person, counted before an erasure and deleted by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.mentions import Person, names_in, names_of
from jemmo.domain.records import Contact
from jemmo.domain.streams import Stream
from jemmo.services.base.lookups import lookup_key, mention_hasher
from jemmo.store.db import scope
from jemmo.store.models import Connection, Organisation, Rejection, SupportMessage, Talent
from jemmo.store.operations.sealed_places import rejection_context
from jemmo.store.privacy import erasing
from jemmo.store.privacy.erasing import Bodies, Traces
from jemmo.store.records.redaction import contacts_of, open_all_contacts, open_contacts
from jemmo.store.webhooks import deliveries
from jemmo.vault import Vault, VaultError

AT_ONCE = 500
ERASED = "[erased]"
MIN_NAME = 5  # characters; shorter names are too common as ordinary words
WRITTEN = ("body", "error", "steps")


class PersonalTraces(Struct, frozen=True, kw_only=True):
    """The data about some people. ``messages`` are the new texts of support messages that mention them."""

    traces: Traces
    bodies: Bodies
    messages: dict[Any, dict[str, str]]
    counts: dict[str, int]


def connections_of(org: Organisation, talents: list[UUID]) -> list[UUID]:
    rows = Talent.objects.filter(org=org, id__in=talents)
    return list(rows.values_list("connection", flat=True).distinct())


def collect_personal_data(
    org: Organisation, talents: list[UUID], *, vault: Vault
) -> PersonalTraces:
    """Find and count the data about some people. ``counts`` are by kind, zeros included."""
    with scope.acting_in(
        scope.organization_scope(org.id)
    ):  # this includes what other members wrote to support
        return _collected(org, talents, vault)


def _collected(org: Organisation, talents: list[UUID], vault: Vault) -> PersonalTraces:
    traces = erasing.traces_of(org.id, talents)
    people = list(Talent.objects.filter(id__in=traces.talents))
    contacts, listed = _contacts(people, vault)
    bodies = _bodies(org, traces, people, contacts, vault)
    messages = _messages(org, people, contacts)
    counts = erasing.count(traces, bodies)
    counts |= {"contacts": listed, "support_messages": len(messages)}
    return PersonalTraces(traces=traces, bodies=bodies, messages=messages, counts=counts)


def _contacts(people: list[Talent], vault: Vault) -> tuple[list[Contact], int]:
    """Return all their contacts, including those found in texts, and how many the ATS lists as contacts."""
    rows = contacts_of(talent.id for talent in people)
    contacts: list[Contact] = []
    listed = 0
    for talent in people:
        if (row := rows.get(talent.id)) is not None:
            contacts += open_all_contacts(row, talent, vault.open)
            listed += len(open_contacts(row, talent, vault.open))
    return contacts, listed


def _bodies(
    org: Organisation,
    traces: Traces,
    people: list[Talent],
    contacts: list[Contact],
    vault: Vault,
) -> Bodies:
    """Return the stored webhooks and the rejected records without an id that are about them."""
    bodies = Bodies(deliveries=[], rejections=[])
    key = lookup_key(vault)
    for connection in Connection.objects.filter(id__in=list(traces.by_connection)):
        keys = traces.by_connection[connection.id]
        person = Person(
            records=frozenset((Stream(stream), key) for stream, key, _ in keys),
            contacts=tuple(contacts),
        )
        names = names_of(person)
        hashes = mention_hasher(key, org.id, connection.id)(names)
        bodies.deliveries.extend(deliveries.naming(connection.id, hashes))
        bodies.rejections.extend(_rejections_about(connection, names, people, vault))
    return bodies


def _rejections_about(
    connection: Connection, names: set[str], people: list[Talent], vault: Vault
) -> Iterable[int]:
    """Find rejections without an id by the names in them. There is at most one such record per stream and reason."""
    context = rejection_context(connection.id)
    nameless = Rejection.objects.filter(
        connection=connection, remote_id=None, stream__in=("talents", "applications")
    )
    for rejection in nameless.exclude(sealed_raw=None).order_by("id").iterator(chunk_size=AT_ONCE):
        assert rejection.sealed_raw is not None
        try:
            body = vault.open(bytes(rejection.sealed_raw), context)
        except VaultError:
            yield rejection.id
            continue
        mentions = names_in(body, ())
        if mentions is None or not mentions.isdisjoint(names) or _may_name(body, people):
            yield rejection.id


def _may_name(body: bytes, people: list[Talent]) -> bool:
    """Whether a record contains one of their names, or was truncated, so that it may be about anyone."""
    try:
        text = msgspec.json.encode(msgspec.json.decode(body)).decode().casefold()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    for talent in people:
        names = [name.casefold() for name in (talent.first_name, talent.last_name) if name]
        if names and all(name in text for name in names):
            return True
    return False


def _messages(
    org: Organisation, people: list[Talent], contacts: list[Contact]
) -> dict[Any, dict[str, str]]:
    """Return the support messages that mention them, without their names and addresses."""
    words = {contact.value for contact in contacts}
    for talent in people:
        words |= {talent.full_name, f"{talent.last_name or ''} {talent.first_name or ''}".strip()}
        words |= {str(talent.id)}
    written = sorted((re.escape(word) for word in words if len(word) >= MIN_NAME), key=len)
    if not written:
        return {}
    pattern = re.compile("|".join(reversed(written)), re.IGNORECASE)
    redactions = {}
    for message in SupportMessage.objects.filter(thread__org=org).iterator(chunk_size=AT_ONCE):
        texts = {name: pattern.sub(ERASED, getattr(message, name)) for name in WRITTEN}
        if any(getattr(message, name) != text for name, text in texts.items()):
            redactions[message.pk] = texts
    return redactions
