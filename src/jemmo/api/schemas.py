"""The JSON Schema of each kind of row, derived from the tables if a field is a column."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models

from jemmo.api import meanings
from jemmo.store.models import Attachment, JobCompensation, JobLocation
from jemmo.store.records.export import (
    APPLICATION_FIELDS,
    FILE_FIELDS,
    JOB_LINKS,
    KINDS,
    LOCATION_FIELDS,
    PAY_FIELDS,
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


def _described(kind: Schema, text: str) -> Schema:
    return {**kind, "description": text}


_BOOLEAN: Schema = {"type": "boolean"}
_OTHER_FIELDS: dict[str, Schema] = {
    **{
        name: _described(TEXT_OR_NULL, f"The name of the {name}.")
        for name in dict.fromkeys((*JOB_LINKS, *TALENT_LINKS))
    },
    "linkedin_profile": _described(
        TEXT_OR_NULL, "The LinkedIn profile as text. Requires the scope `contacts`."
    ),
    "cover_letter": _described(TEXT_OR_NULL, "The cover letter. Requires the scope `contacts`."),
    "stage": _described(TEXT_OR_NULL, "The name of the current stage."),
    "stage_category": _described(TEXT_OR_NULL, "What happens in the current stage."),
    "reject_reason": _described(TEXT_OR_NULL, "The name of the reject reason."),
    "full_name": _described(TEXT, "First and last name."),
    "withheld": _described(
        TEXT_OR_NULL, "Why nobody may see the contact details, or `null` if nothing forbids it."
    ),
    "emails": _described(TEXTS, "Email addresses. Requires the scope `contacts`."),
    "phones": _described(TEXTS, "Phone numbers. Requires the scope `contacts`."),
    "links": _described(
        TEXTS, "Addresses of websites and profiles. Requires the scope `contacts`."
    ),
    "contacts_hidden": _described(_BOOLEAN, "Whether contact details are hidden from this token."),
    "do_not_contact": _described(
        _BOOLEAN, "Whether someone marked this person in Jemmo as “Do not contact”."
    ),
}
"""Fields that are not columns."""


def component(name: str) -> str:
    """The name of a kind's schema: ``RejectReason`` for ``reject_reasons``."""
    return KINDS[name].model.__name__


def schema_of_kind(kind: Kind) -> Schema:
    """The schema of a row of this kind."""
    properties = {name: _property(kind.model, name) for name in kind.fields}
    properties |= {name: _PARTS[name] for name in kind.parts}
    text = meanings.RECORDS[kind.model.__name__]
    return {"type": "object", "description": text, "properties": properties}


def of_parts() -> dict[str, Schema]:
    """The schemas of what belongs to a record, by name."""
    return {
        "Location": _object("Location", JobLocation, LOCATION_FIELDS),
        "Compensation": _object("Compensation", JobCompensation, PAY_FIELDS),
        "Resume": _object("Resume", Attachment, FILE_FIELDS),
        "TalentApplication": _object(
            "TalentApplication", KINDS["applications"].model, APPLICATION_FIELDS
        ),
        **STANDARD,
    }


def of_structs(structs: Iterable[type]) -> dict[str, Schema]:
    """The schemas of these structs and of the structs in them, by name."""
    _, components = msgspec.json.schema_components(
        list(structs), ref_template="#/components/schemas/{name}"
    )
    for name, schema in components.items():
        schema.pop("required", None)  # the parameter `fields` omits fields
        for field, described in schema.get("properties", {}).items():
            described["description"] = meanings.described(name, field)
        # A docstring, with the indentation of its class.
        text = schema.get("description") or meanings.RECORDS[name]
        schema["description"] = cleandoc(text).replace("``", "`")
    return components


def _object(part: str, model: type[models.Model], names: tuple[str, ...]) -> Schema:
    properties = {name: _property(model, name) for name in names}
    return {"type": "object", "description": meanings.RECORDS[part], "properties": properties}


def _property(model: type[models.Model], name: str) -> Schema:
    if name == "locations":
        return _list_of("Location", "Places. The main one is marked.")
    if name == "compensations":
        return _list_of("Compensation", "What the job pays.")
    if name in _OTHER_FIELDS:
        return _OTHER_FIELDS[name]
    for field in model._meta.concrete_fields:  # noqa: SLF001 - Django's own name
        if name in {field.name, field.attname}:
            return _described(_nullable(field), meanings.of_column(model, name))
    raise LookupError(f"the API does not know what {model.__name__}.{name} looks like")


def _nullable(field: Any) -> Schema:
    if isinstance(field, ArrayField):
        return TEXTS
    if isinstance(field, models.ForeignKey):
        schema = _TYPES[models.UUIDField]
    else:
        schema = next(_TYPES[base] for base in type(field).__mro__ if base in _TYPES)
    return {**schema, "type": [schema["type"], "null"]} if field.null else schema


def _list_of(part: str, text: str) -> Schema:
    items = {"$ref": f"#/components/schemas/{part}"}
    return {"type": "array", "items": items, "description": text}


_PARTS: dict[str, Schema] = {
    "resumes": _list_of(
        "Resume", "The latest 100 files, with `include=resumes` and the scope `files`."
    ),
    "applications": _list_of(
        "TalentApplication", "The latest 100 applications, with `include=applications`."
    ),
}

DIGEST_RECIPE = """For each entity, `digest` is the sum of all records' hashes modulo 2²⁵⁶, as 64 hexadecimal digits.
A record's hash is the SHA-256 of `id:modified_at`, both exactly as in the JSON, interpreted as a big-endian number:

    total = sum(int.from_bytes(sha256(f"{id}:{modified_at}".encode()).digest(), "big") for …)
    digest = f"{total % 2**256:064x}"

Equal digests prove that a copy is complete. If they differ, request `parts` of an `entity`, and read the ranges that
differ with `GET /api/v1/snapshot/{entity}?from=ID&to=ID`."""
_SEQ: Schema = {"type": "integer"}
_ID: Schema = _TYPES[models.UUIDField]
_TIME: Schema = _TYPES[models.DateTimeField]
_ID_OR_NULL: Schema = {**_ID, "type": ["string", "null"]}
_ANY_OBJECT: Schema = {"type": "object"}
_ANY_OBJECTS: Schema = {"type": "array", "items": _ANY_OBJECT}
LINES: Schema = {"type": "object", "description": "A record. The last line contains only `seq`."}
_TOTAL = {
    "count": _described({"type": "integer"}, "The number of records."),
    "digest": _described(TEXT, "The sum of the records' hashes, as 64 hexadecimal digits."),
}
STANDARD: dict[str, Schema] = {
    "Changes": {
        "type": "object",
        "description": "Changes in commit order.",
        "required": ["data", "next_after"],
        "properties": {
            "data": _list_of("Change", "The changes."),
            "next_after": _described(_SEQ, "Send this value as `after` to get the next changes."),
        },
    },
    "Change": {
        "type": "object",
        "description": "A record that was created, updated, or deleted, from the token's point of view.",
        "properties": {
            "seq": _described(_SEQ, "The number of the change."),
            "entity": _described(TEXT, "The type of record."),
            "id": _described(_ID, "The record's ID."),
            "op": {
                "type": "string",
                "enum": ["created", "updated", "deleted"],
                "description": "What happened. Becoming visible counts as `created`, and becoming hidden as `deleted`.",
            },
            "fields": _described(TEXTS, "The changed fields of an updated record."),
            "at": _described(_TIME, "When it happened."),
            "modified_at": _described(
                {**_TIME, "type": ["string", "null"]},
                "The record's version, or `null` if the record was deleted.",
            ),
            "record": _described(
                {"type": ["object", "null"]},
                "The current record, with `include=record`, or `null` if it has since been deleted or hidden.",
            ),
        },
    },
    "Digest": {
        "type": "object",
        "description": "What a complete copy contains after the change with this number.",
        "required": ["seq", "entities"],
        "properties": {
            "seq": _described(_SEQ, "The number of the last change that is included."),
            "entities": {
                "type": "object",
                "description": "The total of each kind of record.",
                "additionalProperties": {"$ref": "#/components/schemas/Total"},
            },
            "parts": _list_of("DigestPart", "The totals for each range of IDs, if `parts` is set."),
        },
    },
    "Total": {
        "type": "object",
        "description": "The number of records, and their digest.",
        "properties": _TOTAL,
    },
    "DigestPart": {
        "type": "object",
        "description": "A range of IDs that contains about as many records as the other ranges.",
        "properties": {
            "from": _described(_ID_OR_NULL, "The first ID, or `null` for no limit."),
            "to": _described(
                _ID_OR_NULL, "The ID at the end of the range (exclusive), or `null` for no limit."
            ),
            **_TOTAL,
        },
    },
    "SchemaOrgJobPosting": {
        "type": "object",
        "description": "https://schema.org/JobPosting. Values that the ATS does not provide are omitted.",
        "required": [
            *("@context", "@type", "title", "description", "datePosted", "hiringOrganization")
        ],
        "properties": {
            "@context": _described(TEXT, "`https://schema.org/`."),
            "@type": _described(TEXT, "`JobPosting`."),
            "title": _described(TEXT, "The job's title."),
            "description": _described(TEXT, "The job ad, as HTML."),
            "url": _described(TEXT, "The job's page."),
            "datePosted": _described(
                {"type": "string", "format": "date"}, "When it was published."
            ),
            "validThrough": _described(_TIME, "When it closes."),
            "hiringOrganization": _described(_ANY_OBJECT, "The company."),
            "identifier": _described(_ANY_OBJECT, "The job's ID in the ATS."),
            "baseSalary": _described(_ANY_OBJECT, "The pay, if the ATS marks it as public."),
            "jobLocation": _described(_ANY_OBJECTS, "The places of work."),
            "applicantLocationRequirements": _described(
                _ANY_OBJECTS, "The countries from which people can work remotely."
            ),
            "employmentType": _described(TEXT, "The kind of contract."),
            "jobLocationType": _described(TEXT, "`TELECOMMUTE` for remote jobs."),
            "qualifications": _described(TEXT, "Requirements for candidates."),
            "skills": _described(TEXT, "Skills required for the job."),
            "occupationalCategory": _described(TEXT, "The field of work."),
        },
    },
    "JsonResume": {
        "type": "object",
        "description": "https://jsonresume.org/schema, version 1.0.0. Unknown values are omitted.",
        "required": ["$schema", "basics", "meta"],
        "properties": {
            "$schema": _described(TEXT, "The address of the schema."),
            "basics": _described(
                _ANY_OBJECT, "Name, headline, summary, location, and contact details."
            ),
            "work": _described(_ANY_OBJECTS, "The current job."),
            "meta": _described(
                _ANY_OBJECT, "The version of the schema, and when the talent last changed."
            ),
        },
    },
}
"""Responses that are not rows of a list."""
