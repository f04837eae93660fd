"""Settings > Privacy > Retention: rules are previewed, and an unusual number of erasures waits for an admin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from fakes.showcase import Showcase

from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import organization_deletion
from jemmo.services.base import retention_policy
from jemmo.services.privacy import erasure, processing, retention
from jemmo.store.models import Application, AuditEvent, Erasure, Notification, Organisation, Talent
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]
PATH = "/settings/privacy/retention/"
OLD = datetime.now(UTC) - timedelta(days=800)
RULES = {"counts": "update", "deleted_days": "14", "access_months": "12"}


def form(org: Organisation, **more: str) -> dict[str, str]:
    org.refresh_from_db()
    return {"seen": retention_policy.retention_fingerprint(org), **RULES, **more}


def make_everyone_idle(org: Organisation) -> None:
    Talent.objects.filter(org=org).update(
        remote_created_at=OLD, remote_updated_at=OLD, created_at=OLD
    )
    Application.objects.filter(org=org).update(
        applied_at=OLD, stage_entered_at=OLD, remote_updated_at=OLD, remote_created_at=OLD
    )


def test_a_rule_is_previewed_before_it_is_saved(showcase: Showcase, signed_in: SignedIn) -> None:
    admin, org = signed_in("admin"), showcase.org
    make_everyone_idle(org)
    Talent.objects.exclude(remote_id="elodie").update(created_at=OLD + timedelta(days=1))
    Talent.objects.exclude(remote_id="elodie").update(remote_updated_at=OLD + timedelta(days=1))
    wanted = form(org, idle_months="24")

    no_retry_pauses = admin.post(PATH, {**wanted, "do": "save"}).content.decode()
    assert "64 of 64 people would have their data erased" in no_retry_pauses
    assert "Élodie Müller" in no_retry_pauses
    assert "number is unusually large" in no_retry_pauses
    org.refresh_from_db()
    assert org.privacy == {}
    assert Talent.objects.filter(org=org).count() == 64
    tried = re.search(r'name="tried" value="([^"]+)"', no_retry_pauses)
    assert tried is not None
    other = admin.post(PATH, {**wanted, "idle_months": "23", "tried": tried[1], "do": "save"})
    assert "Nothing has been erased yet." in other.content.decode()

    done = admin.post(PATH, {**wanted, "tried": tried[1], "do": "save"}, follow=True)

    assert "The rules are applied every night." in done.content.decode()
    org.refresh_from_db()
    saved = retention_policy.retention_policy_of(org)
    assert (saved.idle_months, saved.deleted_days, saved.agreed) == (24, 14, 64)
    late = signed_in("owner").post(PATH, {**wanted, "tried": tried[1], "do": "save"})
    assert "Someone else made a change in the meantime" in late.content.decode()
    assert AuditEvent.objects.filter(org=org, action="retention.changed").count() == 1
    assert "changed retention periods" in admin.get("/settings/members/").content.decode()


def test_rules_that_affect_nobody_are_saved_immediately(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    wanted = {**form(showcase.org), "do": "save"}

    signed_in("admin").post(PATH, wanted)

    showcase.org.refresh_from_db()
    assert retention_policy.retention_policy_of(showcase.org).access_months == 12


def test_paused_erasures_wait_for_a_decision(showcase: Showcase, signed_in: SignedIn) -> None:
    retention_policy.update_retention_policy(showcase.org, idle_months=12, held=40, held_of=64)
    admin = signed_in("admin")
    shown = admin.get(PATH).content.decode()
    assert "would erase data about 40 of the 64 people at once" in shown

    stale = admin.post(f"{PATH}release/", {"people": "39"}, follow=True)
    assert "Someone else made a change" in stale.content.decode()
    admin.post(f"{PATH}release/", {"people": "40"})

    showcase.org.refresh_from_db()
    found = retention_policy.retention_policy_of(showcase.org)
    assert (found.agreed, found.held) == (40, 0)


def erase_step_by_step(org: Organisation, folder: Path) -> tuple[int, int]:
    """Run the night's steps. Return how many people were erased, and how many are held."""
    before = Talent.objects.filter(org=org).count()
    storage = FolderStorage(folder)
    while retention.step(org.id, vault=default_vault(), storage=storage):
        pass
    org.refresh_from_db()
    policy = retention_policy.retention_policy_of(org)
    assert policy.agreed == 0
    return before - Talent.objects.filter(org=org).count(), policy.held


def test_a_confirmed_erasure_runs_although_more_people_are_due_by_then(
    showcase: Showcase, signed_in: SignedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = showcase.org
    make_everyone_idle(org)
    retention_policy.update_retention_policy(org, idle_months=12, held=63, held_of=64)

    signed_in("admin").post(f"{PATH}release/", {"people": "63"})
    monkeypatch.setattr(retention, "STEP", 20)

    # The sixty-fourth, alone, is no unusual number.
    assert erase_step_by_step(org, tmp_path) == (64, 0)
    assert not Notification.objects.filter(kind="retention_held").exists()
    counts = processing.record(org, now=datetime.now(UTC)).requests
    assert counts["retention"] == 64 != Erasure.objects.filter(org=org).count()


def test_unusually_many_beyond_a_confirmation_wait_for_another_one(
    showcase: Showcase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = showcase.org
    make_everyone_idle(org)
    Talent.objects.filter(org=org, remote_id__startswith="filler-1").update(
        created_at=OLD - timedelta(days=9),
        remote_created_at=OLD - timedelta(days=9),
        remote_updated_at=OLD - timedelta(days=9),
    )
    Application.objects.filter(org=org).delete()
    retention_policy.update_retention_policy(org, idle_months=12, agreed=10)
    monkeypatch.setattr(retention, "STEP", 4)

    assert erase_step_by_step(org, tmp_path) == (10, 54)
    assert not Talent.objects.filter(org=org, remote_id__startswith="filler-1").exists()
    (told,) = Notification.objects.filter(kind="retention_held")
    assert told.facts == {"people": 54, "of": 54}


def test_people_deleted_in_the_ats_are_part_of_the_preview(
    showcase: Showcase, signed_in: SignedIn, tmp_path: Path
) -> None:
    admin, org = signed_in("admin"), showcase.org
    deleted_at = datetime.now(UTC) - timedelta(days=20)
    Talent.objects.filter(org=org, remote_id__startswith="filler-1").update(
        remote_deleted_at=deleted_at
    )
    blank = admin.get(PATH).content.decode()
    assert "only people deleted in the ATS are removed, after 30 days." in blank
    wanted = {**form(org), "do": "save"}

    shown = admin.post(PATH, wanted).content.decode()

    assert "10 people deleted in the ATS would be permanently removed" in shown
    assert "Nothing would be erased now" not in shown
    org.refresh_from_db()
    assert org.privacy == {}
    tried = re.search(r'name="tried" value="([^"]+)"', shown)
    assert tried is not None
    done = admin.post(PATH, {**wanted, "tried": tried[1]}, follow=True).content.decode()
    assert "Saved." in done
    assert "The rules are applied every night." not in done
    assert erasure.erase_deleted_talents(default_vault(), FolderStorage(tmp_path)) == 10


def test_an_organization_about_to_be_deleted_confirms_and_saves_nothing(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin, org = signed_in("admin"), showcase.org
    retention_policy.update_retention_policy(org, idle_months=12, held=40, held_of=64)
    organization_deletion.schedule_org_deletion(
        org, actor=showcase.person("owner"), now=datetime.now(UTC)
    )
    refusal = "The organization is scheduled for deletion"

    confirmed = admin.post(f"{PATH}release/", {"people": "40"}, follow=True)
    saved = admin.post(PATH, {**form(org), "do": "save"})

    assert refusal in confirmed.content.decode()
    assert refusal in saved.content.decode()
    org.refresh_from_db()
    assert retention_policy.retention_policy_of(org).held == 40
