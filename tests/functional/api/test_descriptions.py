"""Every operation, parameter, object and field in the OpenAPI document has a description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jemmo.api import meanings
from jemmo.api.app import api
from jemmo.api.data_model import column_meanings
from jemmo.store.models import Application, Stage, Talent

DOCUMENT = api.get_openapi_schema(path_prefix="/api/v1/")
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    pytest.param(operation, id=operation["operationId"])
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
]


def undescribed(schema: Any, where: str) -> Iterator[str]:
    """Return the fields without a description, at any depth."""
    if isinstance(schema, list):
        for part in schema:
            yield from undescribed(part, where)
    if not isinstance(schema, dict):
        return
    for name, field in schema.get("properties", {}).items():
        if not field.get("description"):
            yield f"{where}.{name}"
        yield from undescribed(field, f"{where}.{name}")
    for below in ("items", "anyOf", "oneOf", "allOf", "additionalProperties"):
        yield from undescribed(schema.get(below), where)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_object_and_field_is_described(name: str) -> None:
    assert SCHEMAS[name].get("description")
    assert list(undescribed(SCHEMAS[name], name)) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_and_parameter_is_described(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    silent = [
        parameter["name"]
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert silent == []
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        for content in body.get("content", {}).values():
            assert list(undescribed(content["schema"], "body")) == []
            reference = content["schema"].get("$ref", "").rpartition("/")[-1]
            assert not reference or reference in SCHEMAS


def test_descriptions_are_sentences() -> None:
    texts = [
        (f"{name}.{field}", described["description"])
        for name, schema in SCHEMAS.items()
        for field, described in schema.get("properties", {}).items()
    ]
    odd = [where for where, text in texts if not text.endswith(".") or text[0].islower()]
    assert odd == []


def test_columns_are_described_as_in_the_data_model() -> None:
    known = column_meanings()
    headline = known["talent"]["headline"]
    assert meanings.of_column(Talent, "headline") == f"{headline[0].upper()}{headline[1:]}."
    modified = known["synced"]["modified_at"]
    assert meanings.of_column(Talent, "modified_at")[1:] == f"{modified[1:]}."
    assert meanings.of_column(Application, "job_remote_id") == "The job's ID in the ATS."
    assert meanings.of_column(Stage, "job_id").startswith("The job's ID in Jemmo; null")
    with pytest.raises(LookupError):
        meanings.of_column(Talent, "no_such_column")


def test_no_description_is_unused() -> None:
    """Every description belongs to an existing field."""
    for name, fields in meanings.STRUCTS.items():
        assert set(fields) <= set(SCHEMAS[name]["properties"]), name
    assert set(meanings.RECORDS) <= set(SCHEMAS)
