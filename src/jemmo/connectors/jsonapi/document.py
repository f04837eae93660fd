"""JSON:API documents. A vendor declares its resources; these are the envelopes around them.

A page is decoded at once into a vendor's types. If a record differs from its documentation, the page is decoded again
leniently, record by record, so that one odd value doesn't affect the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from jemmo.connectors.loose import count_of

Id = str | int
MAX_ID = 200  # characters; longer ids are invalid
MOST_ERRORS = 20  # read from one body

R = TypeVar("R")
I = TypeVar("I")  # noqa: E741 - an included resource, as R is a record's


class Linkage(Struct, frozen=True, gc=False):
    id: Id


class Relationship(Struct, frozen=True, gc=False):
    """``data`` is present only if the relationship was included."""

    data: Linkage | list[Linkage] | UnsetType | None = UNSET

    @property
    def is_sent(self) -> bool:
        return self.data is not UNSET

    def one(self) -> str | None:
        return _key(self.data) if isinstance(self.data, Linkage) else None

    def many(self) -> list[str]:
        keys = map(_key, self.data) if isinstance(self.data, list) else ()
        return [key for key in keys if key is not None]


NO_RELATIONSHIP = Relationship()


def _address(link: Link) -> str | None:
    return link.href if isinstance(link, LinkObject) else link


def _key(linkage: Linkage) -> str | None:
    """Return the linked id, if it is a possible id."""
    key = linkage.id if isinstance(linkage.id, str) else str(linkage.id)
    return key if 0 < len(key) <= MAX_ID and "\x00" not in key else None


class Meta(Struct, frozen=True, gc=False, rename="kebab"):
    record_count: int | str | None = None


class LinkObject(Struct, frozen=True):
    """The longer form of a link."""

    href: str | None = None


Link = str | LinkObject | None


class PageLinks(Struct, frozen=True):
    next: Link = None
    prev: Link = None


class Envelope(Struct, frozen=True, kw_only=True):
    """A page of a list without its records; see ``numbered.NumberedPage``."""

    meta: Meta | None = None
    links: PageLinks | None = None

    @property
    def count(self) -> int | None:
        return count_of(self.meta.record_count) if self.meta else None

    @property
    def next(self) -> str | None:
        return _address(self.links.next) if self.links else None

    @property
    def previous(self) -> str | None:
        return _address(self.links.prev) if self.links else None


class Document(Envelope, Generic[R, I], frozen=True, kw_only=True):
    """A page of a list."""

    rows: list[R] = msgspec.field(name="data")
    included: list[I] = []


class LooseDocument(Envelope, frozen=True, kw_only=True):
    """A page of a list with undecoded records."""

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
    """Return a page decoder: strict if the page is valid, otherwise leaving the records undecoded."""
    strict = msgspec.json.Decoder(Document[resource, included])

    def decode(body: bytes) -> AnyDocument:
        try:
            return strict.decode(body)
        except msgspec.ValidationError:
            return loosely(body)

    return decode


def attributes_of(resource: Any) -> dict[str, Any]:
    """Return a resource's attributes, decoded or not, by their names in the API."""
    attributes = (
        resource.get("attributes")
        if isinstance(resource, dict)
        else msgspec.to_builtins(getattr(resource, "attributes", None))
    )
    return attributes if isinstance(attributes, dict) else {}


def usable(objects: Iterable[Any], kind: type[I]) -> list[I]:
    """Return included objects, without those of an unexpected shape."""
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
    """One error of a refusal; ``code`` is a number or text, ``detail`` explains it."""

    title: Any = None
    detail: Any = None
    code: Any = None


class _Errors(Struct, frozen=True):
    errors: Any = None


def errors_of(body: bytes) -> list[ErrorObject]:
    """Return the errors in a body. Never raises, since error bodies have many shapes and often no errors."""
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors
        listed = errors if isinstance(errors, list) else [errors]
        return [msgspec.convert(error, ErrorObject) for error in listed[:MOST_ERRORS]]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
