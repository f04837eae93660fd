"""Webhooks, nested or flat, with ids recognized by shape."""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.flatchr.hooks import Event, Ids, read_event
from jemmo.domain.errors import RecordRejected

RECORDINGS = File(__file__).parent / "recordings"
VACANCY = Ids(70123, "Zx1cVb4nMq7wEr0t")
COMPANY = Ids(4242, "Ab3dEf6hIj9kLm2n")


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def read(body: Any) -> Event:
    found = read_event(json.dumps(body).encode())
    assert found is not None
    return found


@pytest.mark.parametrize("flat", [False, True])
def test_a_new_applicant_gives_both_ids_of_everything(flat: bool) -> None:
    body = recorded("new_applicant")
    found = read({"event": body["event"], "company_id": 4242, **body["data"]} if flat else body)
    assert (found.event, found.company, found.vacancy) == ("new_applicant", COMPANY, VACANCY)
    assert found.applicant == Ids(9001, "Qw8eRt5yUi2oPa7s")
    assert found.column == Ids(643, "Mn5bVc2xZa9sDf3g")
    assert found.candidate == Ids(8001)
    assert found.resume == "candidates/2025/03/x/ada-exemple.pdf"


def test_a_moved_applicant_is_known_by_its_number_and_address() -> None:
    found = read(recorded("drag_applicant"))
    assert (found.applicant, found.vacancy) == (Ids(9001), VACANCY)
    assert (found.column, found.email) == (Ids(643, "Mn5bVc2xZa9sDf3g"), "ada@example.com")


def test_messages_and_vacancies_are_understood() -> None:
    assert read(recorded("new_message")).applicant == Ids(9001)
    found = read(recorded("new_vacancy"))
    assert (found.vacancy, found.company, bool(found.applicant)) == (VACANCY, COMPANY, False)


def test_the_same_event_has_the_same_fingerprint_and_another_one_not() -> None:
    body = recorded("drag_applicant")
    first = read(body).fingerprint
    assert read(body).fingerprint == first
    body["data"]["column_id"] = "Other0Column0000"
    assert read(body).fingerprint != first


def test_unrequested_events_are_ignored() -> None:
    assert read_event(b'{"event":"member_left","company_id":1}') is None
    assert read_event(json.dumps(recorded("new_message")).encode(), ("new_vacancy",)) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"{}", b'{"event":null}', b"\xff"])
def test_anything_but_a_webhook_is_rejected(body: bytes) -> None:
    with pytest.raises(RecordRejected):
        read_event(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["data", "applicant", "candidate", "vacancy", "column", "cv",
                                        "company_id", "applicant_id"]), VALUES))  # fmt: skip
def test_any_body_is_a_refetch_request_or_rejected(body: dict[str, Any]) -> None:
    assert read({**body, "event": "drag_applicant"}).event == "drag_applicant"
