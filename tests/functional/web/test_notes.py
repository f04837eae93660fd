"""Notes about talents: shown only with the right, without contact details or markup, and erased with the person."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from fakes.company import Company
from fakes.dump import dump
from fakes.markup import collapsed
from fakes.running import run_source
from fakes.showcase import EMAIL, PHONE, Showcase
from fakes.source import FakeSource

from jemmo.domain.enums import ContactKind
from jemmo.domain.records import Contact, Note, Talent
from jemmo.domain.streams import Stream, StreamSpec
from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import members, tokens
from jemmo.services.privacy import erasure, subject_export
from jemmo.store import models
from jemmo.store.db import scope
from jemmo.store.records.export import Reader, exported
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]
NOW = datetime.now(UTC)
SECRETS = (PHONE, EMAIL)


def give(showcase: Showcase, role: str, *, sees: bool = True) -> None:
    owner, member = (
        models.Membership.objects.get(account=showcase.person(name)) for name in ("owner", role)
    )
    members.give_right(owner, member.pk, "notes", sees=sees, now=NOW)


def section(client: Client, showcase: Showcase) -> str:
    answer = client.get(reverse("talent", args=[showcase.talent("elodie").id]))
    page = collapsed(answer.content.decode())
    return page.partition('id="notes"')[2].partition("</section>")[0]


def read_again(showcase: Showcase, database_url: str, **pages: Any) -> None:
    """Sync these records into the first company."""
    there = Company(database_url, showcase.talent("idle").connection_id)
    streams = [Stream.TALENTS, Stream.NOTES]
    specs = [StreamSpec(name=stream, cursor="updated") for stream in streams]
    source = FakeSource({Stream(name): [rows] for name, rows in pages.items()}, specs=specs)
    report = asyncio.run(run_source(source, there))
    assert report.error is None, report


def test_notes_are_on_the_page_for_people_with_the_right(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    assert section(signed_in("owner"), showcase)
    for role in ("admin", "recruiter", "viewer"):
        assert not section(signed_in(role), showcase), role

    give(showcase, "recruiter")
    assert PHONE in section(signed_in("recruiter"), showcase)
    give(showcase, "recruiter", sees=False)
    assert not section(signed_in("recruiter"), showcase)
    audited = models.AuditEvent.objects.filter(action__startswith="member.notes_")
    assert [event.action for event in audited.order_by("id")] == [
        "member.notes_given",
        "member.notes_taken",
    ]


def test_admins_grant_the_right_on_the_members_page(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    viewer = models.Membership.objects.get(account=showcase.person("viewer"))
    where = reverse("member_notes", args=[viewer.pk])

    assert signed_in("recruiter").post(where, {"sees": "on"}).status_code == 404
    assert not section(signed_in("viewer"), showcase)
    assert signed_in("admin").post(where, {"sees": "on"}).status_code == 302
    assert section(signed_in("viewer"), showcase)


def test_notes_hide_contact_details_like_everything_else(
    showcase: Showcase, signed_in: SignedIn, database_url: str
) -> None:
    give(showcase, "viewer")

    shown = section(signed_in("viewer"), showcase)

    assert "Call her at" in shown
    assert not [secret for secret in SECRETS if secret in shown]
    for table, text in dump(database_url).items():
        assert not [secret for secret in SECRETS if secret in text], table


def test_markup_is_removed_and_private_texts_are_not_stored(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    shown = section(signed_in("owner"), showcase)

    assert "<strong>features</strong>" in shown
    for danger in ("onclick", "alert(", "javascript:", "<img", "<iframe"):
        assert danger not in shown
    assert "Private" in shown
    assert "The text stays in your ATS." in shown


def test_screenshot_mode_omits_notes(showcase: Showcase, signed_in: SignedIn) -> None:
    client = signed_in("owner")
    assert section(client, showcase)
    client.post(reverse("screenshot"), {"screenshot": "on", "next": "/"})
    assert not section(client, showcase)


def test_search_ignores_notes(showcase: Showcase, signed_in: SignedIn) -> None:
    for role in ("owner", "viewer"):
        assert "Müller" not in signed_in(role).get("/talents/?q=zebrafinch").content.decode()


def test_the_database_shows_notes_only_with_the_right(showcase: Showcase) -> None:
    org = showcase.org.id
    for seen, count in (
        (scope.Scope(org=org, contacts=True), 0),
        (scope.Scope(org=org, notes=True), 3),
    ):
        with scope.acting_in(seen):
            assert models.Note.objects.count() == count


def test_exports_contain_the_notes_of_visible_talents(showcase: Showcase) -> None:
    for unseal, is_masked in ((default_vault().open, False), (None, True)):
        rows = list(exported("notes", showcase.org, Reader(unseal=unseal)))
        bodies = {row["remote_id"]: row["body"] for row in rows}
        assert bodies.keys() == {"of-elodie", "private"}
        assert (PHONE not in bodies["of-elodie"]) is is_masked
        assert rows[0]["talent_id"] == showcase.talent("elodie").id


@pytest.mark.parametrize(
    ("scopes", "status", "sees_phone"),
    [
        (("records",), 403, False),
        (("notes",), 403, False),
        (("records", "notes"), 200, False),
        (("records", "notes", "contacts"), 200, True),
    ],
)
def test_the_api_requires_a_separate_scope(
    showcase: Showcase, served: None, scopes: tuple[str, ...], status: int, sees_phone: bool
) -> None:
    made = tokens.create(showcase.org, scopes, name="test", now=NOW)
    with scope.acting_in(scope.NOBODY):
        answer = Client().get("/api/v1/notes", headers={"Authorization": f"Bearer {made.secret}"})
    assert answer.status_code == status
    if status == 200:
        assert {row["remote_id"] for row in answer.json()["data"]} == {"of-elodie", "private"}
        assert (PHONE in answer.content.decode()) is sees_phone


def test_people_without_the_right_cannot_grant_it_to_a_token(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    fields = {"name": "x", "scopes": ["notes"]}
    assert signed_in("admin").post("/settings/api/create/", fields).status_code == 422
    assert signed_in("owner").post("/settings/api/create/", fields).status_code == 200
    assert models.ApiToken.objects.get().scopes == ["records", "notes"]


def test_notes_are_in_the_persons_export_and_erased_with_the_person(
    showcase: Showcase, database_url: str, tmp_path: Path
) -> None:
    elodie = showcase.talent("elodie").id
    storage, vault, written = FolderStorage(tmp_path), default_vault(), io.BytesIO()
    subject_export.export(showcase.org, [elodie], written, vault=vault, storage=storage)
    with zipfile.ZipFile(written) as archive:
        [record] = json.loads(archive.read("data.json"))["records"]
    assert PHONE in record["notes"][0]["body"]

    erasure.erase(showcase.org, [elodie], vault=vault, storage=storage)
    assert set(models.Note.objects.values_list("remote_id", flat=True)) == {"of-idle"}

    late = Note(remote_id="late", talent_remote_id="elodie", body="Came back")
    again = Note(remote_id="of-elodie", talent_remote_id="elodie", body="Came back")
    read_again(showcase, database_url, notes=[late, again])
    assert set(models.Note.objects.values_list("remote_id", flat=True)) == {"of-idle"}


def test_anonymization_in_the_ats_deletes_the_notes(showcase: Showcase, database_url: str) -> None:
    email = (Contact(kind=ContactKind.EMAIL, value="idle@example.com"),)
    named = Talent(remote_id="idle", first_name="Idle", last_name="Person", contacts=email)
    read_again(showcase, database_url, talents=[named])
    read_again(showcase, database_url, talents=[Talent(remote_id="idle")])

    note = models.Note.objects.get(remote_id="of-idle")
    assert (note.body, note.sealed_texts) == (None, None)
