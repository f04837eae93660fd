"""JSON:API documents. A vendor declares its resources; these are the envelopes around them.

A page is decoded at once into a vendor's types. If a record differs from its documentation, the page is decoded again
leniently, record by record, so that one odd value doesn't affect the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from jemmo.connectors.lenient import convert
from jemmo.connectors.loose import count_of, row_id
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes

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
        """Return all linked ids, also if a single one was sent without a list."""
        listed = [self.data] if isinstance(self.data, Linkage) else self.data
        keys = map(_key, listed) if isinstance(listed, list) else ()
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

    rows: list[Any]
    included: list[Any] = []


AnyDocument = Document[Any, Any] | LooseDocument


class SingleDocument(Struct, frozen=True):
    data: Any
    included: list[Any] = []

    @property
    def attributes(self) -> dict[str, Any]:
        return attributes_of(self.data)


class _AnyPage(Struct, frozen=True):
    """A page in which only the records must have the documented shape."""

    data: list[Any]
    meta: Any = None
    links: Any = None
    included: Any = None


class _AnySingle(Struct, frozen=True):
    data: Any
    included: Any = None


_page = msgspec.json.Decoder(_AnyPage).decode
_single = msgspec.json.Decoder(_AnySingle).decode


def loosely(body: bytes) -> LooseDocument:
    """Decode a page; parts that the ATS sends in another shape, or as null, count as missing."""
    page = _page(body)
    return LooseDocument(
        rows=page.data,
        meta=_fitting(page.meta, Meta),
        links=_fitting(page.links, PageLinks),
        included=_objects(page.included),
    )


def single(body: bytes) -> SingleDocument:
    """Decode a single record's response, as ``loosely`` does."""
    answer = _single(body)
    return SingleDocument(answer.data, _objects(answer.included))


def _fitting(value: Any, kind: type[I], *, strict: bool = True) -> I | None:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        return None


def _objects(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


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


def usable(objects: Iterable[Any], kind: type[I], notes: Notes) -> list[I]:
    """Return included objects, without values of an unexpected type, which are noted."""
    fitting = []
    for each in objects:
        if isinstance(each, kind):
            fitting.append(each)
        elif (whole := _fitting(each, kind, strict=False)) is not None:
            fitting.append(whole)
        else:
            try:
                # A copy: the object may also be a record of its own stream, with other types.
                fitting.append(convert(deepcopy(each), kind, row_id(each) or "", notes))
            except RecordRejected:
                notes.add("dropped_value:included", row_id(each) or "")
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
