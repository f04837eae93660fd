"""Properties of Teamtailor's signatures and bodies, tested with the sandbox's signing."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.teamtailor.connector import TEAMTAILOR
from jemmo.connectors.teamtailor.webhooks import read, verify
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import Proof
from jemmo.sandbox.teamtailor.webhooks import sign_v1, sign_v2

V2 = TEAMTAILOR.with_defaults({})
V1 = TEAMTAILOR.with_defaults({"webhook_signature": "v1"})
SECONDS = st.integers(1_000_000_000, 4_000_000_000)
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


def proof(key: str, header: str, body: bytes, second: int, options: dict[str, str] = V2) -> Proof:
    now = datetime.fromtimestamp(second, UTC)
    return verify(key, {"tt-signature": header}, body, now, options)


@given(KEYS, st.binary(max_size=200), SECONDS, st.integers(-300, 300))
def test_a_signature_is_valid_for_five_minutes(
    key: str, body: bytes, second: int, apart: int
) -> None:
    assert proof(key, sign_v2(key, body, second), body, second + apart) is Proof.GOOD


@given(KEYS, st.binary(max_size=200), SECONDS, st.integers(301, 10**8), st.sampled_from([1, -1]))
def test_a_signature_from_another_time_is_stale(
    key: str, body: bytes, second: int, apart: int, side: int
) -> None:
    now = max(0, second + side * apart)
    assert proof(key, sign_v2(key, body, second), body, now) is Proof.STALE


@given(KEYS, KEYS, st.binary(max_size=200), st.binary(max_size=200), SECONDS, SECONDS)
def test_a_signature_with_another_key_body_or_time_is_wrong(
    key: str, other: str, body: bytes, changed: bytes, second: int, later: int
) -> None:
    header = sign_v2(key, body, second)
    if other != key:
        assert proof(other, header, body, second) is Proof.WRONG
    if changed != body:
        assert proof(key, header, changed, second) is Proof.WRONG
    if later != second:
        digits = base64.b64decode(header).partition(b",")[2]
        moved = base64.b64encode(f"t={later},".encode() + digits).decode()
        assert proof(key, moved, body, later) is Proof.WRONG


@given(st.text(), st.binary(max_size=50))
def test_any_header_is_handled(header: str, body: bytes) -> None:
    for options in (V1, V2):
        found = proof("key", header, body, 1_700_000_000, options)
        assert found is (Proof.WRONG if header.strip() else Proof.MISSING)


def test_v1_covers_the_id_and_is_not_mistaken_for_v2() -> None:
    body = b'{"event_name": "job.update", "id": 7}'
    header = sign_v1("key", "7")
    assert proof("key", header, body, 1_700_000_000, V1) is Proof.GOOD
    assert proof("key", header, body.replace(b"7", b"8"), 1_700_000_000, V1) is Proof.WRONG
    assert proof("key", header, body, 1_700_000_000, V2) is Proof.WRONG


def test_v2_is_refused_if_v1_was_chosen() -> None:
    body = b'{"event_name": "job.update", "id": 7}'
    assert proof("key", sign_v2("key", body, 1_700_000_000), body, 1_700_000_000, V1) is Proof.WRONG


def test_both_forms_of_a_body_are_equivalent() -> None:
    nested = {"payload": {"event_name": "candidate.destroy", "data": {"id": "5", "type": "x"}}}
    flat = {"event_name": "candidate.destroy", "id": 5, "title": "believed by nobody"}
    old = {"event_name": "candidate.destroy", "resource_id": 5}
    found = [read(json.dumps(one).encode(), {}) for one in (nested, flat, old)]
    assert found[0] == found[1] == found[2]
    (request,) = found[0].requests
    assert (request.stream, request.remote_id, request.destroyed) == (Stream.TALENTS, "5", True)


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(st.sampled_from(["payload", "data", "id", "event_name", "x"]), part)
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_body_is_handled(body: bytes) -> None:
    try:
        found = read(body, {})
    except RecordRejected:
        return
    assert found.event


@pytest.mark.parametrize("remote_id", ["../1", "1/2", "", "1?x", None, True, {"a": 1}, "é"])
def test_an_id_that_could_change_the_path_is_refused(remote_id: object) -> None:
    body = json.dumps({"event_name": "job.update", "id": remote_id}).encode()
    with pytest.raises(RecordRejected):
        read(body, {})
