"""What every address of the application does, whoever asks: headers, tokens, limits; and what none of them tells."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client
from fakes.addresses import addresses
from fakes.showcase import PASSWORD, Showcase
from pytest_django import Settings

from jemmo.store.models import Account
from jemmo.web.limits import LARGEST, TOO_LARGE, limited
from jemmo.web.middleware import BEGAN, SEEN

SignedIn = Callable[[str], Client]
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ROLES = ("anybody", "viewer", "owner", "outsider", "staff")
STREAMS = {"events"}  # open for hours; its headers are the middleware's, as everywhere


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
    if role == "anybody":
        return Client()
    if role == "staff":
        account = showcase.person("owner")
        Account.objects.filter(pk=account.pk).update(is_staff=True, is_superuser=True)
        return signed_in("owner")
    return signed_in(role)


@pytest.mark.parametrize("role", ROLES)
def test_every_address_has_the_headers(role: str, showcase: Showcase, signed_in: SignedIn) -> None:
    client = _as(role, showcase, signed_in)
    walked = 0
    for name, path in addresses(_known(showcase)):
        if name in STREAMS or "logout" in path:
            continue
        for ask in (client.get, client.post):
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
            for cookie in answer.cookies.values():
                assert cookie["samesite"] == "Lax", (where, cookie.key)
                assert cookie["httponly"], (where, cookie.key)
            walked += 1
        if role == "staff":  # an answer may have signed them out
            client.force_login(showcase.person("owner"))
    assert walked > 150


def test_no_page_holds_what_the_policy_forbids(showcase: Showcase, signed_in: SignedIn) -> None:
    client = _as("staff", showcase, signed_in)
    for name, path in addresses(_known(showcase)):
        if name in STREAMS or path.startswith("/admin/"):
            continue
        answer = client.get(path)
        if "html" not in answer.headers.get("Content-Type", ""):
            continue
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page), path


def test_every_form_needs_its_token(showcase: Showcase, served: None) -> None:
    """A foreign page cannot post in somebody's name, wherever it posts to."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(showcase.person("owner"))
    for name, path in addresses(_known(showcase)):
        if name in STREAMS:
            continue
        for ask in (client.post, client.put, client.delete):
            answer = ask(path, secure=False)
            assert answer.status_code in {302, 403, 404, 405}, (path, answer.status_code)
            if answer.status_code == 302:
                assert "/login/" in answer["Location"] or path.startswith("/admin/"), path


def test_cookies_are_of_this_host_and_tls_alone_behind_tls() -> None:
    """In a process of its own, since settings are read once."""
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


def test_signing_in_changes_the_session(showcase: Showcase, anybody: Client) -> None:
    anybody.get("/accounts/login/")
    session = anybody.session
    session["planted"] = "by somebody else"
    session.save()
    anybody.cookies[ours.SESSION_COOKIE_NAME] = str(session.session_key)
    before = session.session_key

    assert _sign_in(anybody).status_code == 302
    assert anybody.cookies[ours.SESSION_COOKIE_NAME].value != before
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
    assert here.get("/jobs/").status_code == 200
    assert there.get("/jobs/").status_code == 302


def _move_back(client: Client, **seconds: float) -> None:
    session = client.session
    for name, ago in seconds.items():
        session[name] = time.time() - ago
    session.save()


def test_who_does_nothing_is_signed_out(recruiter: Client, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS = 1800
    assert recruiter.get("/jobs/").status_code == 200
    _move_back(recruiter, **{SEEN: 1700})
    assert recruiter.get("/jobs/").status_code == 200  # and counts as being there
    assert time.time() - recruiter.session[SEEN] < 60

    _move_back(recruiter, **{SEEN: 1700})
    recruiter.get("/status/")  # what the page asks by itself does not
    assert time.time() - recruiter.session[SEEN] > 1600
    _move_back(recruiter, **{SEEN: 1900})
    assert recruiter.get("/jobs/")["Location"] == "/accounts/login/?next=/jobs/"
    assert recruiter.get("/jobs/").status_code == 302


def test_nobody_stays_signed_in_for_ever(recruiter: Client, settings: Settings) -> None:
    recruiter.get("/jobs/")
    _move_back(recruiter, **{BEGAN: settings.SESSION_COOKIE_AGE + 1, SEEN: 10})
    assert recruiter.get("/jobs/").status_code == 302


def test_a_time_out_of_nothing_is_none(recruiter: Client, settings: Settings) -> None:
    settings.SESSION_IDLE_SECONDS = 0
    recruiter.get("/jobs/")
    _move_back(recruiter, **{SEEN: 10**6})
    assert recruiter.get("/jobs/").status_code == 200


# --- attempts ---


def test_passwords_are_tried_a_few_times_for_an_account(showcase: Showcase, served: None) -> None:
    """Counted in the database, so that other processes and addresses count along."""
    for attempt in range(5):
        client = Client(REMOTE_ADDR=f"198.51.100.{attempt}")
        assert _sign_in(client, "wrong").status_code == 200
    from_elsewhere = Client(REMOTE_ADDR="198.51.100.77")
    assert _sign_in(from_elsewhere).status_code == 200  # the right one, and not let in
    assert from_elsewhere.get("/jobs/").status_code == 302
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache_entry WHERE cache_key LIKE '%%login_failed%%'")
        assert cursor.fetchone()[0]


def test_and_from_an_address(showcase: Showcase, served: None) -> None:
    client = Client(REMOTE_ADDR="198.51.100.9")
    for attempt in range(10):
        _sign_in(client, "wrong", f"nobody{attempt}@acme.example")
    assert _sign_in(client).status_code == 200
    assert client.get("/jobs/").status_code == 302
    assert _sign_in(Client(REMOTE_ADDR="198.51.100.10")).status_code == 302


def test_counts_of_attempts_are_not_pushed_out() -> None:
    from django.core.cache import cache

    assert cache._max_entries >= 100_000


@pytest.mark.parametrize("form", ["connect", "rotate"])
def test_keys_are_tried_a_few_times(form: str, showcase: Showcase, signed_in: SignedIn) -> None:
    owner = signed_in("owner")
    connection = showcase.job("dev").connection
    path = (
        "/settings/ats/connect/teamtailor/"
        if form == "connect"
        else f"/settings/ats/{connection.pk}/key/"
    )
    from uuid import uuid4

    from jemmo.services.connecting import connector_named

    options = {f"option_{one.name}": one.default for one in connector_named("teamtailor").options}  # type: ignore[union-attr]

    def try_one(client: Client = owner) -> str:
        given = {"key": "guess", "new_id": uuid4(), "base_url": "https://127.0.0.1", **options}
        return client.post(path, given).content.decode()

    asked = [try_one() for _ in range(10)]
    assert not [one for one in asked if "Too many keys" in one]
    assert "Too many keys" in try_one()
    again = signed_in("owner")  # another sign-in of the same person
    assert "Too many keys" in try_one(again)


# --- sizes ---


def test_a_form_that_is_too_large_is_refused(recruiter: Client) -> None:
    answer = recruiter.post("/help/", {"body": "x" * (LARGEST + 1)})
    assert answer.status_code == 413
    assert "larger than one megabyte" in answer.content.decode()
    many = recruiter.post("/help/", {f"f{number}": "" for number in range(600)})
    assert many.status_code == 413
    from io import BytesIO

    file = BytesIO(b"x")
    file.name = "a.txt"
    assert recruiter.post("/help/", {"file": file}).status_code == 413


@pytest.mark.parametrize("announced", [True, False])
async def test_its_body_is_not_even_read(announced: bool) -> None:
    """Beneath Django, which would take all of it first."""
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
    assert "mégaoctet" in b"".join(one.get("body", b"") for one in sent).decode()


# --- where answers lead, and what they tell ---

FOREIGN = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "\thttps://evil.example",
)


@pytest.mark.parametrize("next_page", FOREIGN)
def test_nobody_is_led_elsewhere(next_page: str, showcase: Showcase, served: None) -> None:
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
        assert "evil" not in answer.headers.get("Location", ""), answer
        assert "javascript" not in answer.headers.get("Location", ""), answer


def test_another_host_is_refused(showcase: Showcase, served: None) -> None:
    answer = Client().get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_an_error_tells_nothing_of_the_inside(
    recruiter: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jemmo.store.selectors import talents

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


@pytest.mark.parametrize("role", ["anybody", "viewer", "recruiter", "owner", "outsider"])
def test_only_staff_get_into_the_admin(role: str, showcase: Showcase, signed_in: SignedIn) -> None:
    client = _as(role, showcase, signed_in)
    for _, path in addresses():
        if path.startswith("/admin/") and "login" not in path and "logout" not in path:
            answer = client.get(path)
            assert answer.status_code in {302, 404}, path
            assert "Conversation" not in answer.content.decode(), path


def test_the_admin_shows_nobodys_data_and_no_secret(
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
