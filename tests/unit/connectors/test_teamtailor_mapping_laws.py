"""Properties of Teamtailor's mapping: any input is either accepted or rejected."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.jsonapi.document import errors_of, usable
from jemmo.connectors.lenient import convert
from jemmo.connectors.teamtailor.lookups import Inclusions, Lookups
from jemmo.connectors.teamtailor.resources import RESOURCES
from jemmo.connectors.teamtailor.stages import stage_category
from jemmo.connectors.teamtailor.wire import Included
from jemmo.domain.enums import StageCategory
from jemmo.domain.records import Record
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Notes, Page, RawRecord, Stream
from jemmo.pipeline.process import process
from jemmo.store.sync.tables import TABLES

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["http://[", "https://x/y.pdf", "2024-01-01T00:00:00Z", "0000-00-00", "1e9"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
linkage = st.fixed_dictionaries({}, optional={"id": json_values, "type": json_values})
relationship = json_values | st.fixed_dictionaries({"data": linkage | st.lists(linkage)})
included = st.lists(
    json_values
    | st.fixed_dictionaries(
        {"id": json_values, "type": st.sampled_from(["uploads", "locations", "stages"])},
        optional={"attributes": st.dictionaries(st.text(), json_values)},
    ),
    max_size=3,
)


KINDS = {own.spec.name: own for own in RESOURCES}


def names_of(stream: Stream) -> list[str]:
    (attributes,) = get_args(KINDS[stream].resource)
    return [one.encode_name for one in msgspec.structs.fields(attributes)]


@cache  # hypothesis inspects a strategy before its first example
def resources(stream: Stream) -> st.SearchStrategy[Any]:
    attributes = st.fixed_dictionaries({}, optional=dict.fromkeys(names_of(stream), json_values))
    links = st.dictionaries(
        st.sampled_from(["job", "stage", "candidate", "locations", "location", "uploads", "user"]),
        relationship,
        max_size=4,
    )
    return st.fixed_dictionaries(
        {"id": st.text(min_size=1) | st.integers()},
        optional={
            "attributes": attributes | json_values,
            "relationships": links | json_values,
            "links": json_values,
        },
    )


@pytest.mark.parametrize("stream", list(KINDS))
@given(data=st.data())
@pytest.mark.sample(2)
def test_any_record_is_accepted_or_rejected(stream: Stream, data: st.DataObject) -> None:
    resource = data.draw(resources(stream))
    around = Inclusions(usable(data.draw(included), Included, Notes()), Lookups())

    def to_record(raw: RawRecord, notes: Notes) -> Record:
        found = convert(raw.body, KINDS[stream].resource, raw.remote_id or "", notes)
        return KINDS[stream].map(found, around, notes)

    page = Page(stream=stream, raw=[RawRecord(str(resource["id"]), resource)], map=to_record)
    outcome = process(page, Rules())

    assert len(outcome.accepted) + len(outcome.rejected) == outcome.fetched == 1
    for one in outcome.accepted:
        fits(stream, TABLES[stream].row(UUID(int=0), one.content_hash, one.excluded, one.record))


def fits(stream: Stream, row: list[Any]) -> None:
    """Whether Postgres can store it: no NUL, no lone surrogates, 64-bit integers, short ids."""
    for column, value in zip(TABLES[stream].staged, row):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                assert "\x00" not in one, column.name
                one.encode()
        if column.type == "int8" and value is not None:
            assert -(2**63) <= value < 2**63
        if column.name.endswith("remote_id") and value is not None:
            assert 0 < len(value) <= 200, column.name


@given(st.binary() | json_values.map(msgspec.json.encode))
def test_any_error_body_is_handled(body: bytes) -> None:
    errors_of(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"errors":[{"code":"102"}]}', "102"),
        (b'{"errors":[{"code":102}]}', "102"),
        (b'{"errors":{"detail":"x"}}', None),
        (b'{"errors":{"code":"112"}}', "112"),
        (b'{"errors":[]}', None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_the_code_of_a_refusal_is_found_in_every_format(body: bytes, code: str | None) -> None:
    codes = [one.code for one in errors_of(body)]
    assert (str(codes[0]) if codes and codes[0] is not None else None) == code


@pytest.mark.parametrize(
    ("kind", "legacy", "name", "category"),
    [
        ("Inbox", None, "x", StageCategory.NEW),
        ("Hired", "In process", "x", StageCategory.HIRED),
        (None, "In process", "Entretien RH", StageCategory.INTERVIEW),
        (None, "In process", "Test technique", StageCategory.ASSESSMENT),
        (None, "In process", "Proposition", StageCategory.OFFER),
        (None, "In process", "Phone screen", StageCategory.SCREENING),
        (None, "In process", "Attente", StageCategory.OTHER),
        ("Something new", None, "Attente", StageCategory.OTHER),
    ],
)
def test_stages_have_categories(
    kind: str | None, legacy: str | None, name: str, category: StageCategory
) -> None:
    assert stage_category(kind, legacy, name) is category
