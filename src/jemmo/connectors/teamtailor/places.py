"""Where a job or a talent is, from Teamtailor's locations."""

from __future__ import annotations

from typing import Any

from jemmo.connectors.countries import country_code
from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.wire import Included, Resource
from jemmo.domain.records import Location
from jemmo.domain.streams import Notes
from jemmo.domain.validation import number, text


def locations(resource: Resource[Any], included: Inclusions, notes: Notes) -> tuple[Location, ...]:
    ids = resource.relationships.locations.many()
    single = resource.relationships.location.one()
    if not ids and single:
        ids = [single]
    places = included.linked(ids, "locations", str(resource.id), notes)
    return tuple(
        _location(place, position == 0, str(resource.id), notes)
        for position, place in enumerate(places)
    )


def _location(place: Included, is_primary: bool, remote_id: str, notes: Notes) -> Location:
    """Map a location. Its country is documented as a full name; an unknown one stays in ``raw``."""
    own = place.attributes
    country = text(own.country)
    code = country_code(country)
    raw = text(own.name) or text(own.city) or text(own.address)
    if country and code is None:
        notes.add(f"unknown_value:country {country[:40]}", remote_id)
    if raw is None or code is None:
        raw = ", ".join(part for part in (raw, country) if part) or None
    return Location(
        raw=raw,
        street=text(own.address),
        postal_code=text(own.zip),
        city=text(own.city),
        country_code=code,
        lat=number(own.lat),
        lon=number(own.long),
        is_primary=is_primary,
    )
