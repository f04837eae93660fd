"""With two connections, every page names its connection, and actions return to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from fakes.markup import collapsed
from fakes.showcase import NOW, Showcase

from jemmo.services.accounts import organization_deletion
from jemmo.store.models import Connection, HeldDeletion, Job, Talent

SignedIn = Callable[[str], Client]


@pytest.fixture
def agency(showcase: Showcase) -> Connection:
    """A second connection, from which one talent and one job come."""
    connection = Connection.objects.create(
        org=showcase.org, provider="jarvi", label="Agency", sealed_key=b"", key_set_at=NOW
    )
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(connection=connection)
    Job.objects.filter(org=showcase.org, remote_id="dev").update(connection=connection)
    return connection


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("ats_sync", {}),
        ("ats_compare", {}),
        ("ats_pause", {}),
        ("ats_resume", {}),
        ("ats_revoked", {}),
        ("ats_disconnect", {"fate": "keep", "name": "Agency"}),
    ],
)
def test_an_action_leads_back_to_its_connection(
    agency: Connection, signed_in: SignedIn, action: str, form: dict[str, str]
) -> None:
    answer = signed_in("admin").post(reverse(action, args=[agency.id]), form)

    assert (answer.status_code, answer["Location"]) == (
        302,
        reverse("ats_connection", args=[agency.id]),
    )


def test_a_decision_on_deletions_leads_back_to_its_connection(
    agency: Connection, signed_in: SignedIn
) -> None:
    HeldDeletion.objects.create(connection=agency, stream="talents", missing=6, present=8)

    address = reverse("ats_deletions", args=[agency.id, "talents"])
    answer = signed_in("admin").post(address, {"decision": "keep"})

    assert answer["Location"] == reverse("ats_connection", args=[agency.id])


def test_a_connection_being_deleted_is_shown_in_the_list(
    agency: Connection, signed_in: SignedIn
) -> None:
    form = {"fate": "delete", "name": "Agency"}
    answer = signed_in("admin").post(reverse("ats_disconnect", args=[agency.id]), form)

    assert answer["Location"] == f"{reverse('ats')}#connection-{agency.id}"


def test_a_disconnected_connection_can_only_be_deleted(
    agency: Connection, signed_in: SignedIn
) -> None:
    """Its key is already gone, and its records were already kept."""
    Connection.objects.filter(id=agency.id).update(state="disconnected")

    page = signed_in("admin").get(reverse("ats_disconnect", args=[agency.id])).content.decode()

    assert "<h1>Delete the connection's data</h1>" in page
    for false in (
        "The key is deleted immediately",
        "Keep this connection's jobs and talents",
        'type="radio"',
    ):
        assert false not in page
    form = {"fate": "delete", "name": "Agency"}
    signed_in("admin").post(reverse("ats_disconnect", args=[agency.id]), form)
    assert Connection.objects.get(id=agency.id).state == "leaving"


def test_nobody_is_asked_to_resume_a_connection_of_a_deleted_organization(
    agency: Connection, showcase: Showcase, signed_in: SignedIn
) -> None:
    organization_deletion.schedule_org_deletion(
        showcase.org, actor=showcase.person("owner"), now=datetime.now(UTC)
    )
    owner, why = (
        signed_in("owner"),
        "This organization is scheduled for deletion, so its syncs are paused.",
    )

    card = owner.get(reverse("ats_connection", args=[agency.id])).content.decode()
    resumed = owner.post(reverse("ats_resume", args=[agency.id]), follow=True).content.decode()

    assert "Paused" in card
    assert reverse("ats_resume", args=[agency.id]) not in card
    assert why in resumed
    assert "Automatic syncs weren't paused" not in resumed
    for path in ("/help/", "/talents/"):
        shown = owner.get(path).content.decode()
        assert why in shown
        assert "Resume" not in shown


def test_leaving_a_form_leads_back_to_its_connection(
    agency: Connection, signed_in: SignedIn
) -> None:
    back = f'href="{reverse("ats_connection", args=[agency.id])}"'
    for name in ("ats_edit", "ats_key", "ats_test", "ats_disconnect", "ats_pause", "ats_sync"):
        page = signed_in("admin").get(reverse(name, args=[agency.id])).content.decode()
        assert back in page, name


def test_already_running_names_the_connection(agency: Connection, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    address = reverse("ats_sync", args=[agency.id])
    admin.post(address, follow=True)

    again = admin.post(address, follow=True).content.decode()

    assert "A Agency sync was already running or waiting to start." in again


ROW = re.compile(r'<tr>\s*<td class="main">.*?<bdi>(.*?)</bdi>.*?</tr>', re.DOTALL)
ATS = re.compile(r'data-label="ATS"><bdi>(.*?)</bdi>')


@pytest.mark.parametrize(
    ("path", "theirs"),
    [("/jobs/", "Développeuse full-stack"), ("/talents/?q=elodie", "Élodie Müller")],
)
def test_lists_say_which_ats_each_record_is_from(
    showcase: Showcase, agency: Connection, recruiter: Client, path: str, theirs: str
) -> None:
    first = Connection.objects.exclude(id=agency.id).get(org=showcase.org)
    page = collapsed(recruiter.get(path).content.decode())
    rows = {row[1]: ATS.findall(row[0]) for row in ROW.finditer(page)}

    assert rows.pop(theirs) == ["Agency"]
    assert all(ats == [first.display_name] for ats in rows.values())


def test_a_single_connection_needs_no_column(recruiter: Client) -> None:
    for path in ("/jobs/", "/talents/"):
        assert not ATS.search(collapsed(recruiter.get(path).content.decode()))


def test_connections_with_the_same_name_show_their_account(
    showcase: Showcase, agency: Connection, recruiter: Client
) -> None:
    Connection.objects.filter(org=showcase.org).update(label="Teamtailor")
    Connection.objects.filter(id=agency.id).update(account_name="Acme Agency")
    Connection.objects.filter(org=showcase.org).exclude(id=agency.id).update(account_name="Acme")

    shown = set(ATS.findall(recruiter.get("/jobs/").content.decode()))

    assert shown == {"Teamtailor · Acme Agency", "Teamtailor · Acme"}


def test_only_talents_of_one_ats_may_be_merged_there(
    agency: Connection, signed_in: SignedIn
) -> None:
    """Duplicates are shown with their connection; duplicates in different connections can't be merged."""
    Talent.objects.filter(remote_id__in=("elodie", "filler-01")).update(
        first_name="Ada", last_name="Double"
    )
    admin = signed_in("admin")
    assert "Ada Double" not in admin.get(reverse("quality")).content.decode()

    Talent.objects.filter(remote_id="filler-01").update(connection=agency)
    page = collapsed(admin.get(reverse("quality")).content.decode())

    assert page.count("Ada Double") == 2
    assert "<bdi>Agency</bdi>:" in page

    Connection.objects.filter(id=agency.id).update(state="disconnected")
    page = admin.get(reverse("quality")).content.decode()
    assert "Ada Double" not in page  # merging them there would never arrive here
    stays = "Records of disconnected connections stay as they are"
    assert stays in admin.get(reverse("ats_rules")).content.decode()
    Connection.objects.filter(id=agency.id).update(state="active")
    assert stays not in admin.get(reverse("ats_rules")).content.decode()


def test_an_unknown_address_mentions_no_record(showcase: Showcase, signed_in: SignedIn) -> None:
    recruiter = signed_in("recruiter")
    deleted = "The content may have been deleted in the ATS"

    nowhere = recruiter.get("/nonexistent/")
    unknown = recruiter.get(f"/talents/{showcase.org.id}/")

    assert (nowhere.status_code, unknown.status_code) == (404, 404)
    assert "This page doesn't exist" in nowhere.content.decode()
    assert deleted not in nowhere.content.decode()
    assert deleted in unknown.content.decode()
