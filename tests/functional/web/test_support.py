"""The help bubble: its initial content, what is sent, who replies, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from fakes import letters
from fakes.company import give_key
from fakes.pictures import part, png
from fakes.showcase import EMAIL, Showcase
from pytest_django import Settings

from jemmo.services.notifications import support
from jemmo.store.models import Account, Connection, SupportMessage, SupportPicture, SupportThread

SignedIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
REFUSED = {
    "code": "key_refused",
    "message": f"Teamtailor refused the key of Acme Inc ({EMAIL}).",
    "next_step": "Create a new key.",
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


def test_it_opens_with_problems_and_next_steps(
    showcase: Showcase, refused: None, recruiter: Client, signed_in: SignedIn
) -> None:
    page = recruiter.get("/help/", headers=HTMX).content.decode()

    assert "Your key was refused" in page
    assert "Create a new key" in page
    assert "Last complete sync" in signed_in("outsider").get("/help/").content.decode()


def test_the_error_is_attached_as_shown_without_personal_data(
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


def test_a_pasted_key_is_removed(
    showcase: Showcase, recruiter: Client, staff: Client, settings: Settings
) -> None:
    """Covers known key formats, and this organization's own key in any format."""
    settings.SUPPORT_EMAIL = "support@jemmo.example"
    link = Connection.objects.get(org=showcase.org)
    own = "our-own-words-as-key"
    give_key(link, own)
    keys = [own, "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Kx9vQ2mN7pR4tW8yB3dF6hJ1"]

    send(recruiter, f"None works: {', '.join(keys)}. Why?", error=keys[0], steps=f"typed {keys[1]}")

    said = SupportMessage.objects.get()
    page = staff.get(f"/admin/store/supportthread/{said.thread_id}/change/").content.decode()
    assert "None works" in page
    for text in (said.body, said.error, said.steps, page, str(letters.sent()[-1].body)):
        assert [key for key in keys if key in text] == []


def test_nothing_is_attached_by_default(recruiter: Client) -> None:
    recruiter.post("/help/", {"body": "Hello", "error": "E", "steps": "S"}, headers=HTMX)

    said = SupportMessage.objects.get()
    assert (said.body, said.error, said.steps) == ("Hello", "", "")


def test_a_reply_from_support_shows_a_badge(recruiter: Client, staff: Client) -> None:
    assert "Sent. The reply will appear here" in send(recruiter)
    thread = SupportThread.objects.get()
    listed = staff.get("/admin/store/supportthread/").content.decode()
    assert f"#{thread.account_id}" in listed
    assert "recruiter@acme.example" not in listed
    path = f"/admin/store/supportthread/{thread.id}/change/"
    assert "It does not work" in staff.get(path).content.decode()

    staff.post(path, {"answer": "Enter a new key <b>please</b>"})

    assert "1 new reply" in recruiter.get("/jobs/").content.decode()
    assert "1 new reply" in recruiter.get("/help/badge/").content.decode()
    read = recruiter.get("/help/thread/").content.decode()
    assert "Enter a new key &lt;b&gt;please" in read
    assert "new reply" not in recruiter.get("/jobs/").content.decode()
    assert not SupportThread.objects.get().waiting


def test_a_message_after_a_closed_conversation_starts_a_new_one(
    recruiter: Client, staff: Client
) -> None:
    send(recruiter)
    first = SupportThread.objects.get()
    staff.post(f"/admin/store/supportthread/{first.id}/change/", {"answer": "Bye", "close": "on"})

    assert "1 new reply" in recruiter.get("/help/badge/").content.decode()
    page = recruiter.get("/help/").content.decode()
    assert "Bye" in page
    assert "A new message starts another one" in page
    assert "Send another message" not in page
    badge = recruiter.get("/help/badge/").content.decode()
    assert "new reply" not in badge
    assert "every 30s" not in badge  # nothing is expected anymore

    page = send(recruiter, "Again")
    assert SupportThread.objects.filter(closed_at=None).exclude(id=first.id).count() == 1
    assert "Bye" not in page
    assert "Again" in page


def test_screenshot_mode_hides_the_conversation(recruiter: Client) -> None:
    send(recruiter, "Jeanne Moreau is missing", steps="I opened Jeanne Moreau")
    recruiter.post("/preferences/screenshot/", {"screenshot": "on"})
    for path in ("/help/", "/help/thread/"):
        page = recruiter.get(path).content.decode()
        assert "said" in page
        assert "Moreau" not in page


def test_only_names_that_are_replaced_are_promised(recruiter: Client) -> None:
    """Recent actions can be edited, and support receives what was typed there."""
    page = recruiter.get("/help/").content.decode()
    assert "with names" not in page
    assert "the names of your organization and its connections are replaced" in page
    assert page.count("Please don&#x27;t include candidates&#x27; names.") == 2


def test_a_conversation_is_private_to_the_person(recruiter: Client, signed_in: SignedIn) -> None:
    send(recruiter, "for support only")

    for role in ("owner", "viewer", "outsider"):
        for path in ("/help/", "/help/thread/"):
            assert "for support only" not in signed_in(role).get(path).content.decode()


@pytest.mark.parametrize("role", ["owner", "recruiter"])
def test_members_cannot_open_the_admin(signed_in: SignedIn, role: str) -> None:
    answer = signed_in(role).get("/admin/store/supportthread/")

    assert answer.status_code in (302, 403)


def test_the_support_address_is_shown(settings: Settings, recruiter: Client) -> None:
    send(recruiter)
    assert letters.sent() == []
    settings.SUPPORT_EMAIL = "help@jemmo.example"

    send(recruiter, "Still not")

    assert [one.to for one in letters.sent()] == [["help@jemmo.example"]]
    assert "Still not" in letters.sent()[0].body
    assert "/admin/store/supportthread/" in letters.sent()[0].body


@pytest.mark.parametrize("body", ["", "   ", "x" * 10_001])
def test_a_message_that_cannot_be_sent_is_explained(recruiter: Client, body: str) -> None:
    assert "errorlist" in send(recruiter, body)
    assert not SupportThread.objects.exists()


@pytest.mark.long
def test_support_is_not_flooded(recruiter: Client) -> None:
    for number in range(20):
        send(recruiter, f"Message {number}")

    assert "too many messages" in send(recruiter, "One too many")
    assert SupportMessage.objects.count() == 20


def in_screenshot_mode(client: Client, on: str = "on") -> Client:
    client.post("/preferences/screenshot/", {"screenshot": on, "next": "/jobs/"})
    return client


def attach(client: Client, content: bytes, body: str = "See Alex Birch at user@example.com") -> str:
    picture = SimpleUploadedFile("Élodie.png", content, content_type="text/html")
    return client.post("/help/", {"body": body, "picture": picture}, headers=HTMX).content.decode()


def test_both_sides_see_a_masked_screenshot_which_is_deleted_with_the_conversation(
    recruiter: Client, staff: Client, signed_in: SignedIn, showcase: Showcase
) -> None:
    """Its metadata is removed, nobody else can see it, and it is served as a picture whatever its name."""
    page = attach(in_screenshot_mode(recruiter), png(extra=part(b"tEXt", b"Author\0Rita")))

    message = SupportMessage.objects.get()
    ours = f"/help/pictures/{message.id}/"
    theirs = f"/admin/store/supportthread/{message.thread_id}/pictures/{message.id}/"
    assert f'src="{ours}"' in page
    assert (
        theirs
        in staff.get(f"/admin/store/supportthread/{message.thread_id}/change/").content.decode()
    )
    in_screenshot_mode(recruiter, "off")
    for answer in (recruiter.get(ours), in_screenshot_mode(recruiter).get(ours), staff.get(theirs)):
        assert answer.content == png()
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Content-Disposition"] == 'inline; filename="picture.png"'
    for role in ("owner", "viewer", "outsider"):
        assert signed_in(role).get(ours).status_code == 404
        assert signed_in(role).get(theirs).status_code in (302, 403)
    assert png() not in bytes(SupportPicture.objects.get().sealed)
    SupportThread.objects.all().delete()
    assert not SupportPicture.objects.exists()


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", png()[:-1]]
)
def test_a_file_that_is_not_a_picture_is_refused(recruiter: Client, content: bytes) -> None:
    assert "must be a PNG or JPEG image" in attach(in_screenshot_mode(recruiter), content)
    assert not SupportMessage.objects.exists()


def test_screenshots_require_screenshot_mode(recruiter: Client) -> None:
    assert 'type="file"' not in recruiter.get("/help/").content.decode()
    assert "Turn screenshot mode on" in attach(recruiter, png())
    assert not SupportMessage.objects.exists()
    assert 'type="file"' in in_screenshot_mode(recruiter).get("/help/").content.decode()


def test_the_number_of_screenshots_per_conversation_is_limited(
    recruiter: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "MAX_PICTURES", 1)
    attach(in_screenshot_mode(recruiter), png())

    assert "the maximum" in attach(recruiter, png())
    assert SupportPicture.objects.count() == 1


def test_it_works_as_a_page_without_scripts(recruiter: Client) -> None:
    assert recruiter.post("/help/", {"body": "Hello"})["Location"] == "/help/"
    assert "Hello" in recruiter.get("/help/").content.decode()
    assert SupportMessage.objects.get().at <= datetime.now(UTC)
