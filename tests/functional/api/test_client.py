"""The Python client, against a real server and against unusual responses."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from fakes.showcase import Showcase
from standardwebhooks import WebhookVerificationError

from jemmo.api.document import LISTS
from jemmo.services.outgoing import signing
from jemmo.store.feed.entities import ENTITIES
from jemmo.store.models import AuditEvent, Connection, FeedPosition, Job
from jemmo.store.records.export import KINDS
from jemmo_client import ApiError, Client, CursorExpired, IncompleteSnapshot, total_of
from jemmo_client import verify_webhook as verify
from jemmo_client.transport import Answer, Call, over_http, seconds_of

Makes = Callable[..., str]


class Server:
    """Sends prepared responses one after another, and records the requests."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers, self.calls, self.pauses = list(answers), list[Call](), list[float]()

    @contextmanager
    def __call__(self, call: Call) -> Iterator[Answer]:
        self.calls.append(call)
        status, headers, content = self.answers.pop(0)
        yield Answer(status, headers, io.BytesIO(content))

    def client(self, **options: Any) -> Client:
        return Client(
            "https://jemmo.example/", "secret", transport=self, pause=self.pauses.append, **options
        )


def problem(status: int, code: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    document = {"code": code, "title": "It failed.", "next_step": "Try again."}
    return status, headers, json.dumps(document).encode()


@pytest.fixture
def client(address: str, token: Makes) -> Client:
    return Client(address, token("records", "contacts", "confidential", "notes", "admin"))


def test_every_list_is_read_to_its_end(client: Client, showcase: Showcase) -> None:
    for name in LISTS:
        rows = list(client.records(name.replace("_", "-"), limit=7))
        ids = {str(key) for key in KINDS[name].shown(showcase.org).values_list("id", flat=True)}
        assert {row["id"] for row in rows} == ids
        assert len(rows) == len(ids)
    assert [run["mode"] for run in client.records("runs")] == ["initial"]
    (job,) = client.records("jobs", fields="title", status="CLOSED")
    assert client.record("jobs", job["id"], fields="title") == job


def test_a_copy_is_started_updated_and_verified(client: Client, showcase: Showcase) -> None:
    copy: dict[str, dict[str, str]] = {}
    seqs = []
    for name in ENTITIES:
        snapshot = client.snapshot(name)
        copy[name] = {record["id"]: record["modified_at"] for record in snapshot}
        seqs.append(snapshot.seq)
    Job.objects.filter(org=showcase.org).update(title="Other")
    page = next(client.follow(min(seqs), records=True))
    for change in page["data"]:
        assert change["record"]
        assert change["modified_at"]
        copy[change["entity"]][change["id"]] = change["modified_at"]

    proof = client.digest(at=page["next_after"])

    assert proof["entities"] == {name: total_of(copy[name].items()) for name in copy}
    parts = client.digest("talents", parts=4)["parts"]
    for part in parts:
        snapshot = client.snapshot("talents", first=part["from"], end=part["to"])
        total = total_of((record["id"], record["modified_at"]) for record in snapshot)
        assert total == {"count": part["count"], "digest": part["digest"]}
    FeedPosition.objects.update(origin="a restored copy")
    with pytest.raises(CursorExpired, match="snapshot"):
        client.changes(page["next_after"])


def test_errors_contain_the_cause_and_the_next_step(address: str, token: Makes) -> None:
    client = Client(address, token("records"))
    refused: list[tuple[Callable[[], Any], int, str]] = [
        (lambda: client.record("talents", str(uuid4())), 404, "not_found"),
        (lambda: list(client.records("talents", nothing=1)), 422, "bad_parameter"),
        (lambda: list(client.snapshot("notes")), 403, "scope_missing"),
        (Client(address, "none").digest, 401, "token_refused"),
    ]
    for ask, status, code in refused:
        with pytest.raises(ApiError) as refusal:
            ask()
        assert (refusal.value.status, refusal.value.code) == (status, code)
        assert refusal.value.next_step in str(refusal.value)


def test_a_repeated_change_is_made_once(client: Client, showcase: Showcase) -> None:
    path = f"connections/{Connection.objects.get(org=showcase.org).id}/pause"
    key = str(uuid4())
    assert client.post(path, key=key) == client.post(path, key=key)
    assert AuditEvent.objects.filter(org=showcase.org, action="token.acted").count() == 1


def test_an_endpoint_is_created_and_deleted(client: Client, showcase: Showcase) -> None:
    body = {"url": "https://hooks.example.com/jemmo", "events": ["records.changed"]}
    made = client.post("webhook-endpoints", body)
    assert made["secret"].startswith("whsec_")
    assert [row["id"] for row in client.get("webhook-endpoints")["data"]] == [made["id"]]
    assert client.delete(f"webhook-endpoints/{made['id']}") == {"id": made["id"]}
    with pytest.raises(ApiError, match="The record doesn't exist"):
        client.delete(f"webhook-endpoints/{made['id']}")


def test_a_busy_server_is_retried_at_the_requested_time() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server = Server(
        problem(429, "too_many_requests", **{"Retry-After": "7"}),
        problem(503, "unavailable", **{"Retry-After": soon}),
        problem(503, "unavailable"),
        (200, {}, b'{"data": [], "next_cursor": null}'),
    )
    assert list(server.client().records("jobs")) == []
    by_number, by_date, by_itself = server.pauses
    assert by_number == 7
    assert 15 < by_date <= 20
    assert by_itself == 8
    assert {call.url for call in server.calls} == {"https://jemmo.example/api/v1/jobs?limit=500"}


def test_retries_of_a_change_use_the_same_key() -> None:
    server = Server(
        problem(409, "idempotency_in_use", **{"Retry-After": "1"}), (202, {}, b'{"joined": false}')
    )
    assert server.client().post("connections/1/sync", {"only": "jobs"}) == {"joined": False}
    first, second = server.calls
    assert first == second
    assert first.headers["Idempotency-Key"]


def test_retries_are_limited_and_other_errors_are_final() -> None:
    server = Server(*[problem(503, "unavailable")] * 2)
    with pytest.raises(ApiError, match=r"It failed\. Try again\."):
        server.client(attempts=2).digest()
    server = Server((502, {}, b"<html>Bad gateway</html>"))
    with pytest.raises(ApiError) as refusal:
        server.client().digest()
    assert (refusal.value.code, refusal.value.status, server.pauses) == ("unknown", 502, [])


@contextmanager
def cut_off(lines: bytes) -> Iterator[str]:
    """Serve a chunked response whose connection ends before the last chunk."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                connection.sendall(head + b"%x\r\n%s\r\n" % (len(lines), lines))

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_response_cut_off_by_a_proxy_is_an_error() -> None:
    with cut_off(b'{"id": "1"}\n') as url:
        snapshot = iter(Client(url, "secret").snapshot("jobs"))
        assert next(snapshot) == {"id": "1"}
        with pytest.raises(IncompleteSnapshot):
            next(snapshot)
    with cut_off(b'{"data": [') as url, pytest.raises(ConnectionError, match="cut off"):
        Client(url, "secret").digest()


@pytest.mark.parametrize("rest", [b"", b'{"id": "2", "modif', b'{"seq": 1'])
def test_an_incomplete_snapshot_is_an_error(rest: bytes) -> None:
    server = Server((200, {}, b'{"id": "1"}\n' + rest))
    snapshot = iter(server.client().snapshot("jobs"))
    assert next(snapshot) == {"id": "1"}
    with pytest.raises(IncompleteSnapshot):
        next(snapshot)


def test_a_long_poll_has_a_longer_timeout() -> None:
    server = Server((200, {}, b'{"data": [], "next_after": 1}'))
    server.client(timeout=10).changes(1, wait=30)
    assert server.calls[0].timeout == 40


def test_a_webhook_is_verified() -> None:
    secret, body = signing.new_secret(), b'{"type": "test", "timestamp": "", "data": {}}'
    headers = signing.headers_of("msg_1", body, [signing.new_secret(), secret], datetime.now(UTC))
    assert verify(secret, body, {k.title(): v for k, v in headers.items()})["type"] == "test"
    with pytest.raises(WebhookVerificationError):
        verify(secret, body.replace(b"test", b"best"), headers)
    with pytest.raises(WebhookVerificationError):
        verify(signing.new_secret(), body, headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v1,a,b"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-id", ""),
        ("", "\xff"),
    ],
)
def test_an_unsigned_webhook_is_refused_in_any_form(name: str, value: str) -> None:
    secret, body = signing.new_secret(), b"{}"
    headers = signing.headers_of("msg_1", body, [secret], datetime.now(UTC))
    body = body if name else value.encode("latin-1")
    with pytest.raises(WebhookVerificationError):
        verify(secret, body, {**headers, name: value})


class Redirecting(BaseHTTPRequestHandler):
    """Redirects to the same server under another name, which counts as another host for tokens."""

    status = 302
    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        port = self.headers["Host"].rpartition(":")[2]
        self.send_header("Location", f"http://localhost:{port}/elsewhere")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the names of the library

    def log_message(self, *_: object) -> None:
        """Discard the message."""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_is_not_sent_to_another_host(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Redirecting, "status", status)
    monkeypatch.setattr(Redirecting, "paths", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever).start()
        client = Client(f"http://127.0.0.1:{server.server_address[1]}", "secret")
        try:
            for ask in (client.get, client.post):
                with pytest.raises(ApiError, match="redirects") as refusal:
                    ask("jobs")
                assert refusal.value.status == status
        finally:
            server.shutdown()
    assert Redirecting.paths == ["/api/v1/jobs", "/api/v1/jobs"]


def test_a_token_from_a_file_may_end_with_a_line_break() -> None:
    server = Server((200, {}, b'{"data": [], "next_cursor": null}'))
    client = Client("https://jemmo.example", "secret\n", transport=server)
    assert list(client.records("jobs")) == []
    assert server.calls[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize("text", ["", "soon", "-1", None])
def test_a_nonsensical_pause_is_ignored(text: str | None) -> None:
    assert seconds_of(text) is None


def test_only_http_is_supported() -> None:
    with (
        pytest.raises(ValueError, match="isn't a valid API address"),
        over_http(Call("GET", "file:///etc", {}, None, 1)),
    ):
        pass
