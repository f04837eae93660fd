"""The Django models match ``domain.entities`` and the fields of the canonical records."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from msgspec import Struct

from jemmo.domain import records
from jemmo.domain.entities import ENTITIES, Entity, target_of
from jemmo.domain.fields import Mark, Privacy, fields_of, links, personal, personal_texts, sealed
from jemmo.domain.streams import Stream
from jemmo.store.models.synced import OfOrganisation, Synced
from jemmo.store.sync.tables import column_of

MODELS = {model._meta.db_table: model for model in apps.get_app_config("store").get_models()}
TYPES = {
    "text": models.TextField,
    "bool": models.BooleanField,
    "int8": models.BigIntegerField,
    "float8": models.FloatField,
    "timestamptz": models.DateTimeField,
    "text[]": ArrayField,
    "jsonb": models.JSONField,
}
OWN = {
    "job": {"excluded_reason", "search"},
    "talent": {
        *("excluded_reason", "search", "anonymised_at"),
        *("do_not_contact_at", "do_not_contact_reason", "do_not_contact_by"),
    },
    **{entity.table: {"sealed_texts"} for entity in ENTITIES.values() if entity.has_sealed_texts},
    "attachment": {
        *("remote_deleted_at", "size", "sha256", "fetch_status", "reason", "tries"),
        *("next_try_at", "fetched_at", "current_version"),
    },
    "stage_event": {"from_status", "to_status", "created_at"},
}
"""Columns that no ATS fills because Jemmo sets them."""

ALSO_NULL = {("stage_event", "to_stage_remote_id")}
"""A move observed by Jemmo may lead to no stage."""

TABLES: list[tuple[str, type[Struct]]] = [
    *((entity.table, entity.record) for entity in ENTITIES.values()),
    *((part.table, part.record) for entity in ENTITIES.values() for part in entity.parts),
]


@pytest.mark.parametrize(("table", "record"), TABLES)
def test_every_field_is_a_column_of_its_type(table: str, record: type[Struct]) -> None:
    for field in fields_of(record):
        if field.is_plain_column:
            column = column_of(field)
            stored = MODELS[table]._meta.get_field(field.name)
            assert isinstance(stored, TYPES[column.cast or column.type]), field.name
            assert stored.null == (field.nullable or (table, field.name) in ALSO_NULL), field.name


@pytest.mark.parametrize(("table", "record"), TABLES)
def test_every_column_is_a_field_or_our_own(table: str, record: type[Struct]) -> None:
    model = MODELS[table]
    declared = {field.name for field in fields_of(record) if field.is_plain_column}
    declared |= {link.relation for link in links(record)}
    base = Synced if issubclass(model, Synced) else OfOrganisation
    shared = {field.name for field in base._meta.fields} | {"id"}
    owner = {
        entity.table
        for entity in ENTITIES.values()
        if table in {part.table for part in entity.parts}
    }
    position = {"position"} if not issubclass(model, Synced) else set()
    columns = {field.name for field in model._meta.fields} - shared - owner - position
    assert columns - declared == OWN.get(table, set())


@pytest.mark.parametrize("entity", ENTITIES.values())
def test_every_link_leads_to_the_table_of_its_target(entity: Entity) -> None:
    for link in links(entity.record):
        relation = MODELS[entity.table]._meta.get_field(link.relation)
        assert isinstance(relation, models.ForeignKey)
        assert relation.null
        assert relation.related_model._meta.db_table == ENTITIES[target_of(link)].table


@pytest.mark.parametrize("entity", ENTITIES.values())
def test_links_point_to_streams_that_a_sync_reads_earlier(entity: Entity) -> None:
    order = list(Stream)
    for link in links(entity.record):
        assert order.index(target_of(link)) < order.index(entity.stream)


def test_entities_are_in_the_order_of_a_sync() -> None:
    assert list(ENTITIES) == list(Stream)


def test_lists_of_parts_have_a_table_or_are_contact_details() -> None:
    for entity in ENTITIES.values():
        lists = {part.attribute: f"tuple[{part.record.__qualname__}, ...]" for part in entity.parts}
        for field in fields_of(entity.record):
            if Mark.NOT_STORED in field.marks or field.privacy is not Privacy.PUBLIC:
                continue
            if not field.is_plain_column:
                assert str(field.type).replace("jemmo.domain.records.", "") == lists[field.name]


@pytest.mark.parametrize("entity", ENTITIES.values())
def test_documents_are_attributes_without_a_column(entity: Entity) -> None:
    for name in sealed(entity.record):
        assert getattr(MODELS[entity.table], name) is None


def test_redaction_knows_every_shape_of_personal_field() -> None:
    """``domain.redaction`` handles plain texts; any other type needs a case there and in ``text_masking``."""
    shaped = set(personal(records.Talent)) - set(personal_texts(records.Talent))
    assert shaped == {"location", "tags", "custom_fields"}
    for entity in ENTITIES.values():
        if entity.has_sealed_texts:
            assert personal(entity.record) == personal_texts(entity.record)
