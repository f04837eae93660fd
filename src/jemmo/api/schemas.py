"""The JSON Schema of each kind of row, derived from the tables if a field is a column."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models

from jemmo.store.models import Attachment, JobCompensation, JobLocation
from jemmo.store.records.export import (
    APPLICATION_DOCUMENTS,
    APPLICATION_FIELDS,
    FILE_FIELDS,
    JOB_LINKS,
    KINDS,
    LOCATION_FIELDS,
    PAY_FIELDS,
    TALENT_DOCUMENTS,
    TALENT_LINKS,
    Kind,
)

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TEXTS: Schema = {"type": "array", "items": TEXT}
_TYPES: dict[type[models.Field[Any, Any]], Schema] = {
    models.UUIDField: {"type": "string", "format": "uuid"},
    models.DateTimeField: {"type": "string", "format": "date-time"},
    models.BooleanField: {"type": "boolean"},
    models.FloatField: {"type": "number"},
    models.SmallIntegerField: {"type": "integer"},
    models.BigIntegerField: {"type": "integer"},
    models.JSONField: {"type": "object"},
    models.TextField: TEXT,
}
_MADE: dict[str, Schema] = {
    **dict.fromkeys(
        (*JOB_LINKS, *TALENT_LINKS, *TALENT_DOCUMENTS, *APPLICATION_DOCUMENTS), TEXT_OR_NULL
    ),
    "stage": TEXT_OR_NULL,
    "stage_category": TEXT_OR_NULL,
    "reject_reason": TEXT_OR_NULL,
    "full_name": TEXT,
    "withheld": TEXT_OR_NULL,
    "emails": TEXTS,
    "phones": TEXTS,
    "links": TEXTS,
    "contacts_hidden": {"type": "boolean"},
    "do_not_contact": {"type": "boolean"},
}


def component(name: str) -> str:
    """The name of a kind's schema: ``RejectReason`` for ``reject_reasons``."""
    return KINDS[name].model.__name__


def of(kind: Kind) -> Schema:
    """The schema of a row of this kind."""
    properties = {name: _property(kind.model, name) for name in kind.fields}
    properties |= {name: _PARTS[name] for name in kind.parts}
    return {"type": "object", "properties": properties}


def of_structs(structs: Iterable[type]) -> dict[str, Schema]:
    """The schemas of these structs and of the structs in them, by name."""
    _, components = msgspec.json.schema_components(
        list(structs), ref_template="#/components/schemas/{name}"
    )
    for schema in components.values():
        schema.pop("required", None)  # the parameter `fields` omits fields
        if "description" in schema:  # a docstring, with the indentation of its class
            schema["description"] = cleandoc(schema["description"]).replace("``", "`")
    return components


def _object(model: type[models.Model], names: tuple[str, ...]) -> Schema:
    return {"type": "object", "properties": {name: _property(model, name) for name in names}}


def _property(model: type[models.Model], name: str) -> Schema:
    if name == "locations":
        return {"type": "array", "items": _object(JobLocation, LOCATION_FIELDS)}
    if name == "compensations":
        return {"type": "array", "items": _object(JobCompensation, PAY_FIELDS)}
    if name in _MADE:
        return _MADE[name]
    for field in model._meta.concrete_fields:  # noqa: SLF001 - Django's own name
        if name in {field.name, field.attname}:
            return _nullable(field)
    raise LookupError(f"the API does not know what {model.__name__}.{name} looks like")


def _nullable(field: Any) -> Schema:
    if isinstance(field, ArrayField):
        return TEXTS
    if isinstance(field, models.ForeignKey):
        schema = _TYPES[models.UUIDField]
    else:
        schema = next(_TYPES[base] for base in type(field).__mro__ if base in _TYPES)
    return {**schema, "type": [schema["type"], "null"]} if field.null else schema


_PARTS: dict[str, Schema] = {
    "resumes": {"type": "array", "items": _object(Attachment, FILE_FIELDS)},
    "applications": {
        "type": "array",
        "items": _object(KINDS["applications"].model, APPLICATION_FIELDS),
    },
}

DIGEST_RECIPE = """For each entity, `digest` is the sum of all records' hashes modulo 2²⁵⁶, as 64 hexadecimal digits.
A record's hash is the SHA-256 of `id:modified_at`, both exactly as in the JSON, read as a big-endian number:

    total = sum(int.from_bytes(sha256(f"{id}:{modified_at}".encode()).digest(), "big") for …)
    digest = f"{total % 2**256:064x}"

Equal digests prove that a copy is complete. If they differ, ask for `parts` of an `entity`, and read the ranges that
differ with `GET /api/v1/snapshot/{entity}?from=ID&to=ID`."""
_SEQ: Schema = {"type": "integer"}
_ID: Schema = _TYPES[models.UUIDField]
_TIME: Schema = _TYPES[models.DateTimeField]
CHANGES: Schema = {
    "type": "object",
    "required": ["data", "next_after"],
    "properties": {
        "data": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "seq": _SEQ,
                    "entity": TEXT,
                    "id": _ID,
                    "op": {"type": "string", "enum": ["created", "updated", "deleted"]},
                    "fields": TEXTS,
                    "at": _TIME,
                    "modified_at": {**_TIME, "type": ["string", "null"]},
                    "record": {"type": ["object", "null"]},
                },
            },
        },
        "next_after": _SEQ,
    },
}
_ANY_OBJECT: Schema = {"type": "object"}
_ANY_OBJECTS: Schema = {"type": "array", "items": _ANY_OBJECT}
JOB_POSTING: Schema = {
    "type": "object",
    "description": "https://schema.org/JobPosting. What the ATS does not say is left out.",
    "required": ["@context", "@type", "title", "description", "datePosted", "hiringOrganization"],
    "properties": {
        **dict.fromkeys(("@context", "@type", "title", "description", "url"), TEXT),
        "datePosted": {"type": "string", "format": "date"},
        "validThrough": _TIME,
        **dict.fromkeys(("hiringOrganization", "identifier", "baseSalary"), _ANY_OBJECT),
        **dict.fromkeys(("jobLocation", "applicantLocationRequirements"), _ANY_OBJECTS),
        **dict.fromkeys(("employmentType", "jobLocationType", "qualifications"), TEXT),
        **dict.fromkeys(("skills", "occupationalCategory"), TEXT),
    },
}
JSON_RESUME: Schema = {
    "type": "object",
    "description": "https://jsonresume.org/schema, version 1.0.0. What is not known is left out.",
    "required": ["$schema", "basics", "meta"],
    "properties": {
        "$schema": TEXT,
        "basics": _ANY_OBJECT,
        "work": _ANY_OBJECTS,
        "meta": _ANY_OBJECT,
    },
}
LINES: Schema = {"type": "object", "description": "A record; the last line has `seq` alone."}
_TOTAL: Schema = {
    "type": "object",
    "properties": {"count": {"type": "integer"}, "digest": TEXT},
}
_ID_OR_NULL: Schema = {**_ID, "type": ["string", "null"]}
DIGEST: Schema = {
    "type": "object",
    "required": ["seq", "entities"],
    "properties": {
        "seq": _SEQ,
        "entities": {"type": "object", "additionalProperties": _TOTAL},
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "from": _ID_OR_NULL,
                    "to": _ID_OR_NULL,
                    **_TOTAL["properties"],
                },
            },
        },
    },
}
