"""Decides what a search may find."""

from __future__ import annotations

from jemmo.services.base.lookups import MAX_MATCHES, search_term_hashes, talents_by_contact
from jemmo.store.db.paging import first_words
from jemmo.store.models import Organisation
from jemmo.store.records.talents import Lookup
from jemmo.vault import default_vault


def talent_lookup(org: Organisation, typed: str, *, contacts: bool, files: bool) -> Lookup:
    """Return what a search may find by address, number or files.

    Without the right to ``contacts``, an address or number finds no one. Otherwise, the reader could learn whose it is.
    """
    if not contacts:
        return Lookup()
    vault = default_vault()
    named = talents_by_contact(org, typed, vault=vault)
    return Lookup(
        sees_contacts=True,
        word_hashes=search_term_hashes(org, first_words(typed), vault=vault) if files else (),
        named=named[:MAX_MATCHES],
        more_named=len(named) > MAX_MATCHES,
    )
