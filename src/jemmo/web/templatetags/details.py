"""The labeled fields on a record's page: see ``jemmo.domain.fields.Label``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django import template
from django.db.models import Model
from django.utils.translation import get_language

from jemmo.domain.entities import ENTITIES
from jemmo.domain.fields import Privacy, fields_of

register = template.Library()

_FIELDS = {entity.table: fields_of(entity.record) for entity in ENTITIES.values()}


class Detail(NamedTuple):
    """A field with a value. ``is_personal`` ones are disguised in screenshot mode."""

    label: str
    value: Any
    is_personal: bool

    @property
    def is_time(self) -> bool:
        return isinstance(self.value, datetime)


@register.filter
def details(record: Model) -> list[Detail]:
    """Fields that every reader of the page may see."""
    return [detail for detail, privacy in _labeled(record) if privacy is not Privacy.SEALED]


@register.filter
def documents(record: Model) -> list[Detail]:
    """The decrypted details, for readers who may see them."""
    return [detail for detail, privacy in _labeled(record) if privacy is Privacy.SEALED]


def _labeled(record: Model) -> Iterator[tuple[Detail, Privacy]]:
    for field in _FIELDS[record._meta.db_table]:  # noqa: SLF001 - Django's own name
        value = getattr(record, field.name) if field.label else None
        if isinstance(value, datetime) and value == getattr(record, "remote_created_at", None):
            continue  # the ATS has no such time, and the page shows when the record was created
        if field.label and value:
            text = ", ".join(value) if isinstance(value, list) else value
            is_personal = field.privacy is not Privacy.PUBLIC
            label = field.label.fr if get_language() == "fr" else field.label.text
            yield Detail(label, text, is_personal), field.privacy
