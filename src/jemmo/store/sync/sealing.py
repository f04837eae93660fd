"""Encrypts parts of a record before it is stored: see ``jemmo.domain.redaction``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.entities import ENTITIES
from jemmo.domain.records import Record, Talent
from jemmo.domain.redaction import RedactedTexts, contacts_in_texts
from jemmo.domain.streams import Stream
from jemmo.store.db.run_context import (
    ContactHasher,
    Seal,
    contact_context,
    talent_texts_context,
    texts_context,
)


class Sealing(Struct, frozen=True):
    """Encrypts parts of a connection's records. ``marks`` returns the hashes by which a person is found."""

    connection_id: UUID
    seal: Seal
    marks: ContactHasher | None

    def values(self, stream: Stream, apart: Sequence[tuple[Any, RedactedTexts]]) -> list[list[Any]]:
        """Return the encrypted values to store with each record, in the order of ``statements.staged_columns``.

        Each record is given in plain text, with its redacted texts.
        """
        if stream is Stream.TALENTS:
            return self._of_talents(apart)
        if not ENTITIES[stream].has_sealed_texts:
            return [[] for _ in apart]
        context = texts_context(ENTITIES[stream].table)
        return [[sealed] for sealed in self._texts(apart, context)]

    def _of_talents(self, apart: Sequence[tuple[Talent, RedactedTexts]]) -> list[list[Any]]:
        """The contact details, their keyed hashes, and the original texts."""
        contacts = [
            self.seal(
                msgspec.json.encode(talent.contacts),
                contact_context(self.connection_id, talent.remote_id),
            )
            if talent.contacts or texts
            else None
            for talent, texts in apart
        ]
        marks = [self._found_by(talent, texts) for talent, texts in apart]
        texts = self._texts(apart, talent_texts_context)
        return [list(columns) for columns in zip(contacts, marks, texts, strict=True)]

    def _found_by(self, talent: Talent, texts: RedactedTexts) -> list[int] | None:
        if self.marks is None or not (talent.contacts or texts):
            return None
        typed = contacts_in_texts(texts) if texts else ()
        return self.marks((*talent.contacts, *typed))

    def _texts(
        self,
        apart: Sequence[tuple[Record, RedactedTexts]],
        context: Callable[[UUID, str], bytes],
    ) -> list[bytes | None]:
        return [
            self.seal(msgspec.json.encode(texts), context(self.connection_id, record.remote_id))
            if texts
            else None
            for record, texts in apart
        ]
