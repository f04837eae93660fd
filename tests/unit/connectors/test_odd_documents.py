"""JSON:API documents whose parts differ from the documentation."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jemmo.connectors.jsonapi.document import (
    AnyDocument,
    Linkage,
    Relationship,
    decoder,
    single,
    usable,
)
from jemmo.connectors.lenient import convert
from jemmo.connectors.teamtailor.lookups import Inclusions, Lookups
from jemmo.connectors.teamtailor.mapping import job, talent
from jemmo.connectors.teamtailor.wire import CandidateAttributes, Included, JobAttributes, Resource
from jemmo.domain.streams import Notes

CANDIDATES = Resource[CandidateAttributes]


def page(**parts: Any) -> AnyDocument:
    row = {"id": "1", "attributes": {"first-name": "Ada"}}
    return decoder(CANDIDATES, Included)(msgspec.json.encode({"data": [row], **parts}))


@pytest.mark.parametrize("parts", [{"included": None}, {"links": []}, {"meta": []}])
def test_a_part_of_another_shape_counts_as_missing(parts: dict[str, Any]) -> None:
    answer = page(**parts)
    assert len(answer.rows) == 1
    assert (answer.included, answer.next, answer.count) == ([], None, None)


def test_a_single_record_may_have_null_included() -> None:
    assert single(b'{"data": {"id": "1"}, "included": null}').included == []


def test_a_list_of_one_may_be_sent_as_an_object() -> None:
    assert Relationship(Linkage("7")).many() == ["7"]


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        ({"attributes": {"city": "Lyon", "zip": 69001}}, None),
        ({"attributes": {"city": "Lyon", "zip": "69001"}, "relationships": None}, None),
        ({"attributes": {"city": "Lyon", "zip": "69001"}, "links": None}, None),
        (
            {
                "attributes": {
                    "city": "Lyon",
                    "zip": "69001",
                    "created-at": "2026-01-02 10:00:00 UTC",
                }
            },
            None,
        ),
        ({"attributes": {"city": ["Lyon"], "name": "Lyon", "zip": "69001"}}, "dropped_value:city"),
    ],
)
def test_an_included_object_with_an_odd_value_is_used(odd: Any, note: str | None) -> None:
    notes = Notes()
    [place] = usable([{"type": "locations", "id": "7", **odd}], Included, notes)
    assert place.attributes.zip == "69001"
    assert "Lyon" in (place.attributes.city, place.attributes.name)
    codes = {code for code in notes.counts if "relationships" not in code and "links" not in code}
    assert codes <= {note, "dropped_value:created-at"}
    assert note is None or note in codes


def test_a_linked_object_that_was_not_sent_is_noted() -> None:
    body = {
        "id": "1",
        "attributes": {"title": "Baker"},
        "relationships": {
            "locations": {"data": [{"id": "7"}]},
            "role": {"data": {"id": "8"}},
        },
    }
    notes = Notes()
    resource = convert(body, Resource[JobAttributes], "1", notes)
    job(resource, Inclusions([], Lookups()), notes)
    assert notes.counts == {"relation_not_sent:locations": 1, "relation_not_sent:roles": 1}


@pytest.mark.parametrize(
    ("value", "stored", "noted"),
    [
        (True, True, False),
        ("on", True, False),
        ("t", True, False),
        ("false", False, False),
        (None, None, False),
        ("", None, False),
        ("perhaps", None, True),
    ],
)
def test_a_checkbox_is_ticked_cleared_or_neither(
    value: Any, stored: bool | None, noted: bool
) -> None:
    linked = {"relationships": {"custom-field": {"data": {"id": "3"}}}}
    included = [
        {"type": "custom-fields", "id": "3", "attributes": {"api-name": "driver"}},
        {
            "type": "custom-field-values",
            "id": "2",
            **linked,
            "attributes": {"field-type": "CustomField::Checkbox", "value": value},
        },
    ]
    notes = Notes()
    around = Inclusions(usable(included, Included, notes), Lookups())
    person = {
        "id": "1",
        "attributes": {},
        "relationships": {"custom-field-values": {"data": [{"id": "2"}]}},
    }
    mapped = talent(convert(person, CANDIDATES, "1", notes), around, notes)
    assert mapped.custom_fields.get("driver", {}).get("value") is stored
    assert ("dropped_value:driver" in notes.counts) is noted


def test_custom_fields_stay_if_the_response_does_not_name_them() -> None:
    notes = Notes()
    included = [{"type": "custom-field-values", "id": "2", "attributes": {"value": "B"}}]
    around = Inclusions(usable(included, Included, notes), Lookups())
    person = {
        "id": "1",
        "attributes": {},
        "relationships": {"custom-field-values": {"data": [{"id": "2"}]}},
    }
    mapped = talent(convert(person, CANDIDATES, "1", notes), around, notes)
    assert mapped.custom_fields == {}
    assert notes.counts == {"relation_not_sent:custom-field-values.custom-field": 1}
    assert notes.kept == {"1": {"custom_fields"}}
