"""The reference page: the API's document as a person reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from msgspec import Struct

from jemmo.api.app import api

ORDER = ("jobs", "postings", "talents", "applications", "notes", "stages", "departments", "users")
"""The first tags of the page; the others follow in the document's order."""
_CODE = re.compile(r"``?([^`]+)``?")


class Entry(Struct, frozen=True, kw_only=True):
    """A parameter of an operation or a field of a schema."""

    name: str
    type: SafeString
    text: SafeString
    place: str = ""
    required: bool = False


class Described(Struct, frozen=True, kw_only=True):
    """An operation."""

    id: str
    method: str
    path: str
    summary: str
    text: SafeString
    scopes: list[str]
    parameters: list[Entry]
    body: list[Entry]
    status: str
    answer: SafeString


class Shape(Struct, frozen=True, kw_only=True):
    """A schema with a name."""

    name: str
    text: SafeString
    values: SafeString | None
    fields: list[Entry]


class Reference(Struct, frozen=True, kw_only=True):
    operations: dict[str, list[Described]]
    shapes: list[Shape]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    address = request.build_absolute_uri("/api/v1")
    shown = {"reference": reference(), "address": address, "version": api.version}
    response = render(request, "accounts/api_reference.html", shown)
    add_never_cache_headers(response)
    return response


@cache
def reference() -> Reference:
    """The content of the page, from the document."""
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    schemas = document["components"]["schemas"]
    operations: dict[str, list[Described]] = {tag.replace("_", " "): [] for tag in ORDER}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            own = operations.setdefault(operation["tags"][0], [])
            own.append(_described(path, method, operation, schemas))
    return Reference(
        operations={tag: own for tag, own in operations.items() if own},
        shapes=[
            Shape(
                name=name,
                text=formatted(schema.get("description", "")),
                values=type_of(schema) if "enum" in schema else None,
                fields=list(_fields(schema)),
            )
            for name, schema in sorted(schemas.items())
        ],
    )


def _described(
    path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Described:
    status, response = next(iter(operation["responses"].items()))
    [content] = response["content"].values()
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Described(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=formatted(operation.get("description") or ""),
        scopes=[str(scope) for scope in operation["x-scopes"]],
        parameters=[
            Entry(
                name=parameter["name"],
                type=type_of(parameter["schema"]),
                text=formatted(parameter.get("description", "")),
                place=parameter["in"],
                required=parameter.get("required", False),
            )
            for parameter in operation.get("parameters", ())
        ],
        body=list(_fields(_resolved(body.get("schema", {}), schemas))),
        status=str(status),
        answer=type_of(content["schema"]),
    )


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object that a schema refers to, even if it is optional."""
    for part in (schema, *schema.get("anyOf", ())):
        if "$ref" in part:
            referred: Mapping[str, Any] = schemas[_name(part)]
            return referred
    return schema


def _fields(schema: Mapping[str, Any]) -> Iterator[Entry]:
    for name, field in schema.get("properties", {}).items():
        yield Entry(
            name=name,
            type=type_of(field),
            text=formatted(field.get("description", "")),
            required=name in schema.get("required", ()),
        )


def type_of(schema: Mapping[str, Any]) -> SafeString:
    """A schema's type in a few words, with links to named schemas."""
    return mark_safe(_type(schema))  # noqa: S308 - every part is escaped


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(_name(schema))
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema:
        return " | ".join(f"<code>{escape(value)}</code>" for value in schema["enum"])
    if parts := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " or ".join(dict.fromkeys(_type(part) for part in parts))
    if "properties" in schema:
        names = ", ".join(
            f"<code>{escape(name)}</code>: {_type(field)}"
            for name, field in schema["properties"].items()
        )
        return f"{{{names}}}"
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_kind(kind, schema) for kind in kinds)


def _kind(kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"array of {_type(schema.get('items', {}))}"
    if kind == "string" and "format" in schema:
        return escape(schema["format"])
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return escape(kind)


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def formatted(text: str) -> SafeString:
    """Paragraphs and indented blocks of code, as HTML."""
    blocks = []
    for block in text.strip("\n").split("\n\n"):
        if block.startswith("    "):
            lines = "\n".join(line.removeprefix("    ") for line in block.split("\n"))
            blocks.append(f"<pre>{escape(lines)}</pre>")
        elif block.strip():
            marked = _CODE.sub(r"<code>\1</code>", escape(block.strip()))
            blocks.append(f"<p>{marked}</p>")
    return mark_safe("".join(blocks))  # noqa: S308 - the text is escaped
