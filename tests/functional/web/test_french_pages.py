"""French pages contain no English sentences: compares each page in both languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext
from fakes import letters
from fakes.showcase import PASSWORD, Showcase
from functional.web.test_screenshot_mode import pages
from pytest_django import Settings

from jemmo.domain.error_catalog import ERROR_CATALOG, Entry
from jemmo.domain.notices import Kind
from jemmo.services.notifications import notifications
from jemmo.store.models import Connection, Delivery, Membership, Notification, Rejection, SyncRun

SignedIn = Callable[[str], Client]
SHOWN = {"title", "placeholder", "aria-label", "alt", "data-done", "data-label"}
SILENT = {"script", "style", "title", "bdi", "code", "pre", "time", "option"}
VOID = {"br", "img", "input", "meta", "link", "hr", "path", "rect", "circle", "wbr"}
SEVERAL = re.compile(r"[A-Za-zÀ-ÿ][\w'’-]*\s+[A-Za-zÀ-ÿ][\w'’-]+")
"""Two words or more, since a single word may be a name or the same in both languages."""
NO_PAGES = (
    *("/events/", "/readyz", "/healthz", "/metrics", "/settings/logs/download.jsonl", "/api/"),
    *("/jobs/download.", "/talents/download.", "/mcp"),
)
"""URLs for programs, which stay English."""


class Texts(HTMLParser):
    """The texts that a page shows or reads aloud, without data and texts marked as English."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._open: list[tuple[str, bool]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = self._is_silent() or tag in SILENT or given.get("dir") == "auto"
        silent = silent or (given.get("lang") == "en" and tag != "html")
        if not silent:
            self.texts |= {value for name, value in given.items() if name in SHOWN and value}
        if tag not in VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_silent():
            self.texts.add(" ".join(data.split()))

    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def several(texts: Iterable[str]) -> set[str]:
    return {text for text in texts if SEVERAL.search(text)}


def told(client: Client, path: str) -> set[str]:
    answer = client.get(path)
    body = (b"".join(answer) if answer.streaming else answer.content).decode()
    if "csv" in answer.headers.get("Content-Type", ""):
        rows = csv.DictReader(io.StringIO(body))
        return several(row[name] for row in rows for name in row if name != "message")
    return several(Texts(body).texts)


def in_french(client: Client) -> Client:
    client.post("/i18n/setlang/", {"language": "fr", "next": "/jobs/"})
    return client


@pytest.fixture
def troubled(showcase: Showcase) -> None:
    """A company with every kind of error, warning, rejection and notification."""
    run = showcase.run()
    Connection.objects.filter(org=showcase.org).update(
        last_error=_error("key_refused"), files_error=_error("storage_refused"), state="refused"
    )
    codes = [code for code, entry in ERROR_CATALOG.items() if _is_for_pages(entry)]
    codes.append("unheard_of")
    warnings = [{**_error(code), "count": 2} for code in codes]
    report = {**run.report, "error": _error("ats_unavailable"), "warnings": warnings}
    SyncRun.objects.filter(id=run.id).update(status="failed", report=report)
    for code in codes:
        Rejection.objects.create(
            connection=run.connection,
            stream="talents",
            remote_id=f"r-{code}",
            code=code,
            message=_error(code)["message"],
        )
    facts = {"error": _error("unavailable"), "counts": {"jobs": 3}, "days": 2, "people": 1, "of": 2}
    for kind in Kind:
        Notification.objects.create(
            org=showcase.org, connection=run.connection, run_id=run.id, kind=kind, facts=facts
        )


def _is_for_pages(entry: Entry) -> bool:
    """Whether pages show an entry; texts that only the command line shows stay English."""
    with translation.override("fr"):
        texts = [entry.message] if entry.for_operator else [entry.message, entry.next_step]
        return all(gettext(text) != text for text in texts)


def _error(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": f"This went wrong in English with {code}.",
        "next_step": "Do this in English please.",
    }


@pytest.mark.sample(1)
@pytest.mark.parametrize("state", ["well", "troubled"])
def test_no_french_page_contains_english(
    request: pytest.FixtureRequest, showcase: Showcase, signed_in: SignedIn, state: str
) -> None:
    if state == "troubled":
        request.getfixturevalue("troubled")
    english, french = signed_in("owner"), in_french(signed_in("owner"))
    same: dict[str, set[str]] = {}
    for path in (*pages(showcase), "/nowhere/"):
        if path.startswith(NO_PAGES):
            continue
        for text in told(english, path) & told(french, path):
            same.setdefault(text, set()).add(path)
    assert same == {}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_paragraph_says_a_sentence_twice(
    showcase: Showcase, signed_in: SignedIn, language: str
) -> None:
    reader = signed_in("owner")
    reader.cookies["django_language"] = language
    repeated: dict[str, set[str]] = {}
    for path in pages(showcase):
        if path.startswith(NO_PAGES):
            continue
        answer = reader.get(path)
        markup = (b"".join(answer) if answer.streaming else answer.content).decode()
        for paragraph in re.findall(r"<p\b[^>]*>(.*?)</p>", markup, re.DOTALL):
            text = " ".join(re.sub(r"<[^>]*>", " ", paragraph).split())
            sentences = re.split(r"(?<=[.!?])\s+", text)
            for sentence in sentences:
                if SEVERAL.search(sentence) and sentences.count(sentence) > 1:
                    repeated.setdefault(sentence, set()).add(path)
    assert repeated == {}


@pytest.mark.long
def test_refusals_by_role_are_in_french(
    showcase: Showcase, troubled: None, signed_in: SignedIn
) -> None:
    for role in ("viewer", "recruiter"):
        english, french = signed_in(role), in_french(signed_in(role))
        for path in ("/jobs/", "/talents/", "/notifications/", "/help/", "/settings/members/"):
            assert told(english, path) & told(french, path) == set(), (role, path)


def test_signing_in_is_in_french_from_the_first_page(anonymous: Client, showcase: Showcase) -> None:
    """Includes the pages and messages of the library: sign-in, its refusals, two-step sign-in, a new password."""
    english, french = Client(), in_french(Client())
    wrong = {"login": "recruiter@acme.example", "password": "wrong"}
    right = {**wrong, "password": PASSWORD}
    password = {"oldpassword": "wrong", "password1": "a", "password2": "b"}
    steps: list[tuple[str, dict[str, str] | None]] = [
        *(("/accounts/login/", None), ("/accounts/login/", {}), ("/accounts/login/", wrong)),
        *(("/accounts/password/reset/", None), ("/accounts/password/reset/", {})),
        *(("/accounts/login/", right), ("/accounts/reauthenticate/", None)),
        *(
            ("/accounts/reauthenticate/", {"password": "wrong"}),
            ("/accounts/password/change/", None),
        ),
        *(("/accounts/password/change/", password), ("/accounts/2fa/", None)),
        *(
            ("/accounts/reauthenticate/", {"password": PASSWORD}),
            ("/accounts/2fa/totp/activate/", None),
        ),
        *(("/accounts/2fa/totp/activate/", {"code": "1"}), ("/accounts/email/", None)),
        *(("/accounts/email/", {"email": "x"}), ("/accounts/logout/", None)),
    ]
    for path, posted in steps:
        pair = [
            client.get(path) if posted is None else client.post(path, posted)
            for client in (english, french)
        ]
        assert pair[0].status_code == pair[1].status_code
        same = set.intersection(*(several(Texts(one.content.decode()).texts) for one in pair))
        assert same == set(), (path, posted)


def test_emails_are_in_the_recipients_language(
    showcase: Showcase, troubled: None, settings: Settings, anonymous: Client
) -> None:
    settings.EMAIL_HOST = "mail.example"
    membership = Membership.objects.get(account__email="owner@acme.example")
    for notice in Notification.objects.all():
        due = [Delivery(notification=notice, membership=membership, channel="email")]
        english, french = (_said(due, language) for language in ("en", "fr"))
        assert english & french == set(), notice.kind
    for client in (anonymous, in_french(Client())):
        client.post("/accounts/password/reset/", {"email": "recruiter@acme.example"})
    assert len(letters.sent()) == 2
    english, french = (
        several((str(one.subject), *str(one.body).splitlines())) for one in letters.sent()
    )
    assert english & french == set()


def _said(due: list[Delivery], language: str) -> set[str]:
    with translation.override(language):
        return several(notifications._text("email", due).splitlines())
