"""Receivers that hang, redirect, flood, hide their address or return our traffic cause no damage."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from django.db import connections
from django.test import Client
from fakes.showcase import Showcase
from fakes.webhook_receiver import HUGE, Receiver, receiving

from jemmo.domain.errors import ConfigError
from jemmo.domain.outgoing import Event
from jemmo.rest_client import outward
from jemmo.rest_client.outward import post_webhook
from jemmo.services.outgoing import delivery, endpoints, records
from jemmo.services.outgoing.delivery import OutgoingWorker
from jemmo.services.outgoing.endpoints import Choice
from jemmo.store.db import scope
from jemmo.store.models import Job, OutgoingAttempt, OutgoingEndpoint, OutgoingMessage, Stage
from jemmo.store.outgoing import queue
from jemmo.vault import default_vault


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Receiver, Receiver]]:
    with receiving(2) as (first, second):
        monkeypatch.setenv("JEMMO_WEBHOOK_HOSTS", f"{first.host},{second.host}")
        yield first, second


def made(showcase: Showcase, url: str) -> OutgoingEndpoint:
    choice = Choice(name="Match", url=url, events=[Event.RECORDS])
    new = endpoints.create(showcase.org, choice, vault=default_vault(), now=datetime.now(UTC))
    return new.endpoint


def rename(showcase: Showcase, title: str = "Renamed") -> None:
    Job.objects.filter(org=showcase.org, remote_id="dev").update(title=title)


def serve(database_url: str, until: Callable[[], bool], seconds: float = 20.0) -> None:
    """Run a worker until the condition is true."""

    async def work() -> None:
        with scope.acting_in(scope.NOBODY):
            running = asyncio.create_task(OutgoingWorker(database_url, default_vault()).run())
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            await asyncio.sleep(0.02)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(work())
    assert until()


def drain(database_url: str) -> None:
    async def drained() -> None:
        with scope.acting_in(scope.NOBODY):
            await OutgoingWorker(database_url, default_vault()).drain()

    asyncio.run(drained())


def attempt() -> OutgoingAttempt:
    return OutgoingAttempt.objects.get()


def test_a_hanging_receiver_delays_no_other(
    showcase: Showcase, database_url: str, pair: tuple[Receiver, Receiver]
) -> None:
    hanging, healthy = pair
    hanging.hangs = True
    for _ in range(5):
        made(showcase, hanging.url)
    made(showcase, healthy.url)
    rename(showcase)
    began = time.monotonic()
    serve(database_url, lambda: bool(healthy.requests))
    assert time.monotonic() - began < 10


def test_a_slow_receiver_lets_others_have_their_turn(
    showcase: Showcase,
    database_url: str,
    pair: tuple[Receiver, Receiver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow, other = pair
    monkeypatch.setattr(delivery, "TURN_SECONDS", -1.0)
    tested, waiting = made(showcase, slow.url), made(showcase, other.url)
    for endpoint in (tested, tested, tested, waiting):
        endpoints.send_test(endpoint, now=datetime.now(UTC))
    before: list[int] = []
    other.on_request = lambda: before.append(len(slow.requests))
    drain(database_url)
    assert len(slow.requests) == 3
    assert before == [1]


@pytest.mark.long
def test_an_endpoint_with_few_matches_does_not_read_a_long_feed_in_one_turn(
    showcase: Showcase,
    database_url: str,
    pair: tuple[Receiver, Receiver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choice = Choice(name="Match", url=pair[0].url, events=[Event.RECORDS], entities=["stages"])
    vault, now = default_vault(), datetime.now(UTC)
    endpoint = endpoints.create(showcase.org, choice, vault=vault, now=now).endpoint
    for number in range(5):
        rename(showcase, f"Renamed {number}")
        records.position(showcase.org.pk)  # numbers each change separately
    Stage.objects.filter(org=showcase.org, remote_deleted_at=None).update(name="Renamed")
    monkeypatch.setattr(records, "SCAN", 1)
    monkeypatch.setattr(records, "MAX_SCANS", 2)
    assert records.next_message(endpoint) is None
    drain(database_url)
    changes = [change for body in pair[0].bodies() for change in body["data"]["changes"]]
    assert {change["entity"] for change in changes} == {"stages"}


def test_an_organization_with_failing_endpoints_has_few_turns_at_once(
    showcase: Showcase, pair: tuple[Receiver, Receiver]
) -> None:
    for _ in range(20):
        made(showcase, pair[0].url)
    rename(showcase)
    now = datetime.now(UTC)
    assert sum(queue.claim(now) is not None for _ in range(20)) == queue.EACH_ORG
    OutgoingEndpoint.objects.update(failures=1, busy_until=None)
    assert sum(queue.claim(now) is not None for _ in range(20)) == queue.FAILING
    with pytest.raises(ConfigError, match="20 webhook endpoints"):
        made(showcase, pair[0].url)


def test_an_error_of_ours_stops_one_endpoint_and_no_worker(
    showcase: Showcase,
    database_url: str,
    pair: tuple[Receiver, Receiver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, healthy = made(showcase, pair[0].url), made(showcase, pair[1].url)
    real = records.next_message

    def next_message(endpoint: OutgoingEndpoint) -> OutgoingMessage | None:
        if endpoint.pk == broken.pk:
            raise RuntimeError("a bug")
        return real(endpoint)

    monkeypatch.setattr(records, "next_message", next_message)
    rename(showcase)
    serve(database_url, lambda: bool(pair[1].requests))
    assert OutgoingEndpoint.objects.get(pk=broken.pk).held_until is not None
    assert OutgoingEndpoint.objects.get(pk=healthy.pk).held_until is None


def test_a_hanging_receiver_is_given_up_after_a_while(
    showcase: Showcase,
    database_url: str,
    pair: tuple[Receiver, Receiver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging, _ = pair
    hanging.hangs = True
    monkeypatch.setattr(outward, "WEBHOOK_TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    made(showcase, hanging.url)
    rename(showcase)
    drain(database_url)
    assert attempt().error == "timeout"
    assert attempt().seconds < 5
    assert OutgoingMessage.objects.get().state == "waiting"


def test_a_redirect_is_not_followed(
    showcase: Showcase, database_url: str, pair: tuple[Receiver, Receiver]
) -> None:
    first, second = pair
    first.status, first.headers = 307, {"Location": second.url}
    made(showcase, first.url)
    rename(showcase)
    drain(database_url)
    assert (attempt().status, attempt().error) == (307, "redirect")
    assert second.requests == []


def test_200_megabytes_are_not_read(
    showcase: Showcase, database_url: str, pair: tuple[Receiver, Receiver]
) -> None:
    flooding, _ = pair
    flooding.floods = True
    made(showcase, flooding.url)
    rename(showcase)
    drain(database_url)
    assert (attempt().status, attempt().error) == (200, "")
    assert len(attempt().response) <= 1000
    assert flooding.sent < HUGE / 10


def test_names_that_resolve_to_internal_addresses_are_not_connected(
    showcase: Showcase,
    database_url: str,
    pair: tuple[Receiver, Receiver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name is public when it is saved; its addresses are checked on every connection."""
    inside, _ = pair
    port = int(inside.host.rpartition(":")[2])
    made(showcase, f"https://hooks.example.com:{port}/hook")
    loopback = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    real = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **named: Any) -> Any:
        return loopback if "hooks.example.com" in str(host) else real(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    rename(showcase)
    drain(database_url)
    assert attempt().error == "private"
    assert inside.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://127.0.0.1/hook",
        "https://2130706433/hook",
        "https://localhost/hook",
        "https://192.168.1.1/hook",
        "https://[::1]/hook",
        "https://user:secret@hooks.example.com/",
        "ftp://hooks.example.com/",
        "hooks",
        "",
    ],
)
def test_an_internal_address_is_not_saved(showcase: Showcase, url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        made(showcase, url)
    assert refused.value.code == "endpoint_refused"
    assert refused.value.next_step


def test_our_own_address_is_not_saved(showcase: Showcase, settings: Any) -> None:
    settings.SITE_URL = "https://jemmo.example.com"
    with pytest.raises(ConfigError, match="Jemmo's own address"):
        made(showcase, "https://JEMMO.example.com/hooks/x/")


def test_our_traffic_sent_back_opens_nothing(
    showcase: Showcase, database_url: str, pair: tuple[Receiver, Receiver], static_files: None
) -> None:
    """A receiver can't use a webhook or its headers to access Jemmo."""
    receiver, _ = pair
    made(showcase, receiver.url)
    rename(showcase)
    drain(database_url)
    headers, body = receiver.requests[0]
    ours = {name: value for name, value in headers.items() if name.startswith("webhook")}
    for address in ("/api/v1/jobs", "/mcp", "/settings/api/"):
        answer = Client().post(address, body, content_type="application/json", headers=ours)
        assert answer.status_code in {302, 401, 403, 404, 405}, address
    assert "authorization" not in headers
    assert "cookie" not in headers
    drain(database_url)
    assert len(receiver.requests) == 1


def test_a_change_arrives_within_seconds(
    showcase: Showcase, database_url: str, pair: tuple[Receiver, Receiver]
) -> None:
    receiver, _ = pair
    made(showcase, receiver.url)
    endpoints.send_test(OutgoingEndpoint.objects.get(), now=datetime.now(UTC))
    first = threading.Event()
    receiver.on_request = first.set

    def change() -> None:
        """Make a change once the worker is idle; it gets a notification or polls."""
        first.wait(10)
        rename(showcase)
        connections.close_all()

    with ThreadPoolExecutor(1) as other:
        changed = other.submit(copy_context().run, change)
        serve(database_url, lambda: len(receiver.requests) == 2, seconds=10)
        changed.result()
    assert receiver.bodies()[1]["type"] == "records.changed"


@pytest.mark.long
def test_two_workers_do_not_send_twice(
    showcase: Showcase, database_url: str, pair: tuple[Receiver, Receiver]
) -> None:
    receiver, _ = pair
    endpoint = made(showcase, receiver.url)
    long_ago = datetime.now(UTC) - timedelta(
        hours=1
    )  # only a few test events are allowed per minute
    for _ in range(30):
        endpoints.send_test(endpoint, now=datetime.now(UTC) - timedelta(seconds=1))
        OutgoingMessage.objects.update(created_at=long_ago)

    async def both() -> None:
        with scope.acting_in(scope.NOBODY):
            workers = [OutgoingWorker(database_url, default_vault()) for _ in range(2)]
            await asyncio.gather(*(worker.drain() for worker in workers))
            await workers[0].drain()

    asyncio.run(both())
    assert len(receiver.requests) == len(set(receiver.ids())) == 30


async def test_a_response_that_is_not_http_is_an_error() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    answer = await post_webhook(f"http://{host}/", b"{}", {}, allowed=[host])
    server.close()
    assert (answer.status, answer.error) == (None, "broken")
    away = await post_webhook(f"http://{host}/", b"{}", {}, allowed=[host])
    assert away.error == "connect"
    private = await post_webhook("https://10.0.0.1/", b"{}", {})
    assert private.error == "private"
