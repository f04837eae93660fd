"""Contact details typed into texts in the ATS: encrypted in the tables, visible only to authorized people."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from fakes.company import Company
from fakes.dump import dump
from fakes.running import run_source
from fakes.showcase import Showcase
from fakes.source import FakeSource, Pages

from jemmo.domain.enums import ApplicationStatus
from jemmo.domain.fields import sealed
from jemmo.domain.masking import HIDDEN
from jemmo.domain.records import Application, Attachment, Location, Talent
from jemmo.domain.streams import Stream
from jemmo.files.folder import FolderStorage
from jemmo.services.operations import keys
from jemmo.services.privacy import subject_export
from jemmo.services.records import exports
from jemmo.store import models
from jemmo.vault import default_vault, keyset_path, open_vault

ADDRESS, NUMBER = "someone.private@mail.example", "+33 6 00 00 00 42"
BOTH = f"{ADDRESS} or {NUMBER}"
LETTER = f"Dear all, I was born in Nowhere-on-Sea. {BOTH}"
DOCUMENTS: dict[Any, dict[str, Any]] = {
    kind: dict.fromkeys(sealed(kind), LETTER) for kind in (Talent, Application)
}
"""All documents about a person, in full."""
WHO = "talkative"
SAYS = Talent(
    remote_id=WHO,
    first_name="Tilda",
    last_name=ADDRESS,
    headline=f"Painter, {BOTH}",
    summary=BOTH,
    current_company=BOTH,
    current_title=BOTH,
    source=BOTH,
    source_url=f"https://boards.example/?who={ADDRESS}",
    location=Location(raw=BOTH, city="Lyon"),
    tags=(ADDRESS, "painter"),
    attachments=(Attachment(remote_id="cv", file_name=f"{ADDRESS}.pdf"),),
    **DOCUMENTS[Talent],
    custom_fields={
        "a": {"type": "email", "label": "Private", "value": ADDRESS},
        "b": {"type": "text", "label": "Notes", "value": [BOTH]},
    },
)
APPLIED = Application(
    remote_id="of-talkative",
    talent_remote_id=WHO,
    job_remote_id="dev",
    stage_remote_id="new",
    status=ApplicationStatus.ACTIVE,
    source=BOTH,
    **DOCUMENTS[Application],
)


@pytest.fixture
def talkative(showcase: Showcase, database_url: str) -> models.Talent:
    """A talent with an address and a number in every field of the ATS except the contacts."""
    there = Company(database_url, showcase.talent("elodie").connection_id)
    pages: Pages = {Stream.TALENTS: [[SAYS]], Stream.APPLICATIONS: [[APPLIED]]}
    report = asyncio.run(run_source(FakeSource(pages), there))
    assert report.error is None, report
    return showcase.talent(WHO)


def test_a_dump_contains_none_of_them(talkative: models.Talent, database_url: str) -> None:
    for table, text in dump(database_url).items():
        assert not [one for one in (ADDRESS, NUMBER, "Nowhere-on-Sea") if one in text], table
    assert talkative.headline == f"Painter, {HIDDEN} or {HIDDEN}"


def test_recruiters_see_the_original_texts_and_viewers_do_not(
    talkative: models.Talent, showcase: Showcase, recruiter: Client, viewer: Client
) -> None:
    page = f"/talents/{talkative.id}/"
    for path in (page, "/talents/?q=tilda", f"/jobs/{showcase.job('dev').id}/"):
        shown, hidden = recruiter.get(path).content.decode(), viewer.get(path).content.decode()
        assert ADDRESS in shown, path
        assert "Tilda" in hidden
        assert not [one for one in (ADDRESS, NUMBER) if one in hidden], path
    documents = sum(map(len, DOCUMENTS.values()))
    assert recruiter.get(page).content.decode().count(LETTER) == documents
    assert f"{ADDRESS}.pdf" in recruiter.get(page).content.decode()
    assert "Nowhere-on-Sea" not in viewer.get(page).content.decode()


def test_nobody_sees_those_of_people_who_must_not_be_contacted(
    talkative: models.Talent, recruiter: Client
) -> None:
    models.Talent.objects.filter(id=talkative.id).update(consent_state="WITHDRAWN")

    for path in (f"/talents/{talkative.id}/", "/talents/?q=tilda"):
        text = recruiter.get(path).content.decode()
        assert "Tilda" in text
        assert not [one for one in (ADDRESS, NUMBER, "Nowhere-on-Sea") if one in text], path


@pytest.mark.parametrize("typed", [ADDRESS, NUMBER, "0600000042"])
def test_a_recruiter_finds_the_person_by_them(
    talkative: models.Talent, recruiter: Client, viewer: Client, typed: str
) -> None:
    assert f"/talents/{talkative.id}/" in recruiter.get("/talents/", {"q": typed}).content.decode()
    assert f"/talents/{talkative.id}/" not in viewer.get("/talents/", {"q": typed}).content.decode()


def test_exports_contain_the_original_texts_for_authorized_readers(
    talkative: models.Talent, showcase: Showcase
) -> None:
    for role, sees in ((models.Role.RECRUITER, True), (models.Role.VIEWER, False)):
        (talent,) = [row for row in exported(showcase, "talents", role) if row["remote_id"] == WHO]
        (applied,) = [
            row
            for row in exported(showcase, "applications", role)
            if row["talent_remote_id"] == WHO
        ]
        (file,) = [
            row for row in exported(showcase, "resumes", role) if row["talent_remote_id"] == WHO
        ]
        assert (talent["headline"] == SAYS.headline) == sees
        assert (talent["full_name"] == f"Tilda {ADDRESS}") == sees
        assert (talent["tags"] == list(SAYS.tags)) == sees
        assert (talent["custom_fields"] == SAYS.custom_fields) == sees
        assert (talent["resumes"][0]["file_name"] == f"{ADDRESS}.pdf") == sees
        assert (file["file_name"] == f"{ADDRESS}.pdf") == sees
        for row, kind in ((talent, Talent), (applied, Application)):
            assert [row[name] for name in DOCUMENTS[kind]] == [LETTER if sees else None] * len(
                DOCUMENTS[kind]
            )
        assert (ADDRESS in str([talent, applied, file])) == sees


def test_the_persons_export_contains_all_of_them(
    talkative: models.Talent, showcase: Showcase, tmp_path: Path
) -> None:
    written = io.BytesIO()
    subject_export.export(
        *(showcase.org, [talkative.id], written),
        vault=default_vault(),
        storage=FolderStorage(tmp_path),
    )

    with zipfile.ZipFile(written) as archive:
        (record,) = json.loads(archive.read("data.json"))["records"]
    assert record["person"]["headline"] == SAYS.headline
    assert record["applications"][0]["cover_letter"] == LETTER
    assert record["files"][0]["file_name"] == f"{ADDRESS}.pdf"


def test_they_are_reencrypted_with_new_keys(
    talkative: models.Talent, recruiter: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "keyset.json"
    copy.write_bytes(keyset_path().read_bytes())
    copy.chmod(0o600)
    monkeypatch.setenv("JEMMO_KEYSET", str(copy))
    keys.rotate(copy)

    told = keys.reseal(open_vault(copy), FolderStorage(tmp_path / "files"))

    assert told.unreadable == 0
    assert LETTER in recruiter.get(f"/talents/{talkative.id}/").content.decode()


def test_they_are_deleted_once_the_text_no_longer_contains_them(
    talkative: models.Talent, showcase: Showcase, database_url: str
) -> None:
    there = Company(database_url, showcase.talent("elodie").connection_id)
    pages: Pages = {
        Stream.TALENTS: [[Talent(remote_id=WHO, first_name="Tilda", headline="Painter")]]
    }
    asyncio.run(run_source(FakeSource(pages), there))

    assert showcase.talent(WHO).headline == "Painter"
    assert not models.TalentContacts.objects.filter(talent=talkative.id).exists()


def exported(showcase: Showcase, kind: str, role: models.Role) -> list[dict[str, Any]]:
    return list(exports.rows(showcase.org, kind, role=role, vault=default_vault()))
