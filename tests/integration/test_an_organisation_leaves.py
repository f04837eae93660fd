"""Deleting an organization removes all of its rows from every table, and none of another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import transaction
from fakes.dump import dump
from fakes.kept import keep
from fakes.one_of_each import one_of_each
from fakes.showcase import EMAIL, Showcase

from jemmo.domain.errors import ConfigError
from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import organization_deletion
from jemmo.services.files.storage import MARK
from jemmo.services.sync import schedule
from jemmo.store.db import ownership
from jemmo.store.db.policies import OPEN
from jemmo.store.models import (
    Account,
    AuditEvent,
    Connection,
    Invitation,
    Notification,
    Organisation,
    OrganisationDeletion,
    SupportThread,
    Tag,
)
from jemmo.vault import default_vault

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
NOBODYS = {
    # Tables of the installation, or of people who may belong to several organizations.
    *OPEN,
    *("account", "account_groups", "account_user_permissions", "account_emailaddress"),
    *("account_emailconfirmation", "mfa_authenticator", "organisation", "organisation_deletion"),
}


@pytest.fixture
def filled(
    showcase: Showcase, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Showcase:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    keep(database_url, showcase.talent("elodie"), b"%PDF-1.4\n%a file", tmp_path / "files")
    for org in (showcase.org, showcase.stranger):
        owner = org.memberships.get(role="owner").account
        Tag.objects.create(org=org, name="left over")
        Notification.objects.create(org=org, kind="sync_done")
        AuditEvent.objects.create(org=org, at=NOW, action="member.joined", actor=owner)
        Invitation.objects.create(
            org=org, email="new@mail.example", role="viewer", created_at=NOW, expires_at=NOW
        )
        SupportThread.objects.create(
            org=org, account=owner, opened_at=NOW, last_at=NOW, read_at=NOW
        )
    return showcase


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "files")


def finish(deletion_id: object, storage: FolderStorage, now: datetime) -> int:
    steps = 1
    while organization_deletion.step(deletion_id, vault=default_vault(), storage=storage, now=now):  # type: ignore[arg-type]
        steps += 1
        assert steps < 200
    return steps


def test_every_table_belongs_to_an_organization_or_is_listed(database_url: str) -> None:
    """A new table without a path to an organization must be listed above, or it was forgotten."""
    found = ownership.organization_tables()

    assert found.others <= NOBODYS, sorted(found.others - NOBODYS)
    assert {"talent", "file_text", "stage_event", "support_message", "sighting"} <= set(
        found.conditions
    )


def test_no_table_keeps_a_row_of_it(database_url: str, storage: FolderStorage) -> None:
    """Tests a row in every table, including future ones, for two organizations."""
    with transaction.atomic():
        mine, theirs = one_of_each("acme"), one_of_each("globex")
    org = Organisation.objects.get(id=mine["organisation"].pk)
    other = theirs["organisation"].pk
    before = ownership.count(other)
    assert before.keys() == theirs.keys() - NOBODYS
    OrganisationDeletion.objects.all().delete()
    Organisation.objects.update(deleted_at=None)

    finish(
        organization_deletion.schedule_org_deletion(
            org, actor=None, now=NOW, grace=timedelta(0)
        ).id,
        storage,
        NOW,
    )

    for table, row in mine.items():
        assert not type(row)._base_manager.filter(pk=row.pk).exists(), table
    assert ownership.count(other) == before
    assert ownership.count(org.id) == {}


def test_future_tables_are_covered(filled: Showcase, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute("CREATE TABLE a_note (id bigserial, talent_id uuid REFERENCES talent)")
        db.execute(
            "INSERT INTO a_note (talent_id) SELECT id FROM talent WHERE org_id IN (%s, %s)",
            [filled.org.id, filled.stranger.id],
        )

    listed = list(ownership.organization_tables().conditions)
    assert listed.index("a_note") < listed.index("talent")
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute("GRANT ALL ON a_note TO PUBLIC")
    assert ownership.count(filled.stranger.id)["a_note"] == 1


def test_nothing_of_it_remains_and_nothing_of_another_changes(
    filled: Showcase, database_url: str, storage: FolderStorage
) -> None:
    org, owner = filled.org, filled.person("owner")
    before = ownership.count(filled.stranger.id)
    colleagues = [filled.person(role).id for role in ("admin", "recruiter", "viewer")]
    connections = [str(one.id) for one in org.connections.all()]
    asked = organization_deletion.schedule_org_deletion(org, actor=owner, now=NOW)
    assert finish(asked.id, storage, NOW + timedelta(days=6)) == 1  # before the deadline
    assert Organisation.objects.filter(id=org.id).exists()

    finish(asked.id, storage, NOW + timedelta(days=8))

    asked.refresh_from_db()
    assert not Organisation.objects.filter(id=org.id).exists()
    assert ownership.count(org.id) == {}
    assert ownership.count(filled.stranger.id) == before
    # What remains is needed when a backup is restored.
    names = {one.name for one in storage.listing()}
    assert names - {MARK} == {f"left/{org.id}"}
    assert not Account.objects.filter(id__in=colleagues).exists()
    assert Account.objects.filter(id=owner.id).exists()
    for table, text in dump(database_url).items():
        if table != "organisation_deletion":
            for trace in (str(org.id), *connections, "Müller", "elodie", EMAIL):
                assert trace not in text, (table, trace)
    assert asked.removed["talent"] > 60
    assert asked.removed["stored_files"] == 1
    assert organization_deletion.is_genuine(asked, vault=default_vault())
    assert organization_deletion.certificates(owner) == [asked]
    asked.removed["talent"] += 1
    assert not organization_deletion.is_genuine(asked, vault=default_vault())


def test_syncs_stop_until_the_deletion_is_undone(filled: Showcase) -> None:
    org, owner = filled.org, filled.person("owner")
    Connection.objects.filter(org=org).update(due_at=NOW - timedelta(days=1))
    asked = organization_deletion.schedule_org_deletion(org, actor=owner, now=NOW)
    mine = {one.id for one in org.connections.all()}

    assert not mine & {one.connection_id for one in schedule.due(NOW)}
    with pytest.raises(ConfigError, match="already"):
        organization_deletion.schedule_org_deletion(org, actor=owner, now=NOW)
    organization_deletion.cancel_org_deletion(org, actor=owner, now=NOW + timedelta(days=6))
    assert mine & {one.connection_id for one in schedule.due(datetime.now(UTC))}
    assert organization_deletion.pending_org_deletion(org) is None
    assert asked.removed == {}
    with pytest.raises(ConfigError, match="No deletion is scheduled"):
        organization_deletion.cancel_org_deletion(org, actor=owner, now=NOW)


def test_a_late_undo_is_refused(filled: Showcase) -> None:
    organization_deletion.schedule_org_deletion(filled.org, actor=None, now=NOW)

    with pytest.raises(ConfigError, match="No deletion is scheduled"):
        organization_deletion.cancel_org_deletion(
            filled.org, actor=None, now=NOW + timedelta(days=7)
        )


@pytest.mark.long
def test_the_deletion_continues_after_any_crash(
    filled: Showcase, storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organization_deletion, "ROWS", 7)
    monkeypatch.setattr(organization_deletion, "STEPS", 3)
    asked = organization_deletion.schedule_org_deletion(
        filled.org, actor=None, now=NOW, grace=timedelta(0)
    )
    whole = ownership.count(filled.org.id)["talent"]

    assert finish(asked.id, storage, NOW) > 10

    asked.refresh_from_db()
    assert asked.removed["talent"] == whole
    assert ownership.count(filled.org.id) == {}
