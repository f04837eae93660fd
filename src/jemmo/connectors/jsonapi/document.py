"""JSON:API documents. A vendor declares its resources; these are the envelopes around them.

A page is decoded in one go into a vendor's types. When a record breaks its promises, that page is decoded again record
by record, leniently: one odd value must not cost the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

Id = str | int
MAX_ID = 200  # characters; a longer id is none
MOST_ERRORS = 20  # of one body

R = TypeVar("R")
I = TypeVar("I")  # noqa: E741 - an included resource, as R is a record's


class Linkage(Struct, frozen=True, gc=False):
    id: Id


class Relationship(Struct, frozen=True, gc=False):
    """``data`` is there only when the relationship was included."""

    data: Linkage | list[Linkage] | UnsetType | None = UNSET

    def one(self) -> str | None:
        return _key(self.data) if isinstance(self.data, Linkage) else None

    def many(self) -> list[str]:
        keys = map(_key, self.data) if isinstance(self.data, list) else ()
        return [key for key in keys if key is not None]


NO_RELATIONSHIP = Relationship()


def _key(linkage: Linkage) -> str | None:
    """The id linked to, if any record could have it."""
    key = linkage.id if isinstance(linkage.id, str) else str(linkage.id)
    return key if 0 < len(key) <= MAX_ID and "\x00" not in key else None


class Meta(Struct, frozen=True, gc=False, rename="kebab"):
    record_count: int | None = None


class PageLinks(Struct, frozen=True):
    next: str | None = None
    prev: str | None = None


class Envelope(Struct, frozen=True, kw_only=True):
    """A list's page without its records; see ``numbered.NumberedPage``."""

    meta: Meta = Meta()
    links: PageLinks = PageLinks()

    @property
    def count(self) -> int | None:
        return self.meta.record_count

    @property
    def next(self) -> str | None:
        return self.links.next

    @property
    def previous(self) -> str | None:
        return self.links.prev


class Document(Envelope, Generic[R, I], frozen=True, kw_only=True):
    """A list's page."""

    rows: list[R] = msgspec.field(name="data")
    included: list[I] = []


class LooseDocument(Envelope, frozen=True, kw_only=True):
    """A list's page whose records have not been decoded."""

    rows: list[Any] = msgspec.field(name="data")
    included: list[Any] = []


AnyDocument = Document[Any, Any] | LooseDocument


class SingleDocument(Struct, frozen=True):
    data: Any
    included: list[Any] = []

    @property
    def attributes(self) -> dict[str, Any]:
        return attributes_of(self.data)


loosely = msgspec.json.Decoder(LooseDocument).decode
single = msgspec.json.Decoder(SingleDocument).decode


def decoder(resource: Any, included: Any) -> Callable[[bytes], AnyDocument]:
    """Decodes a page: strictly if it keeps its promises, else with its records left as they are."""
    strict = msgspec.json.Decoder(Document[resource, included])

    def decode(body: bytes) -> AnyDocument:
        try:
            return strict.decode(body)
        except msgspec.ValidationError:
            return loosely(body)

    return decode


def attributes_of(resource: Any) -> dict[str, Any]:
    """The attributes of a resource, decoded or not, by their names on the wire."""
    attributes = (
        resource.get("attributes")
        if isinstance(resource, dict)
        else msgspec.to_builtins(getattr(resource, "attributes", None))
    )
    return attributes if isinstance(attributes, dict) else {}


def usable(objects: Iterable[Any], kind: type[I]) -> list[I]:
    """Included objects, without those that do not have the promised shape."""
    fitting = []
    for each in objects:
        try:
            fitting.append(
                each if isinstance(each, kind) else msgspec.convert(each, kind, strict=False)
            )
        except msgspec.ValidationError:
            continue
    return fitting


class ErrorObject(Struct, frozen=True):
    """One error of a refusal; ``code`` is a number or text, ``detail`` says what is meant."""

    title: Any = None
    detail: Any = None
    code: Any = None


class _Errors(Struct, frozen=True):
    errors: Any = None


def errors_of(body: bytes) -> list[ErrorObject]:
    """The errors in a body. Never raises: error bodies come in many shapes, and many hold none."""
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors
        listed = errors if isinstance(errors, list) else [errors]
        return [msgspec.convert(error, ErrorObject) for error in listed[:MOST_ERRORS]]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
