"""Settings > API > Webhooks: endpoints are created, tested, rotated, turned on and off, and deleted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.domain.notices import FOR_MANAGERS
from jemmo.services.notifications.alerts import notify
from jemmo.services.outgoing import endpoints
from jemmo.services.outgoing.endpoints import Choice
from jemmo.store.models import (
    ApiToken,
    AuditEvent,
    Connection,
    Delivery,
    Membership,
    OutgoingAttempt,
    OutgoingEndpoint,
    OutgoingMessage,
)
from jemmo.store.notifications import inbox
from jemmo.store.outgoing import queue
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]
LIST = "/settings/api/webhooks/"
SECRET = re.compile(r'value="(whsec_[\w+/=]+)"')
FIELDS = {
    "name": "Career site",
    "url": "https://app.example.com/jemmo",
    "events": ["records.changed", "sync.finished"],
    "entities": ["jobs"],
}


def made(client: Client, **fields: object) -> tuple[str, str]:
    """Create an endpoint; return its page and its secret."""
    answer = client.post(f"{LIST}create/", {**FIELDS, **fields})
    assert answer.status_code == 200
    secret = SECRET.search(answer.content.decode())
    assert secret
    return f"{LIST}{OutgoingEndpoint.objects.get().pk}/", secret[1]


def test_an_endpoint_is_created_and_its_secret_shown_once(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    assert "No endpoints yet" in admin.get(LIST).content.decode()
    page, secret = made(admin)

    endpoint = OutgoingEndpoint.objects.get()
    assert endpoint.org == showcase.org
    assert endpoint.created_by == showcase.person("admin")
    assert (endpoint.events, endpoint.entities) == (["records.changed", "sync.finished"], ["jobs"])
    for shown in (admin.get(LIST), admin.get(page)):
        assert "Career site" in shown.content.decode()
        assert secret not in shown.content.decode()
    assert "Webhooks" in admin.get("/settings/api/").content.decode()
    assert "created a webhook endpoint" in admin.get("/settings/members/").content.decode()


def test_an_endpoint_is_changed_rotated_switched_and_deleted(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    page, first = made(admin)
    admin.post(f"{page}edit/", {**FIELDS, "name": "Matching", "events": ["sync.late"]})
    endpoint = OutgoingEndpoint.objects.get()
    assert (endpoint.name, endpoint.events) == ("Matching", ["sync.late"])
    admin.post(f"{page}edit/", {**FIELDS, "update_fields": "jobs.title, jobs.status"})
    assert OutgoingEndpoint.objects.get().update_fields == ["jobs.status", "jobs.title"]
    assert 'value="jobs.status jobs.title"' in admin.get(page).content.decode()

    rotated = admin.post(f"{page}rotate/").content.decode()
    second = SECRET.search(rotated)
    assert second
    assert second[1] != first
    assert "also signed with the old secret" in rotated
    admin.post(f"{page}old-secret/")
    assert OutgoingEndpoint.objects.get().sealed_old_secret is None

    for _ in range(2):
        admin.post(f"{page}switch/")
    assert "Turned off by a member" in admin.get(page).content.decode()
    admin.post(f"{page}test/")
    assert not OutgoingMessage.objects.exists()  # nothing is sent while it is off
    admin.post(f"{page}switch/", {"on": "1"})
    admin.post(f"{page}test/")
    assert OutgoingMessage.objects.get().event == "test"

    assert "no longer be notified" in admin.get(f"{page}delete/").content.decode()
    admin.post(f"{page}delete/")
    assert not OutgoingEndpoint.objects.exists()
    noted = AuditEvent.objects.filter(subject_kind="endpoint").order_by("id")
    assert [event.action.partition(".")[2] for event in noted] == [
        *("created", "changed", "changed", "rotated", "old_secret_ended"),
        *("switched_off", "switched_on", "deleted"),
    ]


def test_test_events_are_limited(showcase: Showcase, signed_in: SignedIn) -> None:
    """An endpoint may be someone else's server, so a script that uses the button must not flood it."""
    admin = signed_in("admin")
    page, _ = made(admin)
    for _number in range(endpoints.MAX_TESTS):
        admin.post(f"{page}test/")
    answer = admin.post(f"{page}test/", follow=True).content.decode()
    assert "This endpoint received 5 test events in the last minute." in answer
    assert OutgoingMessage.objects.count() == endpoints.MAX_TESTS
    later = datetime.now(UTC) + endpoints.TEST_WINDOW
    assert endpoints.send_test(OutgoingEndpoint.objects.get(), now=later).event == "test"


def test_the_log_shows_request_and_response_as_text(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    page, _ = made(admin)
    admin.post(f"{page}test/")
    message = OutgoingMessage.objects.get()
    waits = admin.get(page).content.decode()
    assert "every 2s" in waits
    OutgoingAttempt.objects.create(
        message=message,
        at=datetime.now(UTC),
        seconds=0.25,
        status=500,
        error="status",
        response="<script>alert(1)</script>",
    )
    OutgoingMessage.objects.update(state="failed")
    shown = admin.get(page).content.decode()
    assert f"msg_{message.pk.hex}" in shown
    assert "HTTP 500" in shown
    assert "0.25 s" in shown
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "every 2s" not in shown
    assert "Resend</button>" in shown

    again = admin.post(f"{page}replay/", {"message": str(message.pk)}, follow=True)
    assert "1 webhook is being sent again." in again.content.decode()
    assert OutgoingMessage.objects.get().state == "waiting"
    assert admin.post(f"{page}replay/", {"message": "x"}).status_code == 404
    assert (
        "There are no failed webhooks to resend."
        in admin.post(f"{page}replay/", follow=True).content.decode()
    )


def test_failed_messages_are_not_called_sent_while_the_endpoint_is_off(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    """Nothing is sent to an endpoint that is off, so a click only queues the messages."""
    admin = signed_in("admin")
    page, _ = made(admin)
    admin.post(f"{page}test/")
    OutgoingMessage.objects.update(state="failed")
    admin.post(f"{page}switch/")
    text = admin.post(f"{page}replay/", follow=True).content.decode()
    assert "1 webhook will be sent once you turn the endpoint on." in text
    assert "sent again." not in text
    assert OutgoingMessage.objects.get().state == "waiting"


def test_webhooks_older_than_the_log_are_not_denied(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    page, _ = made(admin)
    assert "No webhooks sent yet." in admin.get(page).content.decode()
    OutgoingEndpoint.objects.update(
        last_success_at=datetime.now(UTC) - timedelta(days=8), state="off", off_reason="person"
    )
    text = admin.get(page).content.decode()
    assert "No webhooks sent yet." not in text
    assert "No webhooks in the last 7 days." in text
    assert "Send a test event" not in text
    assert "Other events from the time it was off are not sent." in text


def test_a_secret_that_screenshot_mode_would_hide_is_not_made(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    """Its old secret would end in 24 hours, and nobody would have seen the new one."""
    admin = signed_in("admin")
    page, _ = made(admin)
    before = bytes(OutgoingEndpoint.objects.get().sealed_secret)
    admin.post(reverse("screenshot"), {"screenshot": "on"})
    attempts = {
        f"{page}rotate/": {},
        reverse("endpoint_create"): FIELDS,
        reverse("api_token_create"): {"name": "Career site"},
    }
    for path, fields in attempts.items():
        answer = admin.post(path, fields, follow=True)
        assert answer.status_code == 200, path
        assert "Turn off screenshot mode first" in answer.content.decode(), path
    assert bytes(OutgoingEndpoint.objects.get().sealed_secret) == before
    assert not ApiToken.objects.exists()


def test_nothing_is_announced_while_the_organization_is_being_deleted(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    """The worker sends nothing for such an organization, so messages would wait forever."""
    admin = signed_in("admin")
    page, _ = made(admin)
    admin.post(f"{page}test/", follow=True)
    showcase.org.deleted_at = datetime.now(UTC) + timedelta(days=7)
    showcase.org.save()
    assert queue.claim(datetime.now(UTC)) is None
    text = admin.post(f"{page}test/", follow=True).content.decode()
    assert OutgoingMessage.objects.count() == 1
    assert "scheduled for deletion, so no webhooks are sent" in text
    for promise in ("Test event queued", "Send test event", "every 2s", "Next attempt"):
        assert promise not in text

    OutgoingMessage.objects.update(state="failed")
    text = admin.post(f"{page}replay/", follow=True).content.decode()
    assert (
        "1 webhook is waiting. Nothing is sent while this organization is scheduled for deletion."
        in text
    )
    assert "sent again" not in text


def test_a_log_that_shows_only_the_newest_webhooks_says_so(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    page, _ = made(admin)
    endpoint = OutgoingEndpoint.objects.get()
    now = datetime.now(UTC)
    for number in range(50):
        endpoints.send_test(endpoint, now=now + timedelta(minutes=number))
    partial = "Only the 50 most recent of 1,201 stored webhooks are shown."
    assert "most recent of" not in admin.get(page).content.decode()
    message = OutgoingMessage.objects.first()
    assert message is not None
    same = {name: getattr(message, name) for name in ("org_id", "endpoint_id", "event", "data")}
    OutgoingMessage.objects.bulk_create(
        OutgoingMessage(**same, created_at=now, next_try_at=now) for _number in range(1151)
    )
    assert partial in admin.get(page).content.decode()


def test_only_owners_and_admins_are_notified_of_a_failing_endpoint(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    """Others are notified neither in the inbox, which shows the endpoint's host, nor by e-mail, whatever they chose."""
    for role in ("admin", "recruiter", "viewer"):
        signed_in(role).post(
            "/settings/notifications/", {"form": "member", "email_when": "all", "toasts": "on"}
        )
    for kind in sorted(FOR_MANAGERS):
        notify(showcase.org, kind, endpoint="1", name="Career site", host="app.example.com", days=4)
    roles = Delivery.objects.values_list("membership__role", flat=True)
    assert sorted(roles) == ["admin", "admin", "owner", "owner"]
    for role, number in {"owner": 2, "admin": 2, "recruiter": 0, "viewer": 0}.items():
        membership = Membership.objects.get(account=showcase.person(role))
        assert inbox.unread(membership).notices == number
        assert len(inbox.latest(membership)) == number
        listing = signed_in(role).get("/notifications/").content.decode()
        assert ("Career site" in listing) is bool(number)


def test_page_and_log_show_the_same_next_attempt(showcase: Showcase, signed_in: SignedIn) -> None:
    """A failing endpoint gets a pause, whatever is due; one that is off is not tried."""
    admin = signed_in("admin")
    page, _ = made(admin)
    admin.post(f"{page}test/")
    now = datetime.now(UTC)
    OutgoingMessage.objects.update(attempts=1, next_try_at=now - timedelta(minutes=1))
    endpoints_of = OutgoingEndpoint.objects
    endpoints_of.update(failures=1, failing_since=now, held_until=now + timedelta(minutes=20))

    held = next_attempts(admin.get(page).content.decode())
    assert len(held) == 2
    assert len(set(held)) == 1
    assert "due now" not in held

    OutgoingMessage.objects.update(next_try_at=now + timedelta(hours=3))
    later = next_attempts(admin.get(page).content.decode())
    assert len(later) == 2
    assert len(set(later)) == 1
    assert later != held

    endpoints_of.update(state="off", off_reason="failing")
    assert next_attempts(admin.get(page).content.decode()) == []


def next_attempts(shown: str) -> list[str]:
    """Return every time that a page shows for the next attempt."""
    plain = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    return re.findall(r"Next attempt: (due now|[0-9]+ \w+ [0-9]+, [0-9:]+)", plain)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"url": ""},
        {"url": "http://app.example.com/"},
        {"url": "https://127.0.0.1/"},
        {"url": "https://localhost/"},
        {"events": []},
        {"events": ["everything"]},
        {"entities": ["secrets"]},
        {"update_fields": "jobs.title jobs.salary"},
        {"update_fields": "x" * 5001},
    ],
)
def test_invalid_input_is_explained(
    showcase: Showcase, signed_in: SignedIn, fields: dict[str, object]
) -> None:
    admin = signed_in("admin")
    answer = admin.post(f"{LIST}create/", {**FIELDS, **fields})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert not OutgoingEndpoint.objects.exists()

    page, _ = made(admin)
    assert admin.post(f"{page}edit/", {**FIELDS, **fields}).status_code == 422
    assert OutgoingEndpoint.objects.get().url == FIELDS["url"]


def test_another_organizations_endpoint_is_invisible(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    choice = Choice(name="Theirs", url="https://app.example.com/", events=["sync.late"])
    theirs = endpoints.create(
        showcase.stranger, choice, vault=default_vault(), now=datetime.now(UTC)
    ).endpoint
    admin = signed_in("admin")
    assert "Theirs" not in admin.get(LIST).content.decode()
    page = f"{LIST}{theirs.pk}/"
    assert admin.get(page).status_code == 404
    for deed in ("edit", "test", "rotate", "old-secret", "switch", "replay", "delete"):
        assert admin.post(f"{page}{deed}/", FIELDS).status_code == 404, deed
    assert OutgoingEndpoint.objects.get().state == "active"
    assert not OutgoingMessage.objects.exists()


def test_connections_can_be_chosen_if_there_are_several(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    assert "Only these connections" not in admin.get(LIST).content.decode()
    first = showcase.org.connections.get()
    Connection.objects.create(
        org=showcase.org, provider="flatchr", sealed_key=b"", key_set_at=datetime.now(UTC)
    )
    made(admin, connections=[str(first.id)])
    assert OutgoingEndpoint.objects.get().connections == [first.id]
    other = {**FIELDS, "connections": [str(uuid4())]}
    assert admin.post(f"{LIST}create/", other).status_code == 422


def test_in_screenshot_mode_neither_secret_nor_address_is_shown(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    page, _ = made(admin, name="Hooli", url="https://hooli.example.com/x")
    admin.post("/preferences/screenshot/", {"screenshot": "on"})
    for shown in (admin.get(LIST), admin.get(page), admin.post(f"{page}rotate/")):
        assert not SECRET.search(shown.content.decode())
        assert "hooli" not in shown.content.decode().lower()


def test_the_pages_are_french_for_a_french_reader(showcase: Showcase, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    page, _ = made(admin)
    admin.post("/i18n/setlang/", {"language": "fr", "next": LIST})
    assert "Ajouter une destination" in admin.get(LIST).content.decode()
    shown = admin.get(page).content.decode()
    assert "Envoyer un événement de test" in shown
    assert "Aucun webhook envoyé pour l’instant" in shown
