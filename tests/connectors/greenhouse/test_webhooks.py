"""Greenhouse's webhooks: the requested refetches, the signature, and the effect of a change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.company import in_thread
from fakes.hooks import Hooked, hooked
from hypothesis import given
from hypothesis import strategies as some

from jemmo.connectors.greenhouse.hooks import CHANGED, GONE, MOST_REQUESTS, read, verify
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Mode, Stream
from jemmo.domain.webhooks import Proof, RefetchRequest
from jemmo.sandbox.greenhouse.app import CLIENT_ID
from jemmo.sandbox.greenhouse.webhooks import sign
from jemmo.services.webhooks import endpoints
from jemmo.store.models import Connection
from jemmo.vault import default_vault

KEY = "webhook-key"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
OPTIONS = {"client_id": CLIENT_ID}


def named(action: str, payload: Any) -> list[tuple[str, str, bool]]:
    heard = read(json.dumps({"action": action, "payload": payload}).encode(), {})
    assert (heard.event, heard.known) == (action, True)
    return [(one.stream, one.remote_id, one.destroyed) for one in heard.requests]


def test_a_moved_application_names_itself_and_its_talent() -> None:
    payload = {"application": {"id": 265277, "candidate": {"id": 265772}, "jobs": [{"id": 3485}]}}
    expected = [("applications", "265277", False), ("talents", "265772", False)]
    assert named("candidate_stage_change", payload) == expected


def test_a_deleted_candidate_takes_the_applications_along() -> None:
    payload = {"person": {"id": 37031511, "deleted_application_ids": [46196263, "46196258", None]}}
    assert named("delete_candidate", payload) == [
        ("talents", "37031511", True),
        ("applications", "46196263", True),
        ("applications", "46196258", True),
    ]


def test_a_merge_deletes_one_talent_and_changes_the_other() -> None:
    payload = {"person": {"id": 37031511, "new_candidate_id": 457456}}
    expected = [("talents", "457456", False), ("talents", "37031511", True)]
    assert named("merge_candidate", payload) == expected


def test_a_post_names_its_job_and_a_prospects_post_none() -> None:
    assert named("job_post_updated", {"id": 1, "job_id": 1842002}) == [("jobs", "1842002", False)]
    assert named("job_post_updated", {"id": 1}) == []
    assert named("job_post_deleted", {"job_post": {"id": 1, "job_id": 2}}) == [("jobs", "2", False)]


def test_a_ping_is_known_and_names_nothing() -> None:
    assert named("ping", {"web_hook": {"id": 1}}) == []


def test_an_unknown_action_is_stored_for_later() -> None:
    heard = read(b'{"action": "interview_deleted", "payload": {"interview": {"id": 1}}}', {})
    assert (heard.known, heard.requests) == (False, ())


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{}", b'{"action": 1}', b"<html>"])
def test_anything_but_a_webhook_is_refused(body: bytes) -> None:
    with pytest.raises(RecordRejected):
        read(body, {})


nested = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(max_size=12), inner),
    max_leaves=20,
)


@given(some.sampled_from(sorted({*CHANGED, *GONE})), nested)
def test_only_ids_are_read_from_any_payload(action: str, payload: Any) -> None:
    heard = read(json.dumps({"action": action, "payload": payload}).encode(), {})
    assert len(heard.requests) <= MOST_REQUESTS
    assert all(one.remote_id.lstrip("-").isdecimal() for one in heard.requests)


def proof(signature: str | None, body: bytes = b'{"action": "ping"}') -> Proof:
    headers = {} if signature is None else {"signature": signature}
    return verify(KEY, headers, body, NOW, {})


def test_a_signature_covers_the_body_as_it_was_sent() -> None:
    body = b'{"action": "ping", "payload": {"x": "\\u003cp\\u003e"}}'
    assert proof(sign(KEY, body), body) is Proof.GOOD
    assert proof(sign(KEY, body).upper().replace("SHA256", "sha256"), body) is Proof.GOOD
    assert proof(sign(KEY, json.dumps(json.loads(body)).encode()), body) is Proof.WRONG
    assert proof(sign("another", body), body) is Proof.WRONG


@pytest.mark.parametrize("sent", ["sha256", "sha256 ", "sha1 abc", "x", "sha256 é", "=" * 5000])
def test_an_invalid_signature_proves_nothing(sent: str) -> None:
    assert proof(sent) is Proof.WRONG


def test_a_missing_signature_is_recognized() -> None:
    assert proof(None) is Proof.MISSING


async def with_key(found: Hooked) -> None:
    def tell() -> None:
        one = Connection.objects.get(id=found.company.id)
        endpoints.set_signing_key(one, KEY, default_vault())

    await in_thread(tell)


@pytest.mark.parametrize("ids", ["numbers", "texts"])
async def test_a_change_in_greenhouse_reaches_the_tables(database_url: str, ids: str) -> None:
    async with hooked(
        database_url, "greenhouse", options=OPTIONS, switches={"webhook_ids": ids}
    ) as found:
        ats, company = found.sandbox, found.company
        talent, gone = sorted(await company.ids(Stream.TALENTS))[:2]
        job = sorted(await company.ids(Stream.JOBS))[0]
        await ats.change("edit", "candidates", talent, attributes={"first_name": "Odile"})
        await ats.change("edit", "jobs", job, attributes={"name": "Fée"})
        new = await ats.change("create", "candidates", attributes={"first_name": "Zoé"})
        links = {"candidate_id": int(new), "job_id": int(job)}
        made = await ats.change("create", "applications", relationships=links)
        await ats.change("edit", "applications", made, attributes={"status": "rejected"})
        apart = "SELECT a.remote_id FROM application a JOIN talent t ON t.id = a.talent_id "
        apart += "WHERE a.connection_id = {me} AND t.remote_id = %s"
        their = {row[0] for row in await company.rows(apart, gone)}
        await ats.change("delete", "candidates", gone)
        ats.site.log.reset()

        await found.drain()

        assert (await company.record(Stream.TALENTS, talent))["first_name"] == "Odile"
        assert (await company.record(Stream.JOBS, job))["title"] == "Fée"
        assert (await company.record(Stream.TALENTS, new))["first_name"] == "Zoé"
        assert (await company.record(Stream.APPLICATIONS, made))["status"] == "REJECTED"
        assert gone not in await company.ids(Stream.TALENTS)
        assert their
        assert not their & await company.ids(Stream.APPLICATIONS)
        assert ats.site.log.counts["/v3/candidates"] == 1
        assert (await company.verify()).equal
        status = await found.status()
        assert (
            status.counts["accepted"] == 5
        )  # creating a candidate announces the application created with it
        assert (status.health, status.waiting) == ("healthy", 0)


async def test_what_a_refetched_record_newly_refers_to_arrives_with_the_next_sync(
    database_url: str,
) -> None:
    async with hooked(database_url, "greenhouse", options=OPTIONS) as found:
        ats, company = found.sandbox, found.company
        job = sorted(await company.ids(Stream.JOBS))[0]
        department = await ats.change("create", "departments", attributes={"name": "Alchemy"})
        await ats.change("edit", "jobs", job, attributes={"department_id": int(department)})
        await found.drain()
        assert department not in await company.ids(Stream.DEPARTMENTS)

        assert (await company.sync()).mode is Mode.INCREMENTAL

        assert (await company.record(Stream.DEPARTMENTS, department))["name"] == "Alchemy"
        ats.site.log.reset()
        await company.sync()
        assert "/v3/departments" not in ats.site.log.counts


async def test_without_the_right_key_nothing_is_accepted(database_url: str) -> None:
    async with hooked(
        database_url, "greenhouse", options=OPTIONS, synced=False, with_key=False
    ) as found:
        body = '{"action": "update_candidate", "payload": {"candidate": {"id": 1}}}'
        signed = {"Signature": sign(KEY, body.encode())}
        assert await found.post(body, signed) == 401
        await with_key(found)
        assert await found.post(body, signed) == 200
        assert await found.post(body) == 401
        assert await found.post(body, {"Signature": sign("another", body.encode())}) == 401
        ping = '{"action": "ping", "payload": {}}'
        assert await found.post(ping, {"Signature": sign(KEY, ping.encode())}) == 200


def test_an_impossible_id_costs_no_request() -> None:
    request = RefetchRequest(stream=Stream.TALENTS, remote_id="1")
    assert (
        request
        in read(b'{"action":"update_candidate","payload":{"candidate":{"id":1}}}', {}).requests
    )
    assert named("update_candidate", {"candidate": {"id": "x-1"}}) == []
