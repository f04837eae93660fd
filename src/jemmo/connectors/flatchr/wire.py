"""The parts of Flatchr's responses that we read. Other attributes are skipped.

Types are loose where the vendor's are: a salary is text or a number, ``remote`` a word or a boolean, and a time has one
of three formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from jemmo.connectors.loose import row_id

Text = str | None
Moment = str | int | float | None
Number = str | int | float | None


class Address(Struct, frozen=True):
    locality: Text = None
    location_lat: Number = None
    location_lng: Number = None
    postal_code: str | int | None = None
    route: Text = None
    street_number: Text = None
    region: Text = msgspec.field(default=None, name="administrative_area_level_1")
    formatted_address: Text = None
    formated_address: Text = None  # spelled as in the documentation of 2019 and 2022
    country: Text = None


class Tag(Struct, frozen=True):
    title: Text = None


class Company(Struct, frozen=True):
    name: Text = None
    slug: Text = None


class Vacancy(Struct, frozen=True):
    vacancy_id: int
    id: Text = None
    slug: Text = None
    reference: Text = None
    title: Text = None
    description: Text = None
    mission: Text = None
    profile: Text = None
    status: Number = None
    published: bool | None = None
    contract_type_id: int | None = None
    contract_type: Text = None
    education_level_id: int | None = None
    education_level: Text = None
    activity_id: int | None = None
    activity: Text = None
    channel_id: int | None = None
    channel: Text = None
    metier_id: int | None = None
    metier: Text = None
    experience: int | None = None
    salary: Number = None
    salary_max: Number = None
    show_salary: bool | None = None
    mensuality: Text = None
    currency: Text = None
    remote: bool | str | None = None
    partial: bool | None = None
    language: Text = None
    skills: Text = None  # separated by semicolons
    start_date: Moment = None
    end_date: Moment = None
    created_at: Moment = None
    updated_at: Moment = None
    apply_url: Text = None
    address: Address | None = None
    tags: list[Tag] | None = None
    company: Company | None = None


class Column(Struct, frozen=True):
    id: int
    title: Text = None
    position: int | None = None
    hired: bool | None = None
    created_at: Moment = None
    updated_at: Moment = None


class File(Struct, frozen=True):
    key: Text = None
    extension: Text = None


Place = File | str | UnsetType | None
"""A resume's storage key, or only the file's address."""


class Candidate(Struct, frozen=True):
    """The person, as in the response for a single applicant and in webhooks."""

    id: Text = None
    firstname: Text = None
    lastname: Text = None
    email: Text = None
    phone: Text = None
    aws: Place = UNSET
    cv: Place = UNSET


class Resume(Struct, frozen=True):
    """The places where a response may name an applicant's resume."""

    aws: Place = UNSET
    cv: Place = UNSET
    candidate: Candidate | UnsetType | None = UNSET


class Applicant(Resume, frozen=True, kw_only=True):
    """A search row: one person's application for one vacancy."""

    applicant: str
    vacancy: Text = None
    vacancy_id: int | None = None
    column: Text = None
    status: int | None = None
    hired: bool | None = None
    score: float | None = None
    firstname: Text = None
    lastname: Text = None
    email: Text = None
    phone: Text = None
    external_id: Text = None
    created_at: Moment = None
    updated_at: Moment = None
    source: Text = None
    anonym: bool | None = None
    comment: Text = None

    def person(self, name: str) -> Text:
        """Return a property of the person, which some responses have only under ``candidate``."""
        own: Text = getattr(self, name)
        if own or self.anonym or not self.candidate:
            return own
        theirs: Text = getattr(self.candidate, name)
        return theirs


Labels = Mapping[str, Mapping[int, str]]
"""Texts for a vacancy's numbered attributes, by attribute and number."""
Row = dict[str, Any]
_list = msgspec.json.Decoder(list[Any]).decode


def rows_in(body: bytes) -> list[Row]:
    """Decode a list. An entry that is no object becomes a row without an id, which is rejected."""
    return [row if isinstance(row, dict) else {} for row in _list(body)]


def whole_id(value: Any) -> int | None:
    """Return an integer id, also if it was sent as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return None


def number_in(row: Row, name: str) -> str | None:
    """Return a number as an id; ``None`` if it is missing or not a number."""
    number = whole_id(row.get(name))
    return None if number is None else str(number)


COLUMN_KEY = partial(number_in, name="id")
VACANCY_KEY = partial(number_in, name="vacancy_id")


def applicant_key(row: Row) -> str | None:
    """Return the encoded id."""
    return row_id(row, "applicant")
