"""People who are anonymized in the ATS are anonymized here: name, contacts, files, their text, and cover letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from contracts.harness import Harness, Vendor, start
from contracts.vendors.flatchr import FLATCHR
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import Company, adds_up, company, in_thread
from fakes.dump import dump
from fakes.running import run_source
from fakes.source import FakeSource

from jemmo.connectors.registry import connector_for
from jemmo.domain.enums import ApplicationStatus, ContactKind
from jemmo.domain.errors import RecordRejected
from jemmo.domain.mentions import names_in
from jemmo.domain.records import Application, Contact, Talent
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.services.base.contexts import body_context
from jemmo.services.base.lookups import lookup_key, mention_hasher
from jemmo.services.files import cleanup
from jemmo.services.files.download import download_files
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server

BLANK = {
    "teamtailor": {
        "first-name": "Anonymised",
        "last-name": None,
        "email": None,
        "phone": None,
        "pitch": None,
        "linkedin-url": None,
        "tags": [],
    },
    "flatchr": {"anonym": True},
}
LETTER = b"sealed"


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    return FolderStorage(tmp_path / "files")


async def filled(ats: Harness, database_url: str, storage: FolderStorage) -> Company:
    found = await company(
        database_url,
        base_url=ats.base_url,
        key=ats.server.key,
        provider=ats.vendor.name,
        options=ats.vendor.options,
    )
    await found.sync()
    await download_files(
        found.id, database_url=database_url, vault=default_vault(), storage=storage
    )
    return found


async def somebody(found: Company) -> tuple[str, Any]:
    rows = await found.rows(
        "SELECT t.remote_id, t.id FROM talent t JOIN talent_contacts c ON c.talent_id = t.id "
        "JOIN attachment f ON f.talent_id = t.id AND f.current_version IS NOT NULL "
        "JOIN file_text w ON w.talent_id = t.id "
        "JOIN application a ON a.talent_id = t.id WHERE t.connection_id = {me} "
        "ORDER BY t.remote_id LIMIT 1"
    )
    return str(rows[0][0]), rows[0][1]


@pytest.mark.parametrize("vendor", [TEAMTAILOR, FLATCHR], ids=lambda one: one.name)
@pytest.mark.sample(1)
async def test_nothing_of_the_person_is_left(
    vendor: Vendor, database_url: str, storage: FolderStorage
) -> None:
    async with start(vendor, talents=16) as ats:
        found = await filled(ats, database_url, storage)
        who, key = await somebody(found)
        contacts = (await found.contacts())[who]
        await found.rows(
            "UPDATE application SET sealed_texts = %s WHERE talent_id = %s", LETTER, key
        )
        files = len(list(storage.listing()))
        await ats.server.change(
            "edit", vendor.kinds[Stream.TALENTS], who, attributes=BLANK[vendor.name]
        )
        await found.sync(Mode.INCREMENTAL)

        row = await found.record(Stream.TALENTS, who)
        assert row["anonymised_at"] is not None
        assert row["remote_deleted_at"] is None
        assert who not in await found.contacts()
        words = "SELECT count(*) FROM file_text WHERE talent_id = %s"
        assert await found.value(words, key) == 0
        shown = (
            "SELECT count(*) FROM attachment WHERE talent_id = %s "
            "AND (remote_deleted_at IS NULL OR file_name IS NOT NULL)"
        )
        assert await found.value(shown, key) == 0
        letters = "SELECT count(sealed_texts) FROM application WHERE talent_id = %s"
        assert await found.value(letters, key) == 0
        for table, text in dump(database_url).items():
            assert not [one for one in contacts if one in text], table
        await in_thread(lambda: cleanup.clean_up(storage, default_vault()))
        assert len(list(storage.listing())) < files
        versions = (
            "SELECT count(*) FROM file_version v JOIN attachment a ON a.id = v.attachment_id "
            "WHERE a.talent_id = %s"
        )
        assert await found.value(versions, key) == 0
        for mode in (Mode.RECONCILE, Mode.INITIAL):
            await found.sync(mode)
        assert await found.value(words, key) == 0
        assert (await found.verify()).equal


NAMED = tuple(
    Talent(
        remote_id=str(n),
        first_name="Lou",
        contacts=(Contact(kind=ContactKind.EMAIL, value=f"lou{n}@example.com"),),
        headline="Write to lou@example.com",
    )
    for n in range(40)
)
APPLIED = Application(
    remote_id="a", talent_remote_id="0", status=ApplicationStatus.ACTIVE, cover_letter="Hello."
)


def hiding(number: int) -> FakeSource:
    """An ATS that sends this many of its people without any data about them."""
    people = [
        Talent(remote_id=talent.remote_id) if n < number else talent
        for n, talent in enumerate(NAMED)
    ]
    return FakeSource({Stream.TALENTS: [people], Stream.APPLICATIONS: [[APPLIED]]})


async def test_unusually_many_hidden_people_stay_as_they_are(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")
    await run_source(hiding(0), found, Mode.INITIAL)
    contacts = await found.contacts()

    for mode in (Mode.RECONCILE, Mode.INITIAL):
        report = await run_source(hiding(20), found, mode)

        warnings = {warning.code: warning.count for warning in report.warnings}
        assert warnings["anonymization_held"] >= 20
        assert "anonymized_in_ats" not in warnings
        assert adds_up(report), report
        assert await found.contacts() == contacts
    assert await found.value("SELECT count(*) FROM talent WHERE anonymised_at IS NOT NULL") == 0


async def test_texts_return_when_the_ats_names_the_person_again(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")
    await run_source(hiding(0), found, Mode.INITIAL)
    contacts, texts = await found.contacts(), await found.texts(Stream.APPLICATIONS)
    assert texts["a"]["cover_letter"] == "Hello."

    report = await run_source(hiding(1), found, Mode.INITIAL)
    assert {one.code: one.count for one in report.warnings} == {"anonymized_in_ats": 1}
    assert "a" not in await found.texts(Stream.APPLICATIONS)
    assert (await found.record(Stream.TALENTS, "0"))["anonymised_at"] is not None

    for _ in range(2):  # the application may have been read before its talent
        await run_source(hiding(0), found, Mode.INITIAL)
    assert (await found.record(Stream.TALENTS, "0"))["anonymised_at"] is None
    assert (await found.contacts(), await found.texts(Stream.APPLICATIONS)) == (contacts, texts)


async def test_webhooks_about_others_stay(database_url: str, storage: FolderStorage) -> None:
    async with start(TEAMTAILOR, talents=16) as ats:
        found = await filled(ats, database_url, storage)
        who, key = await somebody(found)
        known = await found.contacts()
        address = known[who][0]
        (application,) = (
            await found.rows("SELECT remote_id FROM application WHERE talent_id = %s LIMIT 1", key)
        )[0]
        other = next(one for one in sorted(known) if one != who)
        theirs = [
            _webhook("candidate.update", "candidate", who),
            _webhook("job_application.update", "job_application", application),
            {"unknown": "kind", "text": f"write to {address}"},
        ]
        others = [
            _webhook("candidate.update", "candidate", other),
            _webhook("job.update", "job", who),
        ]
        bodies = {str(number): body for number, body in enumerate([*theirs, *others])}
        for number, body in bodies.items():
            await _deliver(found, number, msgspec.json.encode(body))
        await found.rows(
            "INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body) "
            "VALUES ({me}, 'accepted', 'of an older version', %s)",
            b"sealed",
        )
        await ats.server.change("edit", "candidates", who, attributes=BLANK["teamtailor"])
        await found.sync(Mode.INCREMENTAL)

        assert (await found.record(Stream.TALENTS, who))["anonymised_at"] is not None
        left = await found.rows("SELECT event FROM webhook_delivery ORDER BY id")
        assert [event for (event,) in left] == ["3", "4"]


def _webhook(event: str, kind: str, remote_id: str) -> dict[str, Any]:
    return {"payload": {"event_name": event, "data": {"id": remote_id, "type": kind}}}


async def _deliver(found: Company, event: str, body: bytes) -> None:
    connector = connector_for("teamtailor")
    assert connector.webhooks is not None
    try:
        requests = connector.webhooks.read(body, connector.with_defaults({})).requests
    except RecordRejected:
        requests = ()
    names = names_in(body, requests)
    assert names is not None
    org = await found.value("SELECT org_id FROM connection WHERE id = {me}")
    key = await in_thread(lambda: lookup_key(default_vault()))
    await found.rows(
        "INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body, named) "
        "VALUES ({me}, 'accepted', %s, %s, %s)",
        *(event, default_vault().seal(body, body_context(found.id))),
        mention_hasher(key, org, found.id)(names),
    )


async def test_a_person_who_only_lost_a_number_is_not_anonymized(
    database_url: str, storage: FolderStorage
) -> None:
    async with start(TEAMTAILOR, talents=16) as ats:
        found = await filled(ats, database_url, storage)
        who, key = await somebody(found)
        await ats.server.change(
            "edit", "candidates", who, attributes={"email": None, "phone": None}
        )
        await found.sync(Mode.INCREMENTAL)

        assert (await found.record(Stream.TALENTS, who))["anonymised_at"] is None
        assert await found.value("SELECT count(*) FROM file_text WHERE talent_id = %s", key) == 1
