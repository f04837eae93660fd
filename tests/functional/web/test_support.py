"""The help bubble: what it opens with, what is sent, who answers, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client
from fakes.showcase import EMAIL, Showcase
from pytest_django import Settings

from jemmo.store.models import Account, Connection, SupportMessage, SupportThread

SignedIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
REFUSED = {
    "code": "key_refused",
    "message": f"Teamtailor refused the key of Acme Inc ({EMAIL}).",
    "next_step": "Make a new key.",
}


@pytest.fixture
def refused(showcase: Showcase) -> None:
    Connection.objects.filter(org=showcase.org).update(
        state="refused", last_error=REFUSED, account_name="Acme Inc"
    )


@pytest.fixture
def staff(showcase: Showcase, served: None) -> Client:
    client = Client()
    client.force_login(Account.objects.create_superuser("support@jemmo.example", "x"))
    return client


def send(client: Client, body: str = "It does not work", **more: str) -> str:
    answer = client.post("/help/", {"body": body, "attach": "on", **more}, headers=HTMX)
    return answer.content.decode()


def test_it_opens_with_what_is_wrong_and_what_helps(
    showcase: Showcase, refused: None, recruiter: Client, signed_in: SignedIn
) -> None:
    page = recruiter.get("/help/", headers=HTMX).content.decode()

    assert "Your key was refused" in page
    assert "Make a new key" in page
    assert "Everything is synced" in signed_in("outsider").get("/help/").content.decode()


def test_the_error_is_attached_as_it_was_shown_without_who_is_meant(
    showcase: Showcase, refused: None, recruiter: Client
) -> None:
    page = recruiter.get("/help/", headers=HTMX).content.decode()
    shown = page.split('aria-label="The last error">')[1].split("</textarea>")[0]
    assert "user@example.com" in shown
    assert "Acme" not in shown

    send(recruiter, error=shown.replace("&amp;", "&"), steps=f"opened /talents/?q={EMAIL}")

    said = SupportMessage.objects.get()
    assert said.error == shown.replace("&amp;", "&")
    assert EMAIL not in said.steps
    assert "user@example.com" in said.steps


def test_nothing_is_attached_unless_asked(recruiter: Client) -> None:
    recruiter.post("/help/", {"body": "Hello", "error": "E", "steps": "S"}, headers=HTMX)

    said = SupportMessage.objects.get()
    assert (said.body, said.error, said.steps) == ("Hello", "", "")


def test_support_answers_and_the_badge_tells(recruiter: Client, staff: Client) -> None:
    assert "Sent. The answer appears here" in send(recruiter)
    thread = SupportThread.objects.get()
    listed = staff.get("/admin/store/supportthread/").content.decode()
    assert f"#{thread.account_id}" in listed
    assert "recruiter@acme.example" not in listed
    path = f"/admin/store/supportthread/{thread.id}/change/"
    assert "It does not work" in staff.get(path).content.decode()

    staff.post(path, {"answer": "Enter a new key <b>please</b>"})

    assert "1 new answer" in recruiter.get("/jobs/").content.decode()
    assert "1 new answer" in recruiter.get("/help/badge/").content.decode()
    read = recruiter.get("/help/thread/").content.decode()
    assert "Enter a new key &lt;b&gt;please" in read
    assert "new answer" not in recruiter.get("/jobs/").content.decode()
    assert not SupportThread.objects.get().waiting


def test_a_closed_conversation_is_over_and_the_next_message_begins_another(
    recruiter: Client, staff: Client
) -> None:
    send(recruiter)
    first = SupportThread.objects.get()
    staff.post(f"/admin/store/supportthread/{first.id}/change/", {"answer": "Bye", "close": "on"})

    assert "It does not work" not in recruiter.get("/help/").content.decode()
    send(recruiter, "Again")
    assert SupportThread.objects.filter(closed_at=None).exclude(id=first.id).count() == 1


def test_a_conversation_is_the_persons_alone(recruiter: Client, signed_in: SignedIn) -> None:
    send(recruiter, "for support only")

    for role in ("owner", "viewer", "outsider"):
        for path in ("/help/", "/help/thread/"):
            assert "for support only" not in signed_in(role).get(path).content.decode()


@pytest.mark.parametrize("role", ["owner", "recruiter"])
def test_members_do_not_reach_the_admin(signed_in: SignedIn, role: str) -> None:
    answer = signed_in(role).get("/admin/store/supportthread/")

    assert answer.status_code in (302, 403)


def test_the_support_address_is_told(settings: Settings, recruiter: Client) -> None:
    send(recruiter)
    assert mail.outbox == []
    settings.SUPPORT_EMAIL = "help@jemmo.example"

    send(recruiter, "Still not")

    assert [one.to for one in mail.outbox] == [["help@jemmo.example"]]
    assert "Still not" in mail.outbox[0].body
    assert "/admin/store/supportthread/" in mail.outbox[0].body


@pytest.mark.parametrize("body", ["", "   ", "x" * 10_001])
def test_what_cannot_be_sent_is_said(recruiter: Client, body: str) -> None:
    assert "errorlist" in send(recruiter, body)
    assert not SupportThread.objects.exists()


def test_without_a_script_it_is_a_page(recruiter: Client) -> None:
    assert recruiter.post("/help/", {"body": "Hello"})["Location"] == "/help/"
    assert "Hello" in recruiter.get("/help/").content.decode()
    assert SupportMessage.objects.get().at <= datetime.now(UTC)
