"""Decrypts contact details, and the original texts of records.

Only for readers who may see them: see ``jemmo.domain.redaction``. Never save a record with restored texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec

from jemmo.domain.masking import HIDDEN
from jemmo.domain.records import Contact
from jemmo.domain.redaction import FILES, TALENT_TEXTS, RedactedTexts, contacts_in_texts
from jemmo.store.db.run_context import contact_context, talent_texts_context, texts_context
from jemmo.store.models import Attachment, Talent, TalentContacts
from jemmo.store.models.synced import HasSealedTexts

Unseal = Callable[[bytes, bytes], bytes]
"""Decrypts a value: (sealed, context) -> plain."""


def contacts_of(talents: Iterable[UUID]) -> dict[UUID, TalentContacts]:
    """The encrypted rows of these talents, by id; the database returns none to readers who may not see them."""
    return {row.talent_id: row for row in TalentContacts.objects.filter(talent__in=list(talents))}


def open_contacts(row: TalentContacts, talent: Talent, unseal: Unseal) -> list[Contact]:
    """A talent's contact details in plain text."""
    context = contact_context(talent.connection_id, talent.remote_id)
    return msgspec.json.decode(unseal(bytes(row.sealed), context), type=list[Contact])


def open_texts(row: TalentContacts, talent: Talent, unseal: Unseal) -> RedactedTexts:
    """A talent's original texts that contain contact details."""
    if row.sealed_texts is None:
        return {}
    context = talent_texts_context(talent.connection_id, talent.remote_id)
    return msgspec.json.decode(unseal(bytes(row.sealed_texts), context), type=RedactedTexts)


def open_all_contacts(row: TalentContacts, talent: Talent, unseal: Unseal) -> list[Contact]:
    """All contact details by which a person is found, including those typed into texts."""
    typed = contacts_in_texts(open_texts(row, talent, unseal))
    return [*open_contacts(row, talent, unseal), *typed]


def restore_texts(
    talent: Talent,
    row: TalentContacts | None,
    unseal: Unseal,
    *,
    files: Iterable[Attachment] = (),
) -> None:
    """Restore a talent's original texts, and the names of the files."""
    texts = open_texts(row, talent, unseal) if row else {}
    named = texts.pop(FILES, {})
    for name, value in texts.items():
        setattr(talent, name, value)
    if texts:
        talent.track_restored()
    for attachment in files:
        if attachment.remote_id in named:
            attachment.file_name = named[attachment.remote_id]
            attachment.track_restored()


def restore_own_texts(rows: Iterable[HasSealedTexts], unseal: Unseal) -> None:
    """Restore the texts of records that store them in their own column, such as applications."""
    for row in rows:
        if row.sealed_texts is not None:
            context = texts_context(row._meta.db_table)  # noqa: SLF001 - Django's own name
            plain = unseal(bytes(row.sealed_texts), context(row.connection_id, row.remote_id))
            for name, value in msgspec.json.decode(plain, type=RedactedTexts).items():
                setattr(row, name, value)


def restore_listed_texts(talents: Iterable[Talent], unseal: Unseal) -> None:
    """Restore the texts that a list shows. Decrypts nothing for talents without redacted texts, which are most."""
    redacted = {talent.id: talent for talent in talents if _is_redacted(talent)}
    if redacted:
        rows = contacts_of(redacted)
        for talent in redacted.values():
            restore_texts(talent, rows.get(talent.id), unseal)


def _is_redacted(talent: Talent) -> bool:
    """Whether a text that lists show was redacted."""
    texts = [getattr(talent, name) for name in TALENT_TEXTS] + talent.tags
    return any(HIDDEN in text for text in texts if text)
