"""The end of a sync is announced once, without losses: in the list, by e-mail, and in the chat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import pytest
from django.test import Client
from fakes.company import Company
from fakes.log_lines import log_lines, read
from fakes.receivers import Chat, MailServer, receivers
from fakes.running import run_source
from fakes.showcase import Showcase, _acme
from fakes.source import SPECS, FakeSource
from pytest_django import Settings

from jemmo.domain.errors import ConfigError, JemmoError, TransientError
from jemmo.domain.streams import Mode
from jemmo.rest_client.outward import check_address, post_json
from jemmo.services.notifications import notifications
from jemmo.store.models import Delivery, Membership, Notification
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]

REFUSED = ConfigError("key_refused", ats="Acme")
AWAY = TransientError()


@pytest.fixture
def others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[MailServer, Chat]]:
    with receivers() as (mail, chat):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        monkeypatch.setenv("JEMMO_CHAT_HOSTS", f"127.0.0.1:{chat.port}")
        yield mail, chat


@pytest.fixture
def company(showcase: Showcase, database_url: str) -> Company:
    return Company(database_url, showcase.org.connections.get().id)


def sync(company: Company, error: JemmoError | None = None) -> None:
    source = FakeSource(_acme(), specs=SPECS, fail_after=0 if error else None, error=error)
    asyncio.run(run_source(source, company, Mode.INCREMENTAL))


def send(later: timedelta = timedelta(0)) -> int:
    return notifications.send_due(vault=default_vault(), now=datetime.now(UTC) + later)


def connect_chat(admin: Client, chat: Chat) -> None:
    answer = admin.post(
        "/settings/notifications/",
        {"form": "organisation", "chat_when": "trouble", "chat_url": chat.url},
        follow=True,
    )
    assert "Saved." in answer.content.decode()


def test_a_failure_and_its_end_are_announced_once(
    company: Company, signed_in: SignedIn, others: tuple[MailServer, Chat]
) -> None:
    mail, chat = others
    admin = signed_in("admin")
    connect_chat(admin, chat)
    for _ in range(3):
        sync(company, REFUSED)
    assert send() == 3  # the owner, the admin, the chat
    assert len(mail.messages) == 2
    whole = "".join(mail.messages)
    assert "admin@acme.example" in whole
    assert "recruiter@" not in whole
    assert (
        "Acme refused the API key. The key was revoked or mistyped, or it belongs to another account. Create a new key"
        in whole
    )
    assert "failed" in chat.received[0]["text"]

    page = admin.get("/notifications/").content.decode()
    assert "The same error has occurred 3 times in a row." in page
    assert 'aria-label="Notifications, 1 unread"' in page

    sync(company)
    assert send() == 3
    assert "working again" in chat.received[1]["text"]
    sync(company)
    assert send() == 0


def test_an_email_is_in_the_language_of_the_last_sign_in(
    company: Company, anonymous: Client, others: tuple[MailServer, Chat]
) -> None:
    mail, _ = others
    admin = Membership.objects.get(account__email="admin@acme.example").account
    admin.set_password("a-password-of-the-test")
    admin.save()
    signing_in = {"login": admin.email, "password": "a-password-of-the-test"}
    answer = anonymous.post("/accounts/login/", signing_in, headers={"Accept-Language": "fr"})
    assert answer.status_code == 302

    sync(company, REFUSED)
    send()

    texts = {message["To"]: message.get_content() for message in parsed(mail)}
    assert len(texts) == 2
    assert "Acme a refusé la clé API" in texts.pop(admin.email)
    assert "Acme refused the API key" in texts.popitem()[1]


def parsed(mail: MailServer) -> list[EmailMessage]:
    return [message_from_bytes(text.encode(), policy=policy.default) for text in mail.messages]


def test_temporary_failures_are_sent_after_the_second_time(
    company: Company, others: tuple[MailServer, Chat]
) -> None:
    sync(company, AWAY)
    assert send() == 0
    sync(company, AWAY)
    assert send() == 2
    sync(company, AWAY)
    assert send() == 0


def notified(showcase: Showcase, count: int) -> None:
    """Create this number of connections with failed syncs, sent to the admin by e-mail and to the chat."""
    admin = Membership.objects.get(account__email="admin@acme.example")
    like = showcase.org.connections.order_by("created_at")[0]
    for number in range(count):
        like.pk, like.label, like.account_id = uuid4(), f"Branch {number}", f"branch-{number}"
        like.save(force_insert=True)
        told = Notification.objects.create(
            org=showcase.org,
            connection=like,
            kind="sync_failed",
            facts={"error": {"message": "The ATS is away.", "next_step": "Wait."}},
        )
        for channel, member in (("email", admin), ("chat", None)):
            Delivery.objects.create(notification=told, channel=channel, membership=member)


def test_simultaneous_failures_are_one_message(
    showcase: Showcase, signed_in: SignedIn, others: tuple[MailServer, Chat]
) -> None:
    mail, chat = others
    connect_chat(signed_in("admin"), chat)
    notified(showcase, 12)

    assert send() == 24

    assert len(mail.messages) == len(chat.received) == 1
    assert "12 notifications" in chat.received[0]["text"]
    for number in range(12):
        assert f"Branch {number} sync failed" in chat.received[0]["text"]
    assert not Delivery.objects.filter(sent_at=None).exists()


def test_successive_failures_are_combined_after_a_few_messages(
    showcase: Showcase, signed_in: SignedIn, others: tuple[MailServer, Chat]
) -> None:
    mail, chat = others
    connect_chat(signed_in("admin"), chat)
    for minute in range(10):
        notified(showcase, 1)
        send(timedelta(minutes=minute))
    assert len(mail.messages) == len(chat.received) == 3

    assert send(timedelta(minutes=18)) == 14
    assert len(mail.messages) == 4
    assert "7 notifications" in chat.received[3]["text"]
    assert not Delivery.objects.filter(sent_at=None).exists()


def test_a_failing_receiver_loses_nothing_and_is_shown(
    company: Company, signed_in: SignedIn, others: tuple[MailServer, Chat]
) -> None:
    mail, chat = others
    admin = signed_in("admin")
    connect_chat(admin, chat)
    mail.refuses, chat.status = True, 503
    sync(company, REFUSED)

    with log_lines() as kept:
        assert send() == 0
    told = [line for line in read(kept) if line["event"] == "notification not sent"]
    assert sorted((line["channel"], line["reason"]) for line in told) == [
        ("chat", "receiver_busy"),
        *[("email", "mail_refused:SMTPDataError")] * 2,
    ]
    for private in ("acme.example", "127.0.0.1", "Acme"):
        assert private not in kept.getvalue()
    page = admin.get("/settings/notifications/").content.decode()
    assert "The mail server didn&#x27;t accept the email." in page
    assert "127.0.0.1 responded with an error (HTTP 503)." in page
    french = admin.get("/settings/notifications/", HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    assert "Le serveur de messagerie n’a pas accepté l’e-mail." in french
    assert "Not sent" not in signed_in("recruiter").get("/settings/notifications/").content.decode()

    assert send() == 0  # not due yet
    mail.refuses, chat.status = False, 200
    assert send(timedelta(minutes=2)) == 3
    assert len(mail.messages) == 2
    assert "Not sent" not in admin.get("/settings/notifications/").content.decode()


def test_the_chats_address_is_secret(
    company: Company, showcase: Showcase, signed_in: SignedIn, others: tuple[MailServer, Chat]
) -> None:
    connect_chat(signed_in("admin"), others[1])

    page = signed_in("admin").get("/settings/notifications/").content.decode()
    assert "The chat at 127.0.0.1 is connected." in page
    assert "/hook" not in page
    found = asyncio.run(company.rows("SELECT n::text FROM organisation_notices n"))
    assert "/hook" not in found[0][0]
    answer = signed_in("recruiter").post(
        "/settings/notifications/", {"form": "organisation", "chat_when": "all"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://chat.example/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest",
        "https://10.1.2.3/",
        "https://100.64.0.1/",
        "https://localhost/hook",
        "https://user:pass@chat.example/",
        "https://chat.example:0/",
        "ftp://chat.example/",
        "https://",
        "https://[broken",
        "nonsense",
    ],
)
def test_messages_only_go_to_the_public_internet(url: str) -> None:
    with pytest.raises(ConfigError):
        check_address(url)


def test_a_name_that_leads_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The actual destination of the connection counts, not what the name resolved to when it was entered."""
    loop_answers = [(2, 1, 6, "", ("127.0.0.1", 443))]

    async def resolve(*_: object, **__: object) -> list[object]:
        return list(loop_answers)

    async def post() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        await post_json("https://rebinding.example/", {"text": "hello"})

    with pytest.raises(ConfigError, match="private network"):
        asyncio.run(post())


def test_redirects_are_not_followed(others: tuple[MailServer, Chat]) -> None:
    chat = others[1]
    chat.status = 302
    with pytest.raises(ConfigError, match="302"):
        asyncio.run(post_json(chat.url, {"text": "x"}, allowed=notifications.allowed_hosts()))


def test_notifications_are_read_separately_by_each_member(
    company: Company, signed_in: SignedIn
) -> None:
    admin, recruiter, outsider = (signed_in(who) for who in ("admin", "recruiter", "outsider"))
    sync(company, REFUSED)
    number = asyncio.run(company.value("SELECT max(id) FROM notification"))
    assert "Acme refused the API key" in recruiter.get(f"/notifications/{number}/").content.decode()
    assert outsider.get(f"/notifications/{number}/").status_code == 404

    admin.post("/notifications/read/", {"number": number})
    outsider.post("/notifications/read/", {"number": number})
    assert asyncio.run(company.value("SELECT count(*) FROM notification_read")) <= 1
    assert "is-unread" in recruiter.get("/notifications/").content.decode()
    admin.post("/notifications/read/")
    assert "is-unread" not in admin.get("/notifications/").content.decode()
    assert admin.post("/notifications/read/", {"number": "x"}).status_code == 404


def test_a_member_may_want_none_or_all(
    company: Company, signed_in: SignedIn, others: tuple[MailServer, Chat]
) -> None:
    for who, when in (("owner", "never"), ("admin", "never"), ("viewer", "all")):
        signed_in(who).post("/settings/notifications/", {"form": "member", "email_when": when})
    sync(company, REFUSED)
    assert send() == 1
    assert "viewer@acme.example" in others[0].messages[0]
    number = asyncio.run(company.value("SELECT max(id) FROM notification"))
    assert signed_in("viewer").get(f"/notifications/{number}/").content == b""


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "-1", "x", "٣"])
def test_an_invalid_number_marks_nothing_as_read(signed_in: SignedIn, number: str) -> None:
    assert (
        signed_in("recruiter").post("/notifications/read/", {"number": number}).status_code == 404
    )
