"""An erased person is removed everywhere, and no sync brings them back."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from contracts.harness import Harness, start
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import Company, adds_up, company, in_thread
from fakes.dump import dump
from fakes.hooks import hooked
from fakes.processes import jemmo
from procrastinate.contrib.django import app

from jemmo.domain.access import Action
from jemmo.domain.disguise import Disguise
from jemmo.domain.streams import Mode, Stream
from jemmo.domain.webhooks import NAME, ROW
from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import accounts
from jemmo.services.base import access_log
from jemmo.services.files import cleanup
from jemmo.services.files.download import download_files
from jemmo.services.notifications import support
from jemmo.services.privacy import do_not_contact, erasure, people
from jemmo.store.models import Membership, Notification, Organisation, Rejection, Tag, Talent
from jemmo.store.operations.sealed_places import rejection_context
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    return FolderStorage(tmp_path / "files")


@pytest.fixture
async def ats() -> Any:
    async with start(TEAMTAILOR, talents=16) as harness:
        yield harness


async def filled(ats: Harness, database_url: str, storage: FolderStorage) -> Company:
    found = await company(database_url, base_url=ats.base_url, key=ats.server.key)
    await found.sync()
    await download_files(
        found.id, database_url=database_url, vault=default_vault(), storage=storage
    )
    return found


async def somebody(found: Company) -> dict[str, Any]:
    """A person with contacts, applications, and a stored file."""
    row = (
        await found.rows(
            "SELECT t.remote_id, t.id FROM talent t JOIN talent_contacts c ON c.talent_id = t.id "
            "JOIN attachment f ON f.talent_id = t.id AND f.current_version IS NOT NULL "
            "JOIN application a ON a.talent_id = t.id WHERE t.connection_id = {me} "
            "ORDER BY t.remote_id LIMIT 1"
        )
    )[0]
    applications = await found.rows(
        "SELECT remote_id FROM application WHERE talent_id = %s", row[1]
    )
    return {
        "remote_id": row[0],
        "id": row[1],
        "contacts": (await found.contacts())[row[0]],
        "applications": [one[0] for one in applications],
    }


async def erase(found: Company, who: dict[str, Any], storage: FolderStorage) -> Any:
    def work() -> Any:
        org = Organisation.objects.get(slug="acme")
        return erasure.erase(org, [who["id"]], vault=default_vault(), storage=storage)

    return await in_thread(work)


BESIDE = ("erased/", "jemmo-storage/")


def kept(storage: FolderStorage) -> int:
    """Return the number of people's files, without the hashed list of people whom no backup may restore."""
    return len([one for one in storage.listing() if not one.name.startswith(BESIDE)])


async def test_nothing_of_the_person_is_left_after_three_more_syncs(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    found = await filled(ats, database_url, storage)
    who = await somebody(found)
    files = kept(storage)
    certificate = await erase(found, who, storage)
    for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
        report = await found.sync(mode)
        assert report.error is None, report
        assert adds_up(report)
        await download_files(
            found.id, database_url=database_url, vault=default_vault(), storage=storage
        )

    for table, text in dump(database_url).items():
        # For a week, the feed tells clients which copies to delete, by an id that reveals nothing else.
        own_id = () if table.startswith("feed_") else (str(who["id"]),)
        for trace in (*own_id, *who["contacts"]):
            assert trace not in text, (table, trace)
    for table, column in (
        *(("talent", "remote_id"), ("application", "talent_remote_id")),
        *(("sighting", "remote_id"), ("pending_link", "target_remote_id")),
    ):
        where = f"WHERE {column} = %s"
        if column == "remote_id" and table == "sighting":
            where += " AND stream = 'talents'"
        rows = await found.rows(f"SELECT count(*) FROM {table} {where}", who["remote_id"])
        assert rows == [(0,)], table
    for application in who["applications"]:
        assert application not in await found.ids(Stream.APPLICATIONS)
    assert kept(storage) < files
    assert (await found.verify()).equal
    assert certificate.removed["talents"] == 1
    assert certificate.suppressed >= 2


@pytest.mark.long
async def test_webhooks_that_name_them_are_deleted_too(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        who = sorted(await found.company.contacts())[0]
        contacts = (await found.company.contacts())[who]
        key = await found.company.value("SELECT id FROM talent WHERE remote_id = %s", who)

        def everything_that_names_them() -> None:
            """Create rows that name them and that no sync writes by itself."""
            org = Organisation.objects.get(slug="acme")
            asker = accounts.add_member(org, "asker@acme.example", "recruiter", None)
            member = Membership.objects.select_related("account").get(account=asker)
            do_not_contact.set_do_not_contact(member, key, reason="a reason", now=datetime.now(UTC))
            access_log.log_access(org, Action.CONTACTS_VIEWED, actor=asker, talent=key)
            support.write(
                org,
                asker,
                body=f"Where is {Talent.objects.get(id=key).full_name.upper()}, {contacts[0]}?",
                error="",
                steps="",
                language="en",
                now=datetime.now(UTC),
                disguise=Disguise(b"x"),
                vault=default_vault(),
            )
            tags = ["only theirs", contacts[0]]
            Talent.objects.filter(id=key).update(tags=tags)
            Tag.objects.bulk_create([Tag(org=org, name=name) for name in tags])
            Notification.objects.create(
                org=org, connection_id=found.company.id, kind="sync_done", facts={"who": who}
            )
            app.configure_task("a_task_that_names_somebody").defer(talent_id=str(key))

        await in_thread(everything_that_names_them)
        certificate = await erase(found.company, {"id": key}, storage)
        attributes = {"first-name": "Odile", "email": contacts[0]}
        await found.sandbox.change("edit", "candidates", who, attributes=attributes)
        await found.drain()
        for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
            await found.company.sync(mode)
        await found.drain()

        for table, text in dump(database_url).items():
            for trace in (str(key), *contacts, "only theirs", "a reason"):
                assert trace.casefold() not in text.casefold(), (table, trace)
        hinted = "SELECT count(*) FROM webhook_hint WHERE stream = 'talents' AND remote_id = %s"
        assert await found.company.value(hinted, who) == 0
        assert {"tags", "queued_tasks", "notifications", "audit_events", "support_messages"} <= set(
            certificate.removed
        )


async def test_only_webhooks_about_the_person_are_deleted(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        contacts = await found.company.contacts()
        who, other = sorted(contacts)[:2]
        key = await found.company.value("SELECT id FROM talent WHERE remote_id = %s", who)
        for number, one in enumerate((who, other, other)):
            edited = {"pitch": f"edited {number}"}
            await found.sandbox.change("edit", "candidates", one, attributes=edited)
        body = {"event_name": "candidate.update", "id": other, "note": f"knows {contacts[who][0]}"}
        assert await found.signed(json.dumps(body)) == 200
        await found.counted("accepted", 4)

        def told() -> tuple[dict[str, int], Any]:
            org = Organisation.objects.get(slug="acme")
            chosen = people.chosen(org, [key])
            before = people.personal_data_of(org, chosen, vault=default_vault()).counts
            made = erasure.erase(org, [key], vault=default_vault(), storage=storage)
            return {name: number for name, number in before.items() if number}, made.removed

        preview, removed = await in_thread(told)

        assert (
            removed["webhook_deliveries"] == 2
        )  # one names them, the other contains their address
        assert preview == removed
        assert await found.company.value("SELECT count(*) FROM webhook_delivery") == 2


async def test_webhooks_that_name_a_person_are_found_without_decryption(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        contacts = await found.company.contacts()
        who, other = sorted(contacts)[:2]
        key = await found.company.value("SELECT id FROM talent WHERE remote_id = %s", who)
        crowd = ["+33600000000 a0@b.example"] * 30_000
        for body in (
            {"event_name": "candidate.update", "id": other, "note": contacts[who][0]},
            {"event_name": "candidate.update", "id": other, "note": "nobody"},
            {"event_name": "candidate.update", "id": other, "note": crowd},
        ):
            assert await found.signed(json.dumps(body)) == 200
        await found.counted("accepted", 3)
        await found.company.rows("UPDATE webhook_delivery SET sealed_body = 'closed'")

        def told() -> tuple[int, int]:
            org = Organisation.objects.get(slug="acme")
            chosen = people.chosen(org, [key])
            before = people.personal_data_of(org, chosen, vault=default_vault()).counts
            made = erasure.erase(org, [key], vault=default_vault(), storage=storage)
            return before["webhook_deliveries"], made.removed["webhook_deliveries"]

        # One contains their address, and the other names too many people to keep the rest of it.
        assert await in_thread(told) == (2, 2)
        assert await found.company.value("SELECT count(*) FROM webhook_delivery") == 1


async def test_stored_names_count_toward_the_size_limit(database_url: str) -> None:
    async with hooked(database_url) as found:
        who = sorted(await found.company.contacts())[0]
        body = {"event_name": "candidate.update", "id": who, "x": list(range(500))}
        assert await found.signed(json.dumps(body)) == 200
        await found.counted("kept_bytes", len(json.dumps(body)) + ROW + 500 * NAME)


async def test_only_rejected_records_about_the_person_are_deleted(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    found = await filled(ats, database_url, storage)
    who = await somebody(found)
    vault = default_vault()

    def work() -> Any:
        talent = Talent.objects.get(id=who["id"])
        address = {"attributes": {"mail": who["contacts"][0]}}
        name = {"attributes": {"first-name": talent.first_name, "last-name": talent.last_name}}
        other = {"attributes": {"first-name": "Somebody", "last-name": "Else"}}
        bodies = {"a": address, "b": name, "c": other}
        sealed = {code: json.dumps(body).encode() for code, body in bodies.items()}
        for code, body in {**sealed, "d": sealed["a"][:-5], "e": None}.items():
            Rejection.objects.create(
                connection_id=found.id,
                stream="talents",
                code=code,
                message="",
                sealed_raw=body and vault.seal(body, rejection_context(found.id)),
            )
        org = Organisation.objects.get(slug="acme")
        erasure.erase(org, [who["id"]], vault=vault, storage=storage)
        nameless = Rejection.objects.filter(remote_id=None, code__in=list("abcde"))
        return sorted(nameless.values_list("code", flat=True))

    assert await in_thread(work) == ["c", "e"]


async def test_a_new_application_does_not_bring_the_person_back(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    found = await filled(ats, database_url, storage)
    who = await somebody(found)
    await erase(found, who, storage)
    job = sorted(await ats.truth(Stream.JOBS))[0]
    await ats.server.change(
        "create",
        "job-applications",
        attributes={},
        relationships={"candidate": who["remote_id"], "job": job},
    )
    await ats.edit_talent(who["remote_id"])
    await found.sync()

    assert who["remote_id"] not in await found.ids(Stream.TALENTS)
    count = await found.value(
        "SELECT count(*) FROM application WHERE talent_remote_id = %s", who["remote_id"]
    )
    assert count == 0


@pytest.mark.long
async def test_the_command_erases_by_address_and_writes_a_certificate(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    found = await filled(ats, database_url, storage)
    who = await somebody(found)
    email = next(one for one in who["contacts"] if "@" in one)
    refused = await jemmo("erase", "--org", "acme", "--email-stdin", stdin=f"{email}\n")
    assert refused.status == 4
    assert who["remote_id"] in await found.ids(Stream.TALENTS)
    done = await jemmo(
        "erase", "--org", "acme", "--email-stdin", "--yes", "--json", stdin=f"{email.upper()}\n"
    )

    assert done.status == 0, done.err
    assert done.last["removed"]["talents"] >= 1
    assert email not in done.out + done.err
    assert len(done.last["proof"]) == 64
    assert who["remote_id"] not in await found.ids(Stream.TALENTS)
    again = await jemmo("erase", "--org", "acme", "--email-stdin", "--yes", stdin=f"{email}\n")
    assert again.status == 4
    assert "Nobody" in again.err


@pytest.mark.long
async def test_a_persons_export_contains_everything_stored(
    ats: Harness, database_url: str, storage: FolderStorage, tmp_path: Path
) -> None:
    found = await filled(ats, database_url, storage)
    who = await somebody(found)
    target = tmp_path / "about.zip"
    words = ("--org", "acme", "--talent", who["remote_id"], "--to", str(target))
    done = await jemmo("subject-export", *words, "--json")

    assert done.status == 0, done.err
    size = target.stat().st_size
    assert done.last == {"path": str(target), "bytes": size, "records": 1}
    with zipfile.ZipFile(io.BytesIO(target.read_bytes())) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
        kept = [archive.read(name) for name in names if name.startswith("files/")]
    (record,) = told["records"]
    assert record["person"]["remote_id"] == who["remote_id"]
    assert {one["value"] for one in record["contacts"]} == set(who["contacts"])
    assert {one["remote_id"] for one in record["applications"]} == set(who["applications"])
    assert kept
    assert all(one.startswith((b"%PDF", b"PK", b"\x89PNG")) for one in kept)
    assert who["contacts"][0] in page
    assert "sealed" not in json.dumps(told)
    assert (
        await jemmo("subject-export", *words)
    ).status == 4  # the existing file isn't overwritten


async def test_people_deleted_in_the_ats_are_erased_after_a_month(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    found = await filled(ats, database_url, storage)
    who = await somebody(found)

    def forget(days: int) -> int:
        from datetime import UTC, datetime, timedelta

        Talent.objects.filter(id=who["id"]).update(
            remote_deleted_at=datetime.now(UTC) - timedelta(days=days)
        )
        return erasure.erase_deleted_talents(default_vault(), storage)

    assert await in_thread(lambda: forget(29)) == 0
    assert await in_thread(lambda: forget(31)) == 1
    assert await found.value("SELECT count(*) FROM talent WHERE id = %s", who["id"]) == 0
    assert await found.value("SELECT count(*) FROM suppression") == 0
    assert (
        await in_thread(lambda: cleanup.clean_up(storage, default_vault()))
        == cleanup.CleanupSummary()
    )
