"""Pages queue their e-mails for the worker: a slow or broken mail server affects no page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from fakes import letters
from fakes.receivers import MailServer, receivers
from fakes.showcase import PASSWORD, Showcase
from procrastinate.contrib.django import app
from pytest_django import Settings

from jemmo.domain.errors import TransientError
from jemmo.services.notifications import outbox
from jemmo.store.models import Account
from jemmo.web.accounts import sign_in

WHO = "recruiter@acme.example"
RESET = "/accounts/password/reset/"
pytestmark = pytest.mark.usefixtures("showcase", "served")


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with receivers() as (found, _):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield found


def queued() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args::text FROM procrastinate_jobs WHERE task_name = %s", [outbox.SEND]
        )
        return [arguments for (arguments,) in cursor.fetchall()]


def work() -> None:
    async def once() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's
        with app.replace_connector(connector) as running:
            async with running.open_async():
                await running.run_worker_async(
                    queues=["notifications"], wait=False, install_signal_handlers=False
                )

    asyncio.run(once())


def test_a_worker_sends_what_a_page_has_queued(server: MailServer) -> None:
    assert Client().post(RESET, {"email": WHO}).status_code == 302
    assert server.messages == []
    (arguments,) = queued()
    assert WHO not in arguments  # encrypted, since its link opens an account
    assert RESET not in arguments

    work()
    (letter,) = server.messages
    assert f"To: {WHO}" in letter
    assert f"{RESET}key/" in letter


def test_a_mail_server_that_refuses_is_asked_again(server: MailServer) -> None:
    server.refuses = True
    Client().post(RESET, {"email": WHO})
    work()
    assert server.messages == []
    assert len(queued()) == 1

    server.refuses = False
    letters.sent()
    assert len(server.messages) == 1


def test_a_worker_without_a_mail_server_keeps_an_email(settings: Settings) -> None:
    Client().post(RESET, {"email": WHO})
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    with pytest.raises(TransientError):
        letters.sent()


def test_a_password_changes_while_the_mail_server_is_down(
    server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_PORT = 1
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.post("/accounts/login/", {"login": WHO, "password": PASSWORD})
    new = "another horse entirely"
    changed = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert changed.status_code == 302
    assert Account.objects.get(email=WHO).check_password(new)
    assert here.get("/jobs/").status_code == 200
    assert elsewhere.get("/jobs/").status_code == 302  # signed out
    assert len(queued()) == 1


def test_an_unknown_address_gets_no_email_and_the_same_response() -> None:
    known, unknown = (
        Client().post(RESET, {"email": email}) for email in (WHO, "nobody@acme.example")
    )
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(queued()) == 2
    assert [letter.to for letter in letters.sent()] == [[WHO]]


def test_resets_are_limited_by_network_and_in_total(
    showcase: Showcase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "RESETS", sign_in.RESETS._replace(most=3, share=2))
    owner = Client()
    owner.post("/accounts/login/", {"login": WHO, "password": PASSWORD})
    owner.post("/accounts/logout/")

    def status(address: str) -> int:
        browser = Client(REMOTE_ADDR=address)
        return browser.post(
            RESET, {"email": f"{address}@acme.example".replace(":", "")}
        ).status_code

    assert [status(f"2001:db8:7:{number}::1") for number in range(3)] == [302, 302, 429]
    assert [status(f"198.51.{number}.7") for number in range(2)] == [302, 429]
    assert owner.post(RESET, {"email": WHO}).status_code == 302  # a known browser is not affected


def test_a_subject_is_one_line_and_a_broken_address_is_refused() -> None:
    assert outbox.post("a\r\nsubject", "a body", "nobody@example.com")
    assert letters.sent()[0].subject == "a subject"
    outbox.post("a subject", "a body", "no address\n")
    with pytest.raises(TransientError):
        letters.sent()
    assert len(mail.outbox) == 1
