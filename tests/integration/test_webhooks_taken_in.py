"""Receiving webhooks over HTTP: each invalid kind has its own status and count, and isn't stored."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import aiohttp
import psycopg
import pytest
from fakes.company import company, in_thread
from fakes.hooks import KEY, Hooked, hooked
from fakes.processes import begin, jemmo
from hypothesis import given, settings
from hypothesis import strategies as st

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import MAX_BODY, MAX_KEPT, ROW, RefetchRequest
from jemmo.sandbox.flatchr.vacancies import COMPANY
from jemmo.sandbox.teamtailor.webhooks import sign_v1, sign_v2
from jemmo.services.connections.connections import disconnect
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks import ingest as services
from jemmo.store.models import Connection
from jemmo.store.webhooks import ingest as stored
from jemmo.store.webhooks.ingest import KEPT_BYTES as BYTES
from jemmo.store.webhooks.ingest import Addressee, Arrival, addressees
from jemmo.vault import default_vault


def told(event: str = "candidate.update", remote_id: str = "1", **more: object) -> str:
    return json.dumps(
        {"payload": {"event_name": event, "data": {"id": remote_id, **more}, "type": "x"}}
    )


async def deliveries(found: Hooked) -> int:
    return int(await found.company.value("SELECT count(*) FROM webhook_delivery"))


async def waiting(found: Hooked) -> list[tuple[str, str]]:
    return await found.company.rows(
        "SELECT stream, remote_id FROM webhook_hint WHERE due_at IS NOT NULL ORDER BY 1, 2"
    )


async def test_a_signed_webhook_is_stored_encrypted_and_waits_for_its_refetch(
    database_url: str,
) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told(attributes={"email": "odile@example.com"})) == 200

        assert await waiting(found) == [("talents", "1")]
        (sealed, event) = (
            await found.company.rows("SELECT sealed_body, event FROM webhook_delivery")
        )[0]
        assert event == "candidate.update"
        assert b"odile" not in bytes(sealed)
        assert (await found.status()).counts == {"accepted": 1}
        dump = str(await found.company.rows("SELECT w::text FROM webhook_address w"))
        assert found.url.rstrip("/").rpartition("/")[2] not in dump
        assert KEY not in dump


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("unsigned", 401),
        ("wrongly_signed", 401),
        ("stale", 401),
        ("not_json", 400),
        ("unreadable", 422),
        ("too_large", 413),
        ("unknown_address", 404),
        ("disconnected", 404),
        ("key_missing", 401),
    ],
)
async def test_what_cannot_be_used_is_refused_and_counted(
    database_url: str, what: str, status: int
) -> None:
    async with hooked(database_url, synced=False, with_key=what != "key_missing") as found:
        old = int((datetime.now(UTC) - timedelta(minutes=6)).timestamp())
        if what == "disconnected":
            assert await found.connection(lambda one: disconnect(one, delete=False))
        answers = {
            "unsigned": lambda: found.post(told()),
            "wrongly_signed": lambda: found.signed(told(), key="another"),
            "stale": lambda: found.signed(told(), second=old),
            "not_json": lambda: found.signed("{nothing"),
            "unreadable": lambda: found.signed('{"payload": {"event_name": "job.update"}}'),
            "too_large": lambda: found.post(b"x" * (MAX_BODY + 1)),
            "unknown_address": lambda: found.post(told(), url=f"{found.base}/hooks/guess/"),
            "disconnected": lambda: found.signed(told()),
            "key_missing": lambda: found.signed(told()),
        }

        assert await answers[what]() == status

        await found.counted(what)
        assert await deliveries(found) == 0
        assert await waiting(found) == []
        status_now = await found.status()
        received = what not in {"unknown_address", "disconnected"}
        assert received <= (status_now.health == "refused")
        assert received <= (not status_now.words.startswith("No webhooks received"))


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("event", "remote_id"),
    [
        ("candidate\x00.update", "1"),
        ("candidate.update", "1\x00"),
        ("candidate.update", "\x00"),
        ("\x00" * 200, "1"),
    ],
)
async def test_text_that_postgres_refuses_is_not_a_failure(
    database_url: str, event: str, remote_id: str
) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told(event, remote_id)) < 500
        assert await waiting(found) == []


async def test_a_signature_of_arbitrary_bytes_is_only_wrong(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        for signature in (
            "é",
            b64encode("t=1,v2=é".encode()).decode(),
            b64encode(b"\xff").decode(),
        ):
            assert await found.post(told(), {"TT-Signature": signature}) == 401


async def test_a_delivery_looks_up_its_connection_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups = list[int]()

    async def counted(
        db: psycopg.AsyncConnection[Any], digests: list[bytes]
    ) -> list[Addressee | None]:
        lookups.append(len(digests))
        return await addressees(db, digests)

    monkeypatch.setattr(stored, "addressees", counted)
    monkeypatch.setattr(services, "KNOWN_SECONDS", 60.0)
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told()) == 200
    assert lookups == [1]


async def test_a_connection_that_ends_during_a_body_receives_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "KNOWN_SECONDS", 0.0)
    async with hooked(database_url, synced=False) as found, aiohttp.ClientSession() as session:
        body = told().encode()

        async def slowly() -> AsyncIterator[bytes]:
            yield body[:1]
            assert await found.connection(lambda one: disconnect(one, delete=False))
            yield body[1:]

        headers = {"TT-Signature": sign_v2(KEY, body, int(datetime.now(UTC).timestamp()))}
        async with session.post(found.url, data=slowly(), headers=headers) as answer:
            assert answer.status == 404
        assert await deliveries(found) == 0


async def test_connections_that_the_server_closed_are_replaced_unnoticed(
    database_url: str,
) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told()) == 200
        ended = await found.company.value(
            "SELECT bool_and(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
            "WHERE application_name = 'jemmo hooks' AND datname = current_database()"
        )
        assert ended
        assert await found.signed(told(remote_id="2")) == 200


async def test_responses_reveal_nothing_to_strangers(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found, aiohttp.ClientSession() as session:
        for url in (
            f"{found.base}/hooks/",
            f"{found.base}/hooks/guess/",
            f"{found.base}/hooks/%00/a",
        ):
            async with session.post(url, data=told()) as answer:
                assert (answer.status, await answer.read()) == (404, b"")
        for url in (found.url, f"{found.base}/hooks/guess/"):
            async with session.get(url) as answer:
                assert (answer.status, await answer.read()) == (405, b"")


async def test_a_body_without_a_length_is_limited(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found, aiohttp.ClientSession() as session:

        async def endless() -> object:
            for _ in range(MAX_BODY // 10_000 + 2):
                yield b"x" * 10_000

        async with session.post(found.url, data=endless()) as answer:
            assert answer.status == 413


async def test_an_id_that_no_record_can_have_is_refused(database_url: str) -> None:
    options = {"company_id": str(COMPANY["id"]), "backoff": "0-0"}
    async with hooked(database_url, "flatchr", options=options, synced=False) as found:
        for size, status in ((200, 200), (201, 422), (400_000, 422)):
            data = {"applicant": {"id": "x" * size}, "applicant_id": "x" * size}
            body = {"event": "new_applicant", "company_id": COMPANY["id"], "data": data}
            assert await found.post(json.dumps(body)) == status
        await found.counted("unreadable", 2)
        assert await found.company.value("SELECT max(length(remote_id)) FROM webhook_hint") == 200


async def test_beyond_the_daily_limit_webhooks_are_refetched_but_not_stored(
    database_url: str,
) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told(remote_id="1", note="x" * 10_000)) == 200
        size = await found.company.value("SELECT count FROM webhook_count WHERE what = %s", BYTES)
        assert 10_000 + ROW < int(size) < 11_000 + ROW
        await found.company.rows(
            "UPDATE webhook_count SET count = %s WHERE what = %s RETURNING 1",
            MAX_KEPT - 5_000,
            BYTES,
        )

        assert await found.signed(told(remote_id="2", note="x" * 10_000)) == 200
        assert await found.signed(told(remote_id="3")) == 200

        assert (await found.status()).counts == {"accepted": 2, "not_kept": 1}
        assert await deliveries(found) == 2
        assert await waiting(found) == [("talents", "1"), ("talents", "2"), ("talents", "3")]
        listed = await jemmo("hooks", "list", "--org", "acme")
        assert "1 not kept" in listed.out

        await found.company.rows("UPDATE webhook_count SET day = day - 1 RETURNING 1")
        assert await found.signed(told(remote_id="4", note="x" * 10_000)) == 200
        assert await deliveries(found) == 3


@pytest.mark.parametrize("known", [False, True])
async def test_the_body_is_not_awaited_if_the_address_refuses_it(
    database_url: str, *, known: bool
) -> None:
    """The body never ends, so the response must not wait for it."""
    async with hooked(database_url, synced=False, burst=0 if known else 600) as found:
        path = found.url.removeprefix(found.base) if known else "/hooks/guess/"
        host, port = found.base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n".encode()
            + b"x" * 100_000
        )

        status = await reader.readline()

        assert status.split()[1] == (b"429" if known else b"404")
        writer.close()


async def test_sent_again_within_its_time_a_webhook_counts_once(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        second = int(datetime.now(UTC).timestamp())
        for _ in range(3):
            assert await found.signed(told(), second=second) == 200

        assert await deliveries(found) == 1
        assert (await found.status()).counts == {"accepted": 1, "duplicate": 2}
        assert await found.company.value("SELECT version FROM webhook_hint") == 1


async def test_many_simultaneous_webhooks_are_each_stored_and_counted(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        second = int(datetime.now(UTC).timestamp())
        bodies = [told(remote_id=str(number)) for number in range(60)]
        answers = [found.signed(body, second=second) for body in (*bodies, *bodies[:10])]

        assert await asyncio.gather(*answers) == [200] * 70
        assert (await found.status()).counts == {"accepted": 60, "duplicate": 10}
        assert (await deliveries(found), len(await waiting(found))) == (60, 60)


EFFECTS = {
    "webhook_delivery": "SELECT outcome, event, sealed_body, once, named FROM webhook_delivery d "
    "WHERE connection_id = %s ORDER BY sealed_body",
    "webhook_hint": "SELECT stream, remote_id, destroyed, file, due_at IS NOT NULL FROM webhook_hint "
    "WHERE connection_id = %s ORDER BY stream, remote_id",
    "webhook_count": "SELECT what, count FROM webhook_count WHERE connection_id = %s ORDER BY what",
}
NOWHERE = "http://127.0.0.1:9"
arrivals = st.builds(
    Arrival,
    outcome=st.sampled_from(["accepted", "paused", "not_kept"]),
    event=st.sampled_from(["candidate.update", ""]),
    sealed_body=st.none() | st.binary(min_size=1, max_size=3),
    once=st.none() | st.sampled_from([b"first", b"second"]),
    named=st.none() | st.lists(st.integers(-(2**63), 2**63 - 1), max_size=2),
    requests=st.lists(
        st.builds(
            RefetchRequest,
            stream=st.sampled_from([Stream.JOBS, Stream.TALENTS]),
            remote_id=st.sampled_from(["1", "é", "{,}"]),
            destroyed=st.booleans(),
            file=st.none() | st.sampled_from(["a.pdf", "b.pdf"]),
        ),
        max_size=3,
        unique_by=lambda request: (request.stream, request.remote_id),
    ),
)


def test_a_batch_has_the_effects_of_its_deliveries_one_by_one(database_url: str) -> None:
    """Both ways of storing have the same result, whatever repeats in a batch."""

    async def check(batch: list[Arrival]) -> None:
        async with await psycopg.AsyncConnection.connect(database_url) as db:
            together = await stored.store(db, [(first, arrival) for arrival in batch], patience=1.0)
            alone = [await stored.store(db, [(second, arrival)], patience=1.0) for arrival in batch]
            assert together == [is_new for (is_new,) in alone]
            assert await effects(db, first) == await effects(db, second)
            await db.rollback()

    with asyncio.Runner() as runner:
        first, second = (
            runner.run(company(database_url, base_url=NOWHERE, org=org)).id
            for org in ("together", "alone")
        )

        @settings(max_examples=50, deadline=None)
        @given(st.lists(arrivals, min_size=1, max_size=6))
        def always(batch: list[Arrival]) -> None:
            runner.run(check(batch))

        always()


async def effects(
    db: psycopg.AsyncConnection[Any], connection_id: UUID
) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: await (await db.execute(query, [connection_id])).fetchall()
        for table, query in EFFECTS.items()
    }


async def test_a_locked_record_delays_only_webhooks_of_its_own_connection(
    database_url: str,
) -> None:
    async with hooked(database_url, synced=False) as found:
        other = await company(database_url, base_url=found.sandbox.base_url, org="other")
        path = await in_thread(partial(_address_of, other.id))
        assert await found.signed(told(remote_id="locked")) == 200
        async with await psycopg.AsyncConnection.connect(database_url) as holder:
            await holder.execute("SELECT FROM webhook_hint WHERE remote_id = 'locked' FOR UPDATE")
            bodies = [told(remote_id="locked", number=number) for number in range(8)]
            wait = [asyncio.create_task(found.signed(body)) for body in bodies]
            there = replace(found, url=found.base + path)
            free = [there.signed(told(remote_id=str(number))) for number in range(20)]

            assert await asyncio.gather(*free) == [200] * 20
            assert not any(waiting.done() for waiting in wait)
            await holder.rollback()

        assert await asyncio.gather(*wait) == [200] * 8
        assert (await found.status()).counts == {"accepted": 9}


def _address_of(connection_id: UUID) -> str:
    vault, connection = default_vault(), Connection.objects.get(id=connection_id)
    return endpoints.set_signing_key(connection, KEY, vault).path


async def test_an_unknown_event_is_counted_without_its_body(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told("company.party")) == 200
        assert (await found.status()).counts == {"unknown_event": 1}
        assert (await found.status()).last_delivery_at is not None
        assert (await deliveries(found), await waiting(found)) == (0, [])


async def test_while_a_connection_is_paused_webhooks_wait(database_url: str) -> None:
    async with hooked(database_url) as found:
        await found.company.rows("UPDATE connection SET state = 'paused'")
        talent = min(await found.company.ids("talents"))  # type: ignore[arg-type]
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        assert await found.drain() == 0
        assert (await found.status()).counts == {"paused": 1}
        assert await deliveries(found) == 0

        await found.company.rows("UPDATE connection SET state = 'active'")
        await found.drain()

        record = await found.company.record("talents", talent)  # type: ignore[arg-type]
        assert record["first_name"] == "Odile"


async def test_a_flood_at_one_address_does_not_affect_another(database_url: str) -> None:
    async with hooked(database_url, synced=False, burst=5) as found:
        assert [await found.post(b"{}") for _ in range(8)] == [401] * 5 + [429] * 3
        await found.counted("flood", 3)

        other = await found.connection(lambda one: endpoints.renew(one, default_vault()))
        assert await found.post(b"{}", url=found.base + other.path) == 401


async def test_a_renewed_address_makes_the_old_one_unknown(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told()) == 200
        made = await found.connection(lambda one: endpoints.renew(one, default_vault()))

        assert await found.signed(told()) == 404
        assert (await found.status()).health == "never"
        found.url = found.base + made.path
        assert await found.signed(told("candidate.create")) == 200
        assert (await found.status()).health == "healthy"


async def test_webhooks_that_are_refused_after_a_good_one_are_noticed(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        assert await found.signed(told()) == 200
        assert await found.signed(told(), key="another") == 401
        await found.counted("wrongly_signed")

        refused = await found.status()
        assert refused.health == "refused"
        assert "Check the signature key" in refused.words

        assert await found.signed(told("candidate.create")) == 200
        assert (await found.status()).health == "healthy"


async def test_v1_is_accepted_only_if_chosen(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        header = {"TT-Signature": sign_v1(KEY, "1")}
        assert await found.post(told(), header) == 401
        await found.company.rows(
            """UPDATE connection SET options = options || '{"webhook_signature": "v1"}'"""
        )
        assert await found.post(told(), header) == 200
        assert await found.post(told(remote_id="2"), header) == 401
        assert await found.signed(told()) == 401


async def test_the_signature_may_cover_only_the_payload(database_url: str) -> None:
    async with hooked(
        database_url,
        options={"webhook_signed": "payload"},
        switches={"webhook_signed": "payload"},
    ) as found:
        talent = min(await found.company.ids("talents"))  # type: ignore[arg-type]
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        assert (await found.status()).counts == {"accepted": 1}
        payload = '{"event_name": "job.update", "data": {"id": "1"}}'
        second = int(datetime.now(UTC).timestamp())
        header = {"TT-Signature": sign_v2(KEY, payload.encode(), second)}
        assert await found.post('{"payload": ' + payload + "}", header) == 200
        assert await found.post('{"payload":' + payload[:-1] + " }}", header) == 401


async def test_the_web_process_receives_webhooks(database_url: str) -> None:
    async with hooked(database_url, synced=False) as found:
        web = await begin("web", "--port", "8131")
        try:
            url = found.url.replace(found.base, "http://127.0.0.1:8131")
            while True:
                try:
                    assert await found.post(told(), url=url) == 401
                    break
                except aiohttp.ClientConnectionError:
                    assert web.returncode is None
            await found.counted("unsigned")
        finally:
            web.terminate()
            await web.communicate()


@pytest.mark.long
@pytest.mark.one_server
async def test_the_command_line_shows_renews_and_replays(database_url: str) -> None:
    async with hooked(database_url, synced=False, with_key=False) as found:
        shown = await jemmo("hooks", "address", "--org", "acme")
        assert found.url.removeprefix(found.base) in shown.out
        assert "--signing-key-stdin" in shown.out
        assert await found.signed(told()) == 401

        done = await jemmo(
            "hooks", "address", "--org", "acme", "--signing-key-stdin", stdin=f"{KEY}\n"
        )
        assert done.status == 0, done
        assert "--signing-key-stdin" not in done.out
        assert await found.signed(told()) == 200

        await found.company.rows("UPDATE webhook_hint SET due_at = NULL")
        again = await jemmo("hooks", "replay", "--org", "acme", "--json")
        replayed = {"deliveries": 1, "without_hint": 0, "records": 1, "held": None}
        assert again.last["connections"] == [replayed]
        assert await waiting(found) == [("talents", "1")]

        await found.company.rows("UPDATE connection SET state = 'paused' RETURNING 1")
        paused = await jemmo("hooks", "replay", "--org", "acme")
        assert "Records to be refetched once the connection is active: 1." in paused.out
        await found.company.rows("UPDATE connection SET state = 'active' RETURNING 1")

        renewed = await jemmo("hooks", "address", "--org", "acme", "--renew", "--json")
        assert not renewed.last["addresses"][0]["url"].endswith(found.url[-20:])
        listed = (await jemmo("hooks", "list", "--json")).last["connections"][0]["webhooks"]
        assert listed["health"] == "never"  # at the new address
        assert listed["counts"]["key_missing"] == 1
        assert "acme / teamtailor: No webhooks received at this address yet." in (
            (await jemmo("hooks", "list")).out
        )


@pytest.mark.long
@pytest.mark.one_server
async def test_without_a_database_the_sender_is_asked_to_retry(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hooked(database_url, synced=False) as found:
        monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:8139/none")
        assert await found.signed(told()) == 503


async def test_an_ats_without_signatures_accepts_no_key(database_url: str) -> None:
    async with hooked(database_url, "jarvi", synced=False) as found:

        def give(one: Connection) -> str:
            with pytest.raises(ConfigError) as refused:
                endpoints.set_signing_key(one, "key", default_vault())
            return refused.value.code

        assert await found.connection(give) == "not_signed"
        await in_thread(lambda: None)
