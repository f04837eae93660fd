"""Settings > Privacy: requests are handled, and every action is logged."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from fakes.kept import keep
from fakes.showcase import EMAIL, PHONE, Showcase

from jemmo.domain.access import Action
from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import accounts, organization_deletion, tokens
from jemmo.services.base import access_log, retention_policy
from jemmo.services.privacy import processing
from jemmo.store.models import (
    AccessEvent,
    AuditEvent,
    Erasure,
    SupportMessage,
    Talent,
    TalentContacts,
)
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
PAGES = (
    *("/settings/privacy/", "/settings/privacy/erasures/", "/settings/privacy/retention/"),
    *("/settings/privacy/access/", "/settings/privacy/access/record.csv"),
    *("/settings/privacy/processing/", "/settings/privacy/processing/record.md"),
)


@pytest.fixture
def kept(
    showcase: Showcase, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Give Élodie a file; return the URL of her page under Privacy."""
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    elodie = showcase.talent("elodie")
    keep(database_url, elodie, b"%PDF-1.4\n%a resume", tmp_path / "files")
    return f"/settings/privacy/people/{elodie.id}/"


def text(client: Client, path: str, **more: str) -> str:
    answer = client.get(path, more)
    assert answer.status_code == 200, path
    return answer.content.decode()


def events(action: Action) -> list[AccessEvent]:
    return list(AccessEvent.objects.filter(action=action))


@pytest.mark.parametrize("role", ["recruiter", "viewer"])
def test_it_is_for_managers(showcase: Showcase, signed_in: SignedIn, role: str, kept: str) -> None:
    client = signed_in(role)

    for path in (*PAGES, kept, f"{kept}erase/", "/settings/privacy/organisation/"):
        assert client.get(path).status_code == 404, path
    for path in (f"{kept}export/", f"{kept}erase/", "/settings/privacy/retention/release/"):
        assert client.post(path, {"name": "Élodie Müller"}).status_code == 404, path
    assert Talent.objects.filter(remote_id="elodie").exists()
    assert 'href="/settings/privacy/"' not in client.get("/settings/members/").content.decode()


def test_another_organization_can_find_and_do_nothing(
    showcase: Showcase, signed_in: SignedIn, kept: str
) -> None:
    outsider = signed_in("outsider")  # an owner of the other organization

    for path in (kept, f"{kept}erase/"):
        assert outsider.get(path).status_code == 404
    assert outsider.post(f"{kept}export/").status_code == 404
    assert outsider.post(f"{kept}erase/", {"name": "Élodie Müller"}).status_code == 404
    page = outsider.post("/settings/privacy/", {"who": EMAIL}).content.decode()
    assert "No match" in page
    assert "Élodie" not in page


@pytest.mark.parametrize(
    "who", [EMAIL, EMAIL.upper(), "0612345678", PHONE, "elodie", "Müller", "muller elo"]
)
def test_a_person_is_found(showcase: Showcase, signed_in: SignedIn, kept: str, who: str) -> None:
    page = signed_in("admin").post("/settings/privacy/", {"who": who}).content.decode()

    assert kept in page
    assert "1 record found" in page
    (noted,) = events(Action.SEARCHED)
    assert noted.detail["found"] == 1
    assert who not in json.dumps(noted.detail)


def test_hidden_and_deleted_people_are_found_too(showcase: Showcase, signed_in: SignedIn) -> None:
    Talent.objects.filter(remote_id="elodie").update(remote_deleted_at=datetime.now(UTC))
    admin = signed_in("admin")

    deleted = admin.post("/settings/privacy/", {"who": EMAIL}).content.decode()
    hidden = admin.post("/settings/privacy/", {"who": "Hidden Person"}).content.decode()

    assert "Deleted in the ATS" in deleted
    assert "Archived talents" in hidden


def test_the_export_is_complete_and_logged(
    showcase: Showcase, signed_in: SignedIn, kept: str
) -> None:
    admin = signed_in("admin")
    page = text(admin, kept)
    assert "Contact details" in page
    assert EMAIL not in page  # the page shows only the count; the values are in the file

    answer = admin.post(f"{kept}export/")

    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        told = json.loads(archive.read("data.json"))
        assert [name for name in archive.namelist() if name.startswith("files/")]
    assert {one["value"] for one in told["records"][0]["contacts"]} == {EMAIL, PHONE}
    (noted,) = events(Action.SUBJECT_EXPORTED)
    assert noted.account == showcase.person("admin")
    assert noted.talent == showcase.talent("elodie").id
    assert admin.get(f"{kept}export/").status_code == 405


def test_two_records_of_a_person_are_handled_together(
    showcase: Showcase, signed_in: SignedIn, kept: str
) -> None:
    twin = showcase.talent("filler-03")
    Talent.objects.filter(id=twin.id).update(first_name="elodie", last_name="MÜLLER")
    Talent.objects.filter(remote_id="elodie").update(first_name="Elodie")
    admin = signed_in("admin")
    assert str(twin.id) in text(admin, kept)

    content = b"".join(admin.post(f"{kept}export/", {"with": str(twin.id)}))
    assert processing.record(showcase.org, now=datetime.now(UTC)).requests["exports"] == 1
    admin.post(f"{kept}erase/", {"with": str(twin.id), "name": "elodie  müller"})

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(json.loads(archive.read("data.json"))["records"]) == 2
    assert not Talent.objects.filter(remote_id__in=["elodie", "filler-03"]).exists()
    assert Erasure.objects.get().removed["talents"] == 2
    assert admin.get(f"{kept}?with=nonsense").status_code == 404


def test_erasing_requires_the_name_and_yields_a_certificate(
    showcase: Showcase, signed_in: SignedIn, kept: str, tmp_path: Path
) -> None:
    admin = signed_in("admin")
    send = {"body": f"Élodie MÜLLER ({EMAIL}) is missing", "attach": ""}
    signed_in("recruiter").post("/help/", send, headers=HTMX)
    page = text(admin, f"{kept}erase/")
    assert "Backups, until they are deleted. If a backup is restored, Jemmo erases" in page
    assert "random ID, for 7 to 30 days" in page
    assert "The data in the ATS, because Jemmo only reads from it." in page
    wrong = admin.post(f"{kept}erase/", {"name": "Elodie"})
    assert "The name doesn&#x27;t match." in wrong.content.decode()
    assert Talent.objects.filter(remote_id="elodie").exists()

    done = admin.post(f"{kept}erase/", {"name": "élodie müller"}, follow=True)

    row = Erasure.objects.get()
    certificate = done.content.decode()
    assert done.redirect_chain == [(f"/settings/privacy/erasures/{row.id}/", 302)]
    assert (
        "This certificate was issued by this installation and hasn't been altered." in certificate
    )
    assert row.proof in certificate
    for trace in ("Müller", EMAIL, "elodie"):
        assert trace not in certificate
    left = [one.name for one in FolderStorage(tmp_path / "files").listing()]
    # The hashes of people whom no backup may restore, and the mark of the storage's owner.
    assert all(name.startswith(("erased/", "jemmo-storage/")) for name in left)
    assert SupportMessage.objects.get().body == "[erased] (…) is missing"
    told = json.loads(admin.get(f"/settings/privacy/erasures/{row.id}/certificate.json").content)
    assert (told["proof"], told["removed"]["talents"]) == (row.proof, 1)
    assert str(row.id) in text(admin, "/settings/privacy/")
    assert str(row.id) in text(admin, "/settings/privacy/erasures/")
    (noted,) = events(Action.ERASED)
    assert (noted.account, noted.talent) == (showcase.person("admin"), None)
    again = admin.post("/settings/privacy/", {"who": "elodie"}).content.decode()
    assert "permanently" in again
    assert admin.get(kept).status_code == 404
    Erasure.objects.update(removed={"talents": 7})
    assert "It is too old or was issued with different keys" in text(
        admin, f"/settings/privacy/erasures/{row.id}/"
    )
    assert signed_in("outsider").get(f"/settings/privacy/erasures/{row.id}/").status_code == 404


def test_views_are_logged_once_with_the_viewer(
    showcase: Showcase, signed_in: SignedIn, recruiter: Client, viewer: Client
) -> None:
    elodie = showcase.talent("elodie")
    for _ in range(3):
        recruiter.get(f"/talents/{elodie.id}/")
    viewer.get(f"/talents/{elodie.id}/")  # a viewer sees no contact details
    recruiter.get(f"/talents/{showcase.talent('filler-01').id}/")  # this talent has none
    recruiter.get(f"/talents/?q={EMAIL}")
    recruiter.get("/talents/?q=muller")

    (look,) = events(Action.CONTACTS_VIEWED)
    assert (look.account, look.talent) == (showcase.person("recruiter"), elodie.id)
    (search,) = events(Action.SEARCHED)
    assert EMAIL not in json.dumps(search.detail)
    admin = signed_in("admin")
    page = text(admin, "/settings/privacy/access/")
    assert "Élodie Müller" in page
    assert "recruiter@acme.example" in page
    for query, holds in (
        ("?person=elodie", True),
        (f"?person={elodie.id}", True),
        ("?person=müller", True),
        ("?person=filler-01", False),
        (f"?member={showcase.person('recruiter').id}", True),
        (f"?member={showcase.person('viewer').id}", False),
        ("?member=operator", False),
        ("?member=nonsense", False),
        ("?action=contacts_viewed", True),
        ("?action=erased", False),
        ("?period=day", True),
        ("?after=1", False),
    ):
        part = admin.get(f"/settings/privacy/access/{query}", headers=HTMX).content.decode()
        assert ("Viewed contact details</td>" in re.sub(r"\s+<", "<", part)) is holds, query
    assert len(events(Action.RECORD_VIEWED)) == 1
    assert "Élodie" not in text(signed_in("outsider"), "/settings/privacy/access/")


def test_the_access_log_contains_ids_and_can_be_exported(
    showcase: Showcase, signed_in: SignedIn, recruiter: Client
) -> None:
    elodie = showcase.talent("elodie")
    recruiter.get(f"/talents/{elodie.id}/")
    access_log.log_access(showcase.org, Action.EXPORTED, actor=None, what="talents", rows=5)
    answer = signed_in("admin").get("/settings/privacy/access/record.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))

    assert {"elodie"} == {row["ats_id"] for row in rows if row["action"] == "contacts_viewed"}
    assert {"rows=5 what=talents"} == {row["detail"] for row in rows if row["action"] == "exported"}
    assert "Müller" not in str(rows)
    assert events(Action.RECORD_EXPORTED)
    stored = str(list(AccessEvent.objects.values_list("detail", "subject")))
    assert "Müller" not in stored
    old = datetime.now(UTC) - timedelta(days=25 * 31)
    AccessEvent.objects.filter(action=Action.EXPORTED).update(at=old)
    assert access_log.prune_access_log() == 1


def test_a_person_can_be_marked_as_not_to_be_contacted(
    showcase: Showcase, signed_in: SignedIn, recruiter: Client, viewer: Client, kept: str
) -> None:
    elodie = showcase.talent("elodie")
    path = f"/talents/{elodie.id}/"
    version = elodie.attachments.get().current_version
    assert viewer.get(f"{path}contact/").status_code == 404
    assert viewer.post(f"{path}contact/", {"reason": "x"}).status_code == 404
    assert "This field is required" in recruiter.post(f"{path}contact/", {}).content.decode()

    recruiter.post(f"{path}contact/", {"reason": "asked us by phone"})

    page = text(recruiter, path)
    assert "This person must not be contacted" in page
    assert "asked us by phone" in page
    shown = text(viewer, path)
    assert "This person must not be contacted" in shown
    for false in (
        "asked us by phone",
        "Your role doesn't give you access to contact details",
        "Show anyway",
    ):
        assert false not in shown
    for hidden in (EMAIL, PHONE, "mailto:", str(version)):
        assert hidden not in page
    assert recruiter.get(f"/files/{version}/").status_code == 403
    assert recruiter.get(f"/files/{version}/download/").status_code == 403
    assert signed_in("admin").get(f"/files/{version}/").status_code == 200
    assert "Do not contact" in text(recruiter, "/talents/", q="elodie")
    assert "Do not contact" in text(recruiter, f"/jobs/{showcase.job('dev').id}/")
    assert "Müller" in text(recruiter, "/talents/", contact="do_not_contact")
    assert "Müller" not in text(recruiter, "/talents/", contact="withdrawn")
    assert recruiter.post(path, {"reveal": ""}).status_code == 200
    assert EMAIL not in recruiter.post(path, {"reveal": ""}).content.decode()
    admin = signed_in("admin")
    assert EMAIL not in text(admin, path)
    assert EMAIL in admin.post(path, {"reveal": ""}).content.decode()
    (revealed,) = events(Action.CONTACTS_REVEALED)
    assert revealed.account == showcase.person("admin")
    TalentContacts.objects.filter(talent=elodie).delete()
    owner = signed_in("owner")
    owner.post(path, {"reveal": ""})
    assert events(Action.CONTACTS_REVEALED)[-1].account == showcase.person("owner")

    recruiter.post(f"{path}contact/", {"again": ""})

    assert EMAIL in text(recruiter, path)
    assert [one.talent for one in events(Action.CONTACT_AGAIN)] == [elodie.id]
    assert "asked us by phone" not in str(list(AuditEvent.objects.values_list("detail")))


@pytest.mark.parametrize(
    ("state", "hidden"), [("WITHDRAWN", True), ("REFUSED", True), ("EXPIRED", False)]
)
def test_consent_is_respected(
    showcase: Showcase, recruiter: Client, state: str, hidden: bool
) -> None:
    elodie = showcase.talent("elodie")
    Talent.objects.filter(id=elodie.id).update(
        consent_state=state, headline=f"call {PHONE}", can_email=False
    )

    page, listed = text(recruiter, f"/talents/{elodie.id}/"), text(recruiter, "/talents/")

    assert (EMAIL not in page) is hidden
    assert (PHONE not in listed) is hidden
    assert f"Consent {state.lower()}" in listed
    assert "No emails" in listed
    assert "Müller" in text(recruiter, "/talents/", contact=state.lower())
    assert "Müller" in text(recruiter, "/talents/", contact="no_emails")


def test_the_record_of_processing_matches_the_settings(
    showcase: Showcase, signed_in: SignedIn, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention_policy.update_retention_policy(showcase.org, rejected_months=18)
    now = datetime.now(UTC)
    tokens.create(showcase.org, ["records", "contacts"], name="Careers site", now=now)
    spent = tokens.create(showcase.org, ["records"], name="Old program", now=now)
    tokens.revoke(showcase.org, str(spent.token.id), now=now)
    admin = signed_in("admin")
    page = text(admin, "/settings/privacy/processing/")
    monkeypatch.setenv("JEMMO_FILES", "supabase://resumes-of-acme")
    written = admin.get("/settings/privacy/processing/record.md").content.decode()

    for told in (page, written):
        assert "Talents: 64" in told
        assert "were all rejected is erased after 18 months" in told
        assert "for as long as the ATS keeps it" not in told
        assert "A program with the API token “Careers site”" in told
        assert "(records, contact details)" in told
        assert "Old program" not in told
        assert "admin@acme.example" in told
        assert "AES-256-GCM" in told
        assert "Élodie" not in told
    assert "Resumes and other files (encrypted)" in page
    assert "private bucket resumes-of-acme" in written
    assert "<li>" not in written
    assert "- The data of people whose applications" in written
    admin.cookies["django_language"] = "fr"
    assert "Registre des activités de traitement" in text(admin, "/settings/privacy/processing/")


def test_only_an_owner_can_delete_the_organization(
    showcase: Showcase, signed_in: SignedIn, tmp_path: Path
) -> None:
    path, org = "/settings/privacy/organisation/", showcase.org
    assert signed_in("admin").get(path).status_code == 404
    assert signed_in("admin").post(path, {"name": org.name}).status_code == 404
    owner = signed_in("owner")
    assert "The name doesn&#x27;t match." in owner.post(path, {"name": "other"}).content.decode()

    owner.post(path, {"name": org.name})

    assert "This organization will be deleted on" in text(signed_in("viewer"), "/jobs/")
    assert 'href="/settings/privacy/organisation/"' in text(owner, "/jobs/")
    assert signed_in("admin").post(f"{path}undo/").status_code == 404
    owner.post(f"{path}undo/")
    assert "This organization will be deleted on" not in text(owner, "/jobs/")
    owner.post(path, {"name": org.name})
    asked = organization_deletion.pending_org_deletion(org)
    assert asked is not None
    assert (
        owner.get(f"/organisations/deleted/{asked.id}/").status_code == 404
    )  # not before the deletion
    later = datetime.now(UTC) + timedelta(days=8)
    storage = FolderStorage(tmp_path / "files")
    while organization_deletion.step(asked.id, vault=default_vault(), storage=storage, now=later):
        pass

    certificate = text(owner, f"/organisations/deleted/{asked.id}/")
    assert (
        "This certificate was issued by this installation and hasn't been altered." in certificate
    )
    assert f"/organisations/deleted/{asked.id}/" in text(owner, "/no-organisation/")
    told = json.loads(owner.get(f"/organisations/deleted/{asked.id}/certificate.json").content)
    assert told["removed"]["talent"] == 64
    assert signed_in("outsider").get(f"/organisations/deleted/{asked.id}/").status_code == 404
    assert Client().get(f"/organisations/deleted/{asked.id}/").status_code == 302


def test_an_owner_of_two_organizations_keeps_the_other(showcase: Showcase, tmp_path: Path) -> None:
    accounts.add_member(showcase.stranger, "recruiter@acme.example", "viewer", None)
    asked = organization_deletion.schedule_org_deletion(
        showcase.org, actor=None, now=datetime.now(UTC), grace=timedelta(0)
    )
    storage = FolderStorage(tmp_path / "files")
    while organization_deletion.step(asked.id, vault=default_vault(), storage=storage):
        pass

    left = showcase.person("recruiter")
    assert [one.org for one in left.memberships.all()] == [showcase.stranger]
