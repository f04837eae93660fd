"""Template's mappings, tested with recordings of invented people and with arbitrary input."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.lenient import convert
from jemmo.connectors.template import mapping
from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes

RECORDINGS = Path(__file__).parent / "recordings"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def read(kind: Any, to_record: Any, row: dict[str, Any]) -> tuple[Any, Notes]:
    notes = Notes()
    return to_record(convert(row, kind, str(row.get("id")), notes), None, notes), notes


def test_a_person_becomes_this_talent() -> None:
    found, notes = read(mapping.PersonRow, mapping.talent, recorded("person"))
    assert json.loads(msgspec.json.encode(found)) == recorded("talent")
    assert not notes.counts


@pytest.mark.parametrize(
    ("state", "status"), [("open", JobStatus.OPEN), ("sleeping", JobStatus.PENDING)]
)
def test_the_original_state_is_stored_too(state: str, status: JobStatus) -> None:
    found, notes = read(mapping.JobRow, mapping.job, {"id": 1, "title": "Nurse", "state": state})
    assert (found.status, found.status_original) == (status, state)
    assert bool(notes.counts) is (state == "sleeping")


def test_an_application_links_its_talent_and_job() -> None:
    row = {"id": 5, "person_id": 17, "job_id": "3", "state": "hired"}
    found, _ = read(mapping.ApplicationRow, mapping.application, row)
    assert (found.talent_remote_id, found.job_remote_id) == ("17", "3")
    assert found.status is ApplicationStatus.HIRED


@pytest.mark.parametrize(
    ("kind", "to_record"),
    [
        (mapping.JobRow, mapping.job),
        (mapping.PersonRow, mapping.talent),
        (mapping.ApplicationRow, mapping.application),
    ],
)
@given(data=st.data())
def test_any_input_becomes_a_record_or_is_rejected(kind: Any, to_record: Any, data: Any) -> None:
    names = msgspec.structs.fields(kind)
    row = {one.encode_name: data.draw(ANYTHING) for one in names} | {"id": 1}
    with suppress(RecordRejected):
        read(kind, to_record, row)
