"""Clients that disconnect, lose records or never read end up with correct copies and don't affect others."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from django.db import connections
from fakes.agency import agency_of
from fakes.showcase import Showcase
from functional.api.test_feed import EVENTS, Consumer

from jemmo.api import feed, feed_streams
from jemmo.services.base import turns
from jemmo.store.db import scope
from jemmo.store.feed import housekeeping
from jemmo.store.models import FeedChange, Job

SCOPES = ("confidential", "notes")
RETENTION = timedelta(days=7)
NEWS = ("job renamed", "talent private", "note rewritten", "applications deleted", "talent shown")
PATIENCE = 60  # seconds


@pytest.fixture(params=["whole", "bound"])
def consumer(request: pytest.FixtureRequest, showcase: Showcase) -> Consumer:
    """A client with a complete copy, of everything or of one connection."""
    agency = agency_of(showcase)
    bound = agency.id if request.param == "bound" else None
    consumer = Consumer(showcase.org, *SCOPES, connection=bound).begin()
    consumer.prove()
    assert consumer.copy
    return consumer


def happen(showcase: Showcase, *, ago: timedelta) -> None:
    """Make changes at this time in the past, then run the nightly cleanup of old changes."""
    for name in NEWS:
        EVENTS[name](showcase)
    Consumer(showcase.org).get("changes")  # numbers the changes
    FeedChange.objects.filter(org=showcase.org).update(at=datetime.now(UTC) - ago)
    with scope.acting_in(scope.EVERYTHING):
        housekeeping.forget(datetime.now(UTC) - RETENTION)


def test_a_client_catches_up_after_a_day_offline(consumer: Consumer, showcase: Showcase) -> None:
    before = dict(consumer.copy)
    happen(showcase, ago=timedelta(days=1))
    assert consumer.follow(limit=3)
    assert consumer.copy != before
    consumer.prove()
    consumer.compare()


def test_a_client_that_is_away_too_long_starts_over(consumer: Consumer, showcase: Showcase) -> None:
    happen(showcase, ago=RETENTION + timedelta(days=1))
    assert consumer.get(f"changes?after={consumer.seq}", 410)["code"] == "cursor_expired"

    consumer.copy, consumer.seq = {}, 0
    consumer.begin()
    EVENTS["job tagged"](showcase)
    consumer.follow()
    consumer.prove()
    consumer.compare()


def test_a_client_that_lost_half_rereads_only_the_differences(
    consumer: Consumer, showcase: Showcase
) -> None:
    for key in sorted(consumer.copy)[::2]:
        del consumer.copy[key]
    EVENTS["job tagged"](showcase)
    proof = consumer.get("digest")
    differing = [
        name for name, total in consumer.digest().items() if total != proof["entities"][name]
    ]
    assert differing
    consumer.seq = proof["seq"]
    for name in differing:
        *rows, _ = consumer.lines(f"snapshot/{name}")
        kept = {key: row for key, row in consumer.copy.items() if row["entity"] != name}
        consumer.copy = {**kept, **{row["id"]: {**row, "entity": name} for row in rows}}
    consumer.prove()
    consumer.compare()


# --- a client that never reads


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    """Record the pages of changes that streams read: token and number."""
    seen: list[tuple[Any, int]] = []
    page = feed._page

    def noted(token: Any, after: int, limit: int, *, whole: bool) -> dict[str, Any]:
        seen.append((token.pk, after))
        return page(token, after, limit, whole=whole)

    monkeypatch.setattr(feed, "_page", noted)
    return seen


def silent(address: str, path: str, secret: str, accept: str = feed.EVENTS) -> socket.socket:
    """A client that sends a request and never reads, with a small receive buffer."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    door.connect((urlsplit(address).hostname, urlsplit(address).port))
    head = f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
    door.sendall(f"{head}Accept: {accept}\r\n\r\n".encode())
    return door


def until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def events(answer: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


@pytest.mark.long
def test_a_client_that_never_reads_costs_nothing_and_delays_nobody(
    showcase: Showcase, address: str, reads: list[tuple[Any, int]]
) -> None:
    """Its streams stop reading the database once the connection is full; its slots are limited, and are freed."""
    deaf, other = Consumer(showcase.org, *SCOPES), Consumer(showcase.org, *SCOPES)
    start = deaf.get("changes")["next_after"]
    job = showcase.job("dev")
    Job.objects.filter(id=job.id).update(description_html="x" * 200_000)
    for number in range(150):
        Job.objects.filter(id=job.id).update(title=f"Number {number}")
        other.get("changes")  # numbers each change separately
    path = f"changes?after={start}&limit=1&include=record"  # 30 MB in total

    with ExitStack() as held:
        for _ in range(feed_streams.MOST_STREAMS):
            held.enter_context(silent(address, path, deaf.secret))
        until(lambda: feed_streams._streams[deaf.token.pk] == feed_streams.MOST_STREAMS)
        assert deaf.get("snapshot/jobs", 429)["code"] == "too_many_streams"

        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {other.secret}", "Accept": "text/event-stream"}
        connection.request("GET", f"/api/v1/changes?after={start}&limit=50", headers=headers)
        answer = connection.getresponse()
        news = events(answer)
        for _ in range(150):
            next(news)
        began = time.monotonic()
        Job.objects.filter(id=job.id).update(title="The last")
        assert next(news)["fields"] == ["title"]
        assert time.monotonic() - began < 5
        connection.close()

        own = [after for token, after in reads if token == deaf.token.pk]
        assert len(own) < feed_streams.MOST_STREAMS * 50, "each held more than a few pages"
    until(lambda: deaf.token.pk not in feed_streams._streams)


def test_long_polls_that_are_never_read_hold_nothing_while_they_wait(
    showcase: Showcase, address: str, reads: list[tuple[Any, int]]
) -> None:
    """They hold no thread, no database connection and no growing buffer, and their slots are freed."""
    deaf = [Consumer(showcase.org, *SCOPES) for _ in range(6)]
    other = Consumer(showcase.org, *SCOPES)
    start = other.get("changes")["next_after"]
    job = showcase.job("dev")
    Job.objects.filter(id=job.id).update(description_html="x" * 200_000)
    start = other.get(f"changes?after={start}")["next_after"]
    before, process = database_sessions(), psutil.Process()
    memory = process.memory_info().rss
    path = f"changes?after={start}&wait={feed.LONGEST_WAIT}&include=record"

    with ExitStack() as held:
        for program in deaf:
            for _ in range(feed_streams.MOST_STREAMS):
                held.enter_context(silent(address, path, program.secret, "application/json"))
        keys = [program.token.pk for program in deaf]
        until(lambda: all(feed_streams._streams[key] == feed_streams.MOST_STREAMS for key in keys))
        until(lambda: not turns.pages()._running)
        # All of them share a single connection that listens for changes.
        until(lambda: database_sessions() <= before + 1)

        began = time.monotonic()
        for _ in range(5):
            assert over_http(address, "jobs?limit=1", other.secret)
        assert time.monotonic() - began < 10

        read = len(reads)
        Job.objects.filter(id=job.id).update(title="New")
        assert over_http(address, f"changes?after={start}", other.secret)["data"]
        until(lambda: not any(key in feed_streams._streams for key in keys))
        assert len(reads) - read <= 3 * len(deaf) * feed_streams.MOST_STREAMS
        until(lambda: not turns.pages()._running and database_sessions() <= before + 1)
        assert process.memory_info().rss - memory < 150_000_000


def over_http(address: str, path: str, secret: str) -> Any:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    try:
        connection.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def database_sessions() -> int:
    """Return the number of sessions in this test's database, without our own."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])
