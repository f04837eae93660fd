"""Security of every URL: headers, CSRF tokens, limits, and no leaked information."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from uuid import uuid4

import pytest
from django.conf import settings as ours
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from fakes import letters
from fakes.addresses import addresses
from fakes.showcase import PASSWORD, Showcase
from pytest_django import Settings

from jemmo.connectors.registry import CONNECTORS
from jemmo.store.models import Account, Connection, Session
from jemmo.web.accounts import sign_in
from jemmo.web.frame.limits import LARGEST, TOO_LARGE, limited
from jemmo.web.frame.middleware import BEGAN, SEEN, UNASKED
from jemmo.web.frame.peers import client_address

SignedIn = Callable[[str], Client]
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ROLES = ("anonymous", "viewer", "owner", "outsider", "staff")
STREAMS = {"events"}  # open for hours; like everywhere, the middleware sets its headers


def _known(showcase: Showcase) -> dict[str, Any]:
    connection = showcase.job("dev").connection
    return {
        "job_id": showcase.job("dev").pk,
        "talent_id": showcase.talent("elodie").pk,
        "connection_id": connection.pk,
        "run_id": showcase.run().pk,
        "provider": "teamtailor",
        "only": "jobs",
    }


def _as(role: str, showcase: Showcase, signed_in: SignedIn) -> Client:
    if role == "anonymous":
        return Client()
    if role == "staff":
        account = showcase.person("owner")
        Account.objects.filter(pk=account.pk).update(
            is_staff=True, is_superuser=True, verified_email=account.email
        )
        return signed_in("owner")
    return signed_in(role)


@pytest.mark.sample("owner-get")
@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("role", ROLES)
def test_every_address_has_the_headers(
    role: str, verb: str, showcase: Showcase, signed_in: SignedIn
) -> None:
    client = _as(role, showcase, signed_in)
    ask = getattr(client, verb)
    walked = 0
    for name, path in addresses(_known(showcase)):
        if name in STREAMS or "logout" in path:
            continue
        answer = ask(path)
        where = (role, path, answer.status_code)
        assert answer.status_code < 500 or path == "/readyz", where
        for header, value in STRICT.items():
            assert answer.headers.get(header) == value, (where, header)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, where
        assert "default-src 'none'" in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert "camera=()" in answer.headers["Permissions-Policy"], where
        assert "bluetooth" not in answer.headers["Permissions-Policy"], (
            where
        )  # Chromium doesn't know it
        for cookie in answer.cookies.values():
            assert cookie["samesite"] == "Lax", (where, cookie.key)
            assert cookie["httponly"], (where, cookie.key)
        if answer.streaming:
            answer.close()  # an unread download occupies a slot until it is closed
        walked += 1
        if role == "staff":  # a response may have signed them out
            client.force_login(showcase.person("owner"))
    assert walked > 75


@pytest.mark.parametrize("nth", [4, pytest.param(1, marks=pytest.mark.long)])
def test_no_page_contains_what_the_policy_forbids(
    nth: int, showcase: Showcase, signed_in: SignedIn
) -> None:
    """Checks every fourth page, or every page in the long variant."""
    client = _as("staff", showcase, signed_in)
    for name, path in list(addresses(_known(showcase)))[::nth]:
        if name in STREAMS or path.startswith("/admin/"):
            continue
        answer = client.get(path)
        if "html" not in answer.headers.get("Content-Type", ""):
            continue
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page), path


@pytest.mark.sample("post")
@pytest.mark.parametrize("verb", ["post", "put", "delete"])
def test_every_form_needs_its_token(verb: str, showcase: Showcase, served: None) -> None:
    """Another site can't post on a person's behalf to any URL."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(showcase.person("owner"))
    ask = getattr(client, verb)
    for name, path in addresses(_known(showcase)):
        if name in STREAMS:
            continue
        answer = ask(path, secure=False)
        assert answer.status_code in {302, 401, 403, 404, 405}, (path, answer.status_code)
        if answer.status_code == 302:
            assert "/login/" in answer["Location"] or path.startswith("/admin/"), path


def test_cookies_are_of_this_host_and_tls_alone_behind_tls() -> None:
    """Runs in a separate process, since settings are read once."""
    import os
    import subprocess
    import sys

    code = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, "
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 10**7)"
    )
    env = {**os.environ, "JEMMO_HTTPS": "1", "DJANGO_SETTINGS_MODULE": "jemmo.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["__Host-jemmo", "__Host-jemmo-csrf", "True", "True", "True"]


# --- sessions ---


def _sign_in(
    client: Client, password: str = PASSWORD, email: str = "recruiter@acme.example"
) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_signing_in_changes_the_session(showcase: Showcase, anonymous: Client) -> None:
    anonymous.get("/accounts/login/")
    session = anonymous.session
    session["planted"] = "by somebody else"
    session.save()
    anonymous.cookies[ours.SESSION_COOKIE_NAME] = str(session.session_key)
    before = session.session_key

    assert _sign_in(anonymous).status_code == 302
    assert anonymous.cookies[ours.SESSION_COOKIE_NAME].value != before
    assert (
        Client(headers={"cookie": f"{ours.SESSION_COOKIE_NAME}={before}"}).get("/jobs/").status_code
        == 302
    )


def test_a_new_password_signs_out_everywhere_else(showcase: Showcase, served: None) -> None:
    here, there = Client(), Client()
    for one in (here, there):
        assert _sign_in(one).status_code == 302
    new = "another battery staple 9"
    answer = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert answer.status_code == 302
    # Immediately, not with the next request: pages open elsewhere stop receiving events.
    assert Session.objects.filter(account=showcase.person("recruiter")).count() == 1
    assert here.get("/jobs/").status_code == 200
    assert there.get("/jobs/").status_code == 302


def _move_back(client: Client, **seconds: float) -> None:
    session = client.session
    for name, ago in seconds.items():
        session[name] = time.time() - ago
    session.save()


def test_inactive_people_are_signed_out(recruiter: Client, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS = 1800
    assert recruiter.get("/jobs/").status_code == 200
    _move_back(recruiter, **{SEEN: 1700})
    assert recruiter.get("/jobs/").status_code == 200  # which counts as activity
    assert time.time() - recruiter.session[SEEN] < 60

    for unasked in ({UNASKED: "1"}, {"Accept": "text/event-stream"}, {"Accept": "image/avif,*/*"}):
        _move_back(recruiter, **{SEEN: 1700})
        recruiter.get("/status/", headers=unasked)  # automatic requests don't
        assert time.time() - recruiter.session[SEEN] > 1600
    _move_back(recruiter, **{SEEN: 1900})
    assert recruiter.get("/jobs/")["Location"] == "/accounts/login/?next=/jobs/"
    assert recruiter.get("/jobs/").status_code == 302


def test_no_session_lasts_forever(recruiter: Client, settings: Settings) -> None:
    recruiter.get("/jobs/")
    _move_back(recruiter, **{BEGAN: settings.SESSION_COOKIE_AGE + 1, SEEN: 10})
    assert recruiter.get("/jobs/").status_code == 302


def test_a_clock_that_was_ahead_lengthens_no_session(recruiter: Client) -> None:
    recruiter.get("/jobs/")
    _move_back(recruiter, **{BEGAN: -(10**7), SEEN: -(10**7)})
    assert recruiter.get("/jobs/").status_code == 200
    assert max(recruiter.session[BEGAN], recruiter.session[SEEN]) <= time.time()


def test_a_timeout_of_zero_never_ends_a_session(recruiter: Client, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS = 0
    recruiter.get("/jobs/")
    _move_back(recruiter, **{SEEN: 10**6})
    assert recruiter.get("/jobs/").status_code == 200


# --- attempts ---


def test_password_attempts_are_limited_by_account(showcase: Showcase, served: None) -> None:
    """Attempts are counted in the database, across processes and addresses."""
    for attempt in range(5):
        client = Client(REMOTE_ADDR=f"198.51.100.{attempt}")
        assert _sign_in(client, "wrong").status_code == 200
    from_elsewhere = Client(REMOTE_ADDR="198.51.100.77")
    assert _sign_in(from_elsewhere).status_code == 200  # the right password is refused too
    assert from_elsewhere.get("/jobs/").status_code == 302
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache_entry WHERE cache_key LIKE '%%login_failed%%'")
        assert cursor.fetchone()[0]


def test_password_attempts_are_limited_by_address(showcase: Showcase, served: None) -> None:
    client = Client(REMOTE_ADDR="198.51.100.9")
    for attempt in range(10):
        _sign_in(client, "wrong", f"nobody{attempt}@acme.example")
    assert _sign_in(client).status_code == 200
    assert client.get("/jobs/").status_code == 302
    assert _sign_in(Client(REMOTE_ADDR="198.51.100.10")).status_code == 302


def test_counts_of_attempts_are_not_pushed_out(database_url: str) -> None:
    from django.core.cache import cache

    cache.set("first", 1, 600)
    for number in range(400):  # more entries than Django's caches keep by default
        cache.set(f"other-{number}", 1, 600)
    assert cache.get("first") == 1


class _Refusing(BaseHTTPRequestHandler):
    """An ATS that refuses every key."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def refusing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    settings.JEMMO_ATS_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("form", ["connect", "rotate"])
def test_key_attempts_are_limited(
    form: str, showcase: Showcase, signed_in: SignedIn, refusing: str
) -> None:
    owner = signed_in("owner")
    connection = showcase.job("dev").connection
    Connection.objects.filter(id=connection.id).update(base_url=refusing)
    path = (
        "/settings/organization/ats/connect/teamtailor/"
        if form == "connect"
        else f"/settings/organization/ats/{connection.pk}/key/"
    )
    options = {f"option_{one.name}": one.default for one in CONNECTORS["teamtailor"].options}

    def try_one(client: Client = owner) -> str:
        given = {"key": "guess", "new_id": uuid4(), "base_url": refusing, **options}
        return client.post(path, given).content.decode()

    asked = [try_one() for _ in range(10)]
    assert not [one for one in asked if "Too many keys" in one]
    assert "Too many keys" in try_one()
    again = signed_in("owner")  # another session of the same person
    assert "Too many keys" in try_one(again)


def test_an_unsent_key_is_not_an_attempt(
    showcase: Showcase, signed_in: SignedIn, refusing: str
) -> None:
    """The first address doesn't respond and the second isn't allowed; the field with the error is visible."""
    owner = signed_in("owner")
    options = {f"option_{one.name}": one.default for one in CONNECTORS["teamtailor"].options}

    def try_at(address: str) -> str:
        given = {"key": "guess", "new_id": uuid4(), "base_url": address, **options}
        return owner.post("/settings/organization/ats/connect/teamtailor/", given).content.decode()

    with socket.socket() as closed:  # bound, but not listening
        closed.bind(("127.0.0.1", 0))
        asked = [try_at(f"http://127.0.0.1:{closed.getsockname()[1]}") for _ in range(6)]
    asked += [try_at("http://127.0.0.2") for _ in range(6)]

    assert all("Too many keys" not in page for page in asked)
    assert all('<details class="further" open>' in page for page in asked)
    assert "reach the ATS" in asked[0]
    assert "JEMMO_ATS_HOSTS" in asked[-1]
    refused = try_at(refusing)
    assert "refused the API key" in refused
    assert '<details class="further">' in refused


@pytest.mark.parametrize("forged", ["203.0.113.{}", "203.0.113.{}, 203.0.113.9", "x{}", ",,{}"])
def test_a_forged_address_has_no_separate_count(
    forged: str, showcase: Showcase, served: None
) -> None:
    """A local proxy passes on the visitor's header, which is ignored if no proxy is configured."""
    for attempt in range(10):
        client = Client(headers={"x-forwarded-for": forged.format(attempt)})
        _sign_in(client, "wrong", f"nobody{attempt}@acme.example")
    client = Client(headers={"x-forwarded-for": forged.format(99)})
    assert _sign_in(client).status_code == 200
    assert client.get("/jobs/").status_code == 302


@pytest.mark.parametrize(
    ("hops", "told", "counted"),
    [
        (0, "203.0.113.1", "192.0.2.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.7, 203.0.113.1", "203.0.113.1"),
        (2, "198.51.100.7, 203.0.113.1, 192.0.2.9", "203.0.113.1"),
        (2, "203.0.113.1", "192.0.2.1"),  # a request that bypassed the proxies
        (1, "203.0.113.1:4711", "203.0.113.1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "::ffff:203.0.113.1", "203.0.113.1"),
        (1, "nonsense", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_seen_by_our_outermost_proxy(
    hops: int, told: str, counted: str, settings: Settings, rf: RequestFactory
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = hops
    request = rf.get("/", headers={"x-forwarded-for": told}, REMOTE_ADDR="192.0.2.1")
    assert client_address(request) == counted


def test_guessing_does_not_lock_out_the_owner(showcase: Showcase, served: None) -> None:
    """The owner's browser is known and counted separately; a stolen cookie of another account doesn't help."""
    owner = Client()
    assert _sign_in(owner).status_code == 302
    owner.post("/accounts/logout/")
    for attempt in range(6):
        _sign_in(Client(REMOTE_ADDR=f"198.51.100.{attempt}"), "wrong")
    cookie = owner.cookies[ours.KNOWN_COOKIE_NAME].value

    assert _sign_in(Client(REMOTE_ADDR="198.51.100.77")).status_code == 200
    assert _sign_in(owner).status_code == 302
    for _ in range(5):  # known browsers are limited too
        _sign_in(Client(headers={"cookie": f"{ours.KNOWN_COOKIE_NAME}={cookie}"}), "wrong")
    owner.post("/accounts/logout/")
    assert _sign_in(owner).status_code == 200


def test_many_failures_elsewhere_do_not_affect_known_browsers(
    showcase: Showcase, served: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trying one password on many accounts from many addresses is slowed down too."""
    monkeypatch.setattr(sign_in, "FAILURES", sign_in.FAILURES._replace(most=3))
    owner = Client()
    assert _sign_in(owner).status_code == 302
    owner.post("/accounts/logout/")
    for attempt in range(3):
        address = f"198.51.100.{attempt}"
        _sign_in(Client(REMOTE_ADDR=address), "wrong", f"nobody{attempt}@acme.example")
    assert _sign_in(Client(REMOTE_ADDR="198.51.100.77")).status_code == 200
    assert _sign_in(owner).status_code == 302


def test_one_network_cannot_lock_out_everyone(
    showcase: Showcase, served: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The 65,536 /64 networks in a /48 share a single network's limit."""
    monkeypatch.setattr(sign_in, "FAILURES", sign_in.FAILURES._replace(most=5, share=3))
    for attempt in range(8):
        client = Client(REMOTE_ADDR=f"2001:db8:7:{attempt}::1")
        _sign_in(client, "wrong", f"nobody{attempt}@acme.example")

    assert _sign_in(Client(REMOTE_ADDR="2001:db8:7:99::1")).status_code == 200
    assert _sign_in(Client(REMOTE_ADDR="2001:db8:8::1")).status_code == 302


def test_an_ipv6_visitor_has_one_address(showcase: Showcase, served: None) -> None:
    for attempt in range(10):
        client = Client(REMOTE_ADDR=f"2001:db8:7:8::{attempt}")
        _sign_in(client, "wrong", f"nobody{attempt}@acme.example")

    assert _sign_in(Client(REMOTE_ADDR="2001:db8:7:8:ffff::1")).status_code == 200
    assert _sign_in(Client(REMOTE_ADDR="2001:db8:7:9::1")).status_code == 302


@pytest.mark.parametrize("host", ["testserver:9", "testserver:65535", "testserver"])
def test_an_email_links_to_no_other_port(host: str, showcase: Showcase, served: None) -> None:
    client = Client(headers={"host": host})
    client.post("/accounts/password/reset/", {"email": "recruiter@acme.example"})
    body = str(letters.sent()[0].body)
    (link,) = re.findall(r"https?://\S+", body)
    assert urlsplit(link).netloc == ("testserver" if host == "testserver" else "testserver:80")


def test_an_email_links_to_the_configured_address(
    showcase: Showcase, served: None, settings: Settings
) -> None:
    settings.SITE_URL = "https://jemmo.example"
    Client().post("/accounts/password/reset/", {"email": "recruiter@acme.example"})
    (link,) = re.findall(r"https?://\S+", str(letters.sent()[0].body))
    assert link.startswith("https://jemmo.example/accounts/password/reset/key/")


# --- sizes ---


def test_a_form_that_is_too_large_is_refused(recruiter: Client) -> None:
    answer = recruiter.post("/help/", {"body": "x" * (LARGEST + 1)})
    assert answer.status_code == 413
    assert "more than 1 MB" in answer.content.decode()
    many = recruiter.post("/help/", {f"f{number}": "" for number in range(600)})
    assert many.status_code == 413
    files = [SimpleUploadedFile(name, b"x") for name in ("a.png", "b.png")]
    assert recruiter.post("/help/", {"picture": files[:1]}).status_code == 200
    assert (
        recruiter.post("/help/", {"picture": files}).status_code == 413
    )  # only one picture per message is allowed


@pytest.mark.parametrize(
    "address",
    [
        *(f"{path}?q={'%22' * 9_000}" for path in ("/talents/", "/settings/profile/")),
        *(f"/accounts/login/?next=/{'x' * 5_000}", f"/nothing/{'x' * 5_000}"),
    ],
)
def test_an_address_that_no_search_makes_is_refused(address: str, recruiter: Client) -> None:
    """A list repeats its URL in every link; 9 KB of quotes would make a page of 368 KB."""
    answer = recruiter.get(address)
    assert answer.status_code == 414
    assert "The address (URL) is too long" in answer.content.decode()
    assert len(answer.content) < 9_000


@pytest.mark.parametrize("letter", ["a", "é", "𝒳", '"'])
def test_the_longest_search_passes_and_is_still_there_after_signing_in(
    letter: str, recruiter: Client
) -> None:
    address = f"/talents/?{urlencode({'q': letter * 200, 'sort': 'name'})}"
    assert recruiter.get(address).status_code == 200
    assert Client().get(address, follow=True).status_code == 200


@pytest.mark.parametrize("announced", [True, False])
async def test_its_body_is_not_even_read(announced: bool) -> None:
    """The check runs below Django, which would first read the whole body."""
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    async def pages(scope: Any, receive: Any, _send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        assert scope[TOO_LARGE]

    headers = [(b"content-length", b"999999999")] if announced else []
    scope: dict[str, Any] = {"type": "http", "headers": headers}

    async def send(_message: Any) -> None:
        return None

    await limited(pages)(scope, receive, send)
    assert asked <= (0 if announced else LARGEST // 65536 + 1)


async def test_the_server_answers_it_with_the_page(database_url: str, served: None) -> None:
    from jemmo.asgi import application

    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/accounts/login/",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"content-length", b"99999999"),
            (b"accept-language", b"fr"),
        ],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def receive() -> Any:
        return await never

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    assert sent[0]["status"] == 413
    assert "1\N{NO-BREAK SPACE}Mo" in b"".join(one.get("body", b"") for one in sent).decode()


# --- redirects and leaked information ---

FOREIGN = (
    "http://testserver//evil.example/x",
    "http://testserver/\\evil.example/x",
    "http://testserver//evil.example/x?y",
    "//testserver//evil.example",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "\thttps://evil.example",
    "https://[evil.example",
    "https://a" + "\u0301\u0327" * 2_500,
    "jobs",
    "nowhere",
)


def _leads_elsewhere(location: str) -> bool:
    """Whether a redirect leads to another host, read like a browser, which treats backslashes as slashes."""
    found = urlsplit(urljoin("http://testserver/accounts/login/", location.replace("\\", "/")))
    return found.netloc != "testserver" or found.scheme != "http"


@pytest.mark.parametrize("next_page", FOREIGN)
def test_redirects_stay_on_this_site(next_page: str, showcase: Showcase, served: None) -> None:
    given = {"next": next_page, "theme": "dark", "language": "fr", "screenshot": "off"}
    client = Client()
    answers = [
        client.post("/preferences/theme/", given),
        client.post("/i18n/setlang/", given, headers={"referer": next_page.strip()}),
        client.post(
            "/accounts/login/", {"login": "recruiter@acme.example", "password": PASSWORD, **given}
        ),
        client.post("/preferences/screenshot/", given),
        client.post("/accounts/logout/", given),
    ]
    for answer in answers:
        assert answer.status_code in {302, 204}, answer
        assert not _leads_elsewhere(answer.headers.get("Location", "")), answer
        assert "javascript" not in answer.headers.get("Location", ""), answer


def test_another_host_is_refused(showcase: Showcase, served: None) -> None:
    answer = Client().get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_an_error_reveals_no_internals(recruiter: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from jemmo.store.records import talents

    def breaks(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret inside: elodie.private@mail.example")

    monkeypatch.setattr(talents, "search", breaks)
    recruiter.raise_request_exception = False
    answer = recruiter.get("/talents/")
    page = answer.content.decode()
    assert answer.status_code == 500
    for inside in ("secret inside", "RuntimeError", "Traceback", "elodie", ".py", "SECRET"):
        assert inside not in page


# --- staff ---


@pytest.mark.parametrize("role", ["anonymous", "viewer", "recruiter", "owner", "outsider"])
def test_only_staff_can_open_the_admin(role: str, showcase: Showcase, signed_in: SignedIn) -> None:
    client = _as(role, showcase, signed_in)
    for _, path in addresses():
        if path.startswith("/admin/") and "login" not in path and "logout" not in path:
            answer = client.get(path)
            assert answer.status_code in {302, 404}, path
            assert "Conversation" not in answer.content.decode(), path


def test_the_admin_shows_no_personal_data_and_no_secret(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    from django.contrib import admin

    import jemmo.urls  # noqa: F401 - it says what is in the admin
    from jemmo.store.models import SupportThread

    assert set(admin.site._registry) == {SupportThread}
    recruiter = signed_in("recruiter")
    recruiter.post("/help/", {"body": "Call elodie.private@mail.example or +33 6 12 34 56 78"})
    staff = _as("staff", showcase, signed_in)
    thread = SupportThread.objects.get()
    pages = [
        staff.get(path).content.decode()
        for path in (
            "/admin/",
            "/admin/store/supportthread/",
            f"/admin/store/supportthread/{thread.pk}/change/",
        )
    ]
    assert "Call" in pages[2]
    for page in pages:
        assert "mail.example" not in page
        assert "6 12 34" not in page
        assert "recruiter@acme.example" not in page
