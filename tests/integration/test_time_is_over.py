"""Retention: people are erased after their period, and come back if the ATS shows new activity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.company import in_thread
from fakes.dump import dump
from fakes.hooks import Hooked, hooked

from jemmo.domain.retention import Counts, Retention, Rule
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import accounts
from jemmo.services.base import retention_policy
from jemmo.services.privacy import erasure, retention
from jemmo.store.models import Application, Erasure, Notification, Organisation, Talent
from jemmo.tasks import privacy
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "files")


def org() -> Organisation:
    return Organisation.objects.get(slug="acme")


async def everybody_goes(found: Hooked, storage: FolderStorage, counts: Counts) -> int:
    """Erase everyone through a one-year rule, in the worker's steps."""

    def work() -> int:
        total = Talent.objects.count()
        retention_policy.update_retention_policy(org(), idle_months=12, counts=counts, agreed=total)
        _long_ago()
        while retention.step(org().id, vault=default_vault(), storage=storage):
            pass
        return total

    return await in_thread(work)


def _long_ago() -> None:
    """Make the data two years old, since the sandbox's people are from this year."""
    then = datetime.now(UTC) - timedelta(days=730)
    Talent.objects.update(remote_updated_at=then, remote_created_at=then, created_at=then)
    Application.objects.update(
        remote_updated_at=then,
        remote_created_at=then,
        applied_at=then,
        stage_entered_at=then,
        rejected_at=None,
        hired_at=None,
    )


@pytest.mark.long
async def test_erased_people_stay_away_until_they_apply_again(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        before = await found.company.ids(Stream.TALENTS)
        who = sorted(before)[0]
        contacts = (await found.company.contacts()).get(who, [])
        total = await everybody_goes(found, storage, Counts.APPLICATION)
        assert total == len(before)
        assert await found.company.ids(Stream.TALENTS) == set()
        for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
            await found.company.sync(mode)
        assert await found.company.ids(Stream.TALENTS) == set()
        for table, text in dump(database_url).items():
            assert not [one for one in contacts if one in text], table

        job = sorted(await found.company.ids(Stream.JOBS))[0]
        await found.sandbox.change(
            "create", "job-applications", relationships={"candidate": who, "job": job}
        )
        await found.drain()
        await found.drain()

        assert await found.company.ids(Stream.TALENTS) == {who}
        assert (await found.company.contacts()).get(who, []) == contacts
        await found.company.sync(Mode.RECONCILE)
        assert await found.company.ids(Stream.TALENTS) == {who}
        verdict = await found.company.verify()
        assert verdict.equal, verdict


@pytest.mark.long
async def test_without_webhooks_the_next_sweep_brings_them_back(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        who = sorted(await found.company.ids(Stream.TALENTS))[0]
        await everybody_goes(found, storage, Counts.STEP)
        found.sandbox.provider.announce_to(None)
        await found.company.rows("DELETE FROM webhook_address")
        job = sorted(await found.company.ids(Stream.JOBS))[0]
        await found.sandbox.change(
            "create", "job-applications", relationships={"candidate": who, "job": job}
        )
        await found.company.sync(Mode.INCREMENTAL)
        await found.company.sync(Mode.RECONCILE)

        assert await found.company.ids(Stream.TALENTS) == {who}


async def test_a_change_in_the_ats_counts_only_for_its_rules(
    database_url: str, storage: FolderStorage
) -> None:
    for counts, back in ((Counts.APPLICATION, False), (Counts.UPDATE, True)):
        async with hooked(database_url) as found:
            who = sorted(await found.company.ids(Stream.TALENTS))[0]
            await everybody_goes(found, storage, counts)
            await found.sandbox.change(
                "edit", "candidates", who, attributes={"first-name": "Odile"}
            )
            await found.drain()
            await found.company.sync()

            assert (who in await found.company.ids(Stream.TALENTS)) is back, counts
            await in_thread(lambda: org().delete())


async def test_people_erased_on_request_do_not_come_back_by_applying(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        who = sorted(await found.company.ids(Stream.TALENTS))[0]

        def erased() -> None:
            talent = Talent.objects.get(remote_id=who)
            erasure.erase(org(), [talent.id], vault=default_vault(), storage=storage)

        await in_thread(erased)
        job = sorted(await found.company.ids(Stream.JOBS))[0]
        await found.sandbox.change(
            "create", "job-applications", relationships={"candidate": who, "job": job}
        )
        await found.drain()
        for mode in (Mode.INCREMENTAL, Mode.RECONCILE, Mode.INITIAL):
            await found.company.sync(mode)

        assert who not in await found.company.ids(Stream.TALENTS)


async def test_a_preview_lists_people_and_changes_nothing(database_url: str) -> None:
    async with hooked(database_url) as found:
        before = await found.company.ids(Stream.TALENTS)

        def look() -> Any:
            _long_ago()
            young = sorted(before)[0]
            Talent.objects.filter(remote_id=young).update(remote_updated_at=datetime.now(UTC))
            rules = Retention(idle_months=12)
            return young, retention.preview(org(), rules), retention.preview(org(), Retention())

        young, told, nothing = await in_thread(look)

        assert (told.people, told.total) == (len(before) - 1, len(before))
        assert [one.rule for one in told.tallies] == [Rule.IDLE]
        assert young not in {one.talent.remote_id for one in told.first}
        assert told.unusual
        assert nothing.people == 0
        assert await found.company.ids(Stream.TALENTS) == before


async def test_unusually_many_erasures_wait_for_approval(
    database_url: str, storage: FolderStorage
) -> None:
    async with hooked(database_url) as found:
        before = await found.company.ids(Stream.TALENTS)

        def try_it() -> Retention:
            retention_policy.update_retention_policy(org(), idle_months=12)
            _long_ago()
            accounts.add_member(org(), "boss@acme.example", "owner", None)
            accounts.add_member(org(), "viewer@acme.example", "viewer", None)
            assert not retention.step(org().id, vault=default_vault(), storage=storage)
            assert not retention.step(org().id, vault=default_vault(), storage=storage)
            (told,) = Notification.objects.filter(kind="retention_held")
            assert told.facts == {"people": len(before), "of": len(before)}
            sent = told.deliveries.values_list("membership__account__email", flat=True)
            assert list(sent) == ["boss@acme.example"]
            return retention_policy.retention_policy_of(org())

        held = await in_thread(try_it)
        assert (held.held, held.held_of) == (len(before), len(before))
        assert await found.company.ids(Stream.TALENTS) == before

        def let_go() -> list[Erasure]:
            retention.release(org(), len(before), actor=None)
            while retention.step(org().id, vault=default_vault(), storage=storage):
                pass
            return list(Erasure.objects.all())

        made = await in_thread(let_go)
        assert await found.company.ids(Stream.TALENTS) == set()
        assert {one.kind for one in made} == {"retention"}
        assert sum(one.removed["talents"] for one in made) == len(before)
        after = await in_thread(lambda: retention_policy.retention_policy_of(org()))
        assert (after.agreed, after.held) == (0, 0)


async def test_the_nightly_task_does_it_in_steps(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    monkeypatch.setattr(retention, "STEP", 7)
    async with hooked(database_url) as found:
        total = len(await found.company.ids(Stream.TALENTS))

        def prepare() -> str:
            retention_policy.update_retention_policy(org(), idle_months=12, agreed=total)
            _long_ago()
            return str(org().id)

        org_id = await in_thread(prepare)
        await privacy.begin_retention(timestamp=0)
        await privacy.begin_retention(timestamp=0)  # a waiting task is not queued twice
        steps = 0
        waiting = "SELECT args FROM procrastinate_jobs WHERE task_name = 'apply_retention'"
        assert await found.company.rows(waiting) == [({"org_id": org_id},)]
        while await found.company.rows(waiting):
            await found.company.rows("DELETE FROM procrastinate_jobs")
            await privacy.apply_retention(org_id)
            steps += 1

        assert await found.company.ids(Stream.TALENTS) == set()
        assert steps == -(-total // 7)
        told = await in_thread(lambda: list(Erasure.objects.values_list("removed", flat=True)))
        assert [one["talents"] for one in told] == [7] * (total // 7) + [total % 7] * bool(
            total % 7
        )


async def test_each_rule_finds_its_people(database_url: str) -> None:
    async with hooked(database_url) as found:
        ids = sorted(await found.company.ids(Stream.TALENTS))
        rejected, ended, busy = ids[:3]

        def look() -> dict[str, set[str]]:
            Application.objects.exclude(talent__remote_id=rejected).update(status="ACTIVE")
            Application.objects.filter(talent__remote_id=rejected).update(
                status="REJECTED", rejected_at=datetime.now(UTC) - timedelta(days=400)
            )
            Application.objects.filter(talent__remote_id=ended).update(status="HIRED")
            Talent.objects.filter(remote_id__in=[ended, busy]).update(consent_state="EXPIRED")
            told = {}
            for rules in (Retention(rejected_months=12), Retention(consent_ended=True)):
                first = retention.preview(org(), rules).first
                told[str(rules.consent_ended)] = {one.talent.remote_id for one in first}
            return told

        has = await found.company.value(
            "SELECT count(*) FROM application a JOIN talent t ON t.id = a.talent_id "
            "WHERE t.remote_id = %s",
            busy,
        )
        told = await in_thread(look)

        assert told["True"] - {busy} == {ended}
        assert (busy in told["True"]) is not bool(has)
        assert told["False"] <= {rejected}
