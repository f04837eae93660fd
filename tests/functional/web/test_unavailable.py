"""Responses while the database isn't available or all threads are busy."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from threading import Event
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import connections
from django.test import Client, RequestFactory

from jemmo.services.base.turns import Busy, FairThreadPool
from jemmo.web.frame import errors
from jemmo.web.frame.peers import holder


@pytest.fixture
def no_database(recruiter: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setitem(connections.settings["default"], "NAME", "there_is_no_such_database")
    connections.close_all()
    recruiter.raise_request_exception = False
    return recruiter


@pytest.mark.parametrize("path", ["/jobs/", "/talents/", "/settings/profile/", "/nowhere/"])
def test_a_browser_gets_a_page_that_says_so(no_database: Client, path: str) -> None:
    answer = no_database.get(path, headers={"accept": "text/html", "accept-language": "fr"})
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "momentanément indisponible" in page
    assert '<html lang="fr" data-theme="system">' in page
    assert f'href="{path}"' in page
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_form_that_was_not_accepted_links_back_to_the_pages(no_database: Client) -> None:
    no_database.cookies["theme"] = "dark"
    answer = no_database.post("/help/", {"body": "hello"}, headers={"accept-language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Jemmo is busy right now" in page
    assert 'data-theme="dark"' in page
    assert 'href="/">Try again' in page


@pytest.mark.parametrize(
    ("headers", "kind", "body"),
    [
        ({"hx-request": "true"}, "text/plain", "Jemmo is busy. Try again in a few seconds."),
        ({"accept": "application/json"}, "application/json", '"code": "unavailable"'),
    ],
)
def test_programs_get_a_readable_response(
    no_database: Client, headers: dict[str, str], kind: str, body: str
) -> None:
    answer = no_database.get("/jobs/", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"].startswith(kind)
    assert body in answer.content.decode()


def test_live_events_reconnect_automatically(no_database: Client) -> None:
    """After any status except 200, a browser never reconnects an event source."""
    answer = no_database.get("/events/", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    assert answer.content == b"retry: 10000\n\n"


def test_a_session_that_could_not_be_saved_is_not_a_bad_request(static_files: None) -> None:
    lost = SessionInterrupted("deleted before the request completed")
    lost.__context__ = UpdateError()
    lost.__context__.__context__ = psycopg.OperationalError("the connection is lost")
    assert errors.bad_request(RequestFactory().get("/"), lost).status_code == 503


def test_monitoring_requires_no_sign_in(no_database: Client) -> None:
    assert no_database.get("/healthz").content == b"ok\n"
    ready = no_database.get("/readyz")
    assert (ready.status_code, ready["Retry-After"]) == (503, "10")
    checks = json.loads(ready.content)["checks"]
    assert checks["keyset"] == "ok"
    assert checks["database"] != "ok"
    assert checks["migrations"] == checks["worker"] == checks["database"]


# --- turns ---


async def test_a_request_that_waits_too_long_is_refused_and_never_started() -> None:
    turns, let_go, begun = FairThreadPool("test", 1, 0.01), Event(), []
    first = turns._threads.submit(let_go.wait)
    with pytest.raises(Busy):
        await turns.run(lambda: begun.append("second"))
    let_go.set()
    assert first.result()
    assert await turns.run(lambda: "third") == "third"
    assert begun == []


async def test_running_work_is_awaited_however_long_it_takes() -> None:
    turns, begun, let_go = FairThreadPool("test", 1, 0.01), Event(), Event()

    def work() -> str:
        begun.set()
        let_go.wait()
        return "done"

    waiting = asyncio.create_task(turns.run(work))
    while not begun.is_set():
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)  # longer than a request may wait for its turn
    let_go.set()
    assert await waiting == "done"


async def test_a_busy_client_leaves_room_for_others() -> None:
    turns, let_go = FairThreadPool("test", 4, 60.0), Event()
    greedy = [asyncio.create_task(turns.run(let_go.wait, "greedy")) for _ in range(50)]
    await asyncio.sleep(0)
    assert await turns.run(lambda: "other", "other") == "other"
    assert not any(one.done() for one in greedy)
    let_go.set()
    assert await asyncio.gather(*greedy) == [True] * 50


async def test_waiting_requests_are_served_in_turn() -> None:
    turns, let_go, order = FairThreadPool("test", 1, 60.0), Event(), list[str]()
    first = asyncio.create_task(turns.run(let_go.wait, "first"))
    waiting = [
        asyncio.create_task(turns.run(partial(order.append, name), name))
        for name in ("a", "a", "a", "b", "c")
    ]
    await asyncio.sleep(0)
    let_go.set()
    await asyncio.gather(first, *waiting)
    assert order == ["a", "b", "c", "a", "a"]


async def test_a_canceled_request_takes_no_turn() -> None:
    turns, let_go, begun = FairThreadPool("test", 1, 60.0), Event(), list[str]()
    first = asyncio.create_task(turns.run(let_go.wait, "a"))
    left = [asyncio.create_task(turns.run(partial(begun.append, "left"), "b")) for _ in range(9)]
    last = asyncio.create_task(turns.run(partial(begun.append, "last"), "c"))
    await asyncio.sleep(0)
    for one in left:
        one.cancel()
    await asyncio.wait(left)
    let_go.set()
    await asyncio.gather(first, last)
    assert begun == ["last"]


@pytest.mark.parametrize("proxies", [0, 1])
def test_visitors_behind_an_unconfigured_proxy_are_distinguished(
    settings: Any, proxies: int
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    def of(cookie: bytes, *, peer: str = "127.0.0.1") -> str:
        headers = [(b"cookie", cookie), (b"x-forwarded-for", b"192.0.2.7")]
        return holder({"client": (peer, 1), "headers": headers})

    assert (of(b"a") != of(b"b")) == (not proxies)
    assert of(b"a", peer="192.0.2.9") == of(b"b", peer="192.0.2.9")


async def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def breaks() -> Any:
        raise KeyError("name")

    with pytest.raises(KeyError):
        await FairThreadPool("test", 1, 1.0).run(breaks)
