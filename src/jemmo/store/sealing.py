"""What of a record is sealed before it is stored, beside what may stand in clear: see ``jemmo.domain.apart``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.apart import Texts, typed_in
from jemmo.domain.records import Application, Record, Talent
from jemmo.store.context import (
    Marks,
    Seal,
    application_texts_context,
    contact_context,
    talent_texts_context,
)
from jemmo.store.tables import as_numbers


class Sealing(Struct, frozen=True):
    """Seals what belongs to the records of a connection. ``marks`` gives what a person is found by."""

    connection_id: UUID
    seal: Seal
    marks: Marks | None

    def values(self, record: Record, texts: Texts) -> list[Any]:
        """What is sealed beside a record's columns, in the order of ``statements.staged_columns``."""
        if isinstance(record, Talent):
            return self._of_talent(record, texts)
        if isinstance(record, Application):
            return [self._texts(texts, application_texts_context, record)]
        return []

    def _of_talent(self, talent: Talent, texts: Texts) -> list[Any]:
        """The contact details, what they are found by, and what stood in texts."""
        if not talent.contacts and not texts:
            return [None, None, None]
        context = contact_context(self.connection_id, talent.remote_id)
        sealed = self.seal(msgspec.json.encode(talent.contacts), context)
        found_by = (*talent.contacts, *typed_in(texts)) if texts else talent.contacts
        marks = as_numbers(self.marks(found_by)) if self.marks else None
        return [sealed, marks, self._texts(texts, talent_texts_context, talent)]

    def _texts(
        self, texts: Texts, context: Callable[[UUID, str], bytes], record: Talent | Application
    ) -> bytes | None:
        if not texts:
            return None
        return self.seal(msgspec.json.encode(texts), context(self.connection_id, record.remote_id))
