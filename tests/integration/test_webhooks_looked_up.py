"""From a change in the ATS to the tables through a webhook, whose content is never trusted but refetched."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest
from fakes.hooks import Hooked, hooked
from fakes.teamtailor_truth import assert_equal_to_truth

from jemmo.domain.brake import max_unreviewed
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox.flatchr.vacancies import COMPANY
from jemmo.services.webhooks import refetch
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.webhooks import refetch_writer as store
from jemmo.vault import default_vault

FLATCHR: dict[str, str] = {"company_id": str(COMPANY["id"]), "backoff": "0-0"}


async def some(found: Hooked, stream: Stream) -> str:
    ids = sorted(await found.company.ids(stream))
    return ids[len(ids) // 2]


async def requests(found: Hooked) -> int:
    return found.sandbox.site.log.counts.total()


async def test_a_change_in_teamtailor_reaches_the_tables_by_webhook(database_url: str) -> None:
    async with hooked(database_url) as found:
        talent, job = await some(found, Stream.TALENTS), await some(found, Stream.JOBS)
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        await found.sandbox.change("edit", "jobs", job, attributes={"title": "Fée"})
        made = await found.sandbox.change("create", "candidate", attributes={"first-name": "Zoé"})
        await found.sandbox.change(
            "create", "application", relationships={"candidate": made, "job": job}
        )

        await found.drain()

        assert (await found.company.record(Stream.TALENTS, talent))["first_name"] == "Odile"
        assert (await found.company.record(Stream.JOBS, job))["title"] == "Fée"
        assert (await found.company.record(Stream.TALENTS, made))["excluded_reason"] is None
        await assert_equal_to_truth(found.sandbox, found.company)
        status = await found.status()
        assert (status.health, status.waiting) == ("healthy", 0)
        assert status.announced >= 2  # those of the four that people can see


async def test_a_deletion_is_verified_before_it_is_applied(database_url: str) -> None:
    async with hooked(database_url) as found:
        talent, other = sorted(await found.company.ids(Stream.TALENTS))[:2]
        forged = (
            f'{{"payload": {{"event_name": "candidate.destroy", "data": {{"id": "{other}"}}}}}}'
        )
        assert await found.signed(forged) == 200
        await found.sandbox.change("delete", "candidates", talent)

        await found.drain()

        assert talent not in await found.company.ids(Stream.TALENTS)
        assert other in await found.company.ids(Stream.TALENTS)
        await found.company.sync(Mode.RECONCILE)
        await assert_equal_to_truth(found.sandbox, found.company)


async def test_a_missing_record_without_a_deletion_event_is_checked_twice(
    database_url: str,
) -> None:
    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        found.sandbox.provider.announce_to(None)
        await found.sandbox.change("delete", "candidates", talent)
        body = f'{{"payload": {{"event_name": "candidate.update", "data": {{"id": "{talent}"}}}}}}'
        assert await found.signed(body) == 200
        await found.drain()
        assert talent in await found.company.ids(Stream.TALENTS)

        await found.company.rows("UPDATE webhook_hint SET due_at = now() WHERE due_at IS NOT NULL")
        await found.drain()

        assert talent not in await found.company.ids(Stream.TALENTS)


@pytest.mark.long
async def test_more_deletions_than_usual_are_left_to_a_reconcile(database_url: str) -> None:
    """At most 10 of 40 talents are deleted per day, however many the ATS announces and in however many batches."""
    async with hooked(database_url) as found:
        ids = sorted(await found.company.ids(Stream.TALENTS))
        for bite in (ids[:8], ids[8:16], ids[16:30]):
            for talent in bite:
                await found.sandbox.change("delete", "candidates", talent)
            await found.drain()
        left = await found.company.ids(Stream.TALENTS)
        assert 0 < len(ids) - len(left) <= max_unreviewed(len(ids))

        report = await found.company.sync(Mode.RECONCILE)

        assert report.error is not None, report
        talents = next(one for one in report.error["paused"] if one["stream"] == "talents")
        missing = left & set(ids[:30])
        assert talents == {
            "stream": "talents",
            "missing": len(missing),
            "present": len(left),
            "recent": len(ids) - len(left),
        }
        assert await found.company.ids(Stream.TALENTS) == left


async def test_many_webhooks_cost_few_requests(database_url: str) -> None:
    async with hooked(database_url) as found:
        ids = sorted(await found.company.ids(Stream.TALENTS))
        for talent in [*ids, *ids]:
            await found.sandbox.change(
                "edit", "candidates", talent, attributes={"first-name": f"Odile {talent}"}
            )
        found.sandbox.site.log.reset()

        assert await found.drain() == 1

        assert await requests(found) <= 10
        await assert_equal_to_truth(found.sandbox, found.company)


async def test_a_change_arrives_while_an_initial_sync_holds_the_lease(database_url: str) -> None:
    """Pages read before the change but written after it neither revert it nor restore deleted records."""
    async with hooked(database_url, synced=False, options={"page_size": "5"}) as found:
        found.sandbox.faults.set("hold=/v1/candidates:6")
        syncing = asyncio.create_task(found.company.sync())
        while len(await found.company.ids(Stream.TALENTS)) < 10:
            assert not syncing.done()
            await asyncio.sleep(0.01)
        first, gone = sorted(await found.company.ids(Stream.TALENTS))[:2]
        await found.sandbox.change("edit", "candidates", first, attributes={"first-name": "Odile"})
        await found.sandbox.change("delete", "candidates", gone)

        await found.drain()

        assert not syncing.done()
        assert (await found.company.record(Stream.TALENTS, first))["first_name"] == "Odile"
        assert gone not in await found.company.ids(Stream.TALENTS)
        found.sandbox.faults.set("")
        await syncing
        assert (await found.company.record(Stream.TALENTS, first))["first_name"] == "Odile"
        assert gone not in await found.company.ids(Stream.TALENTS)
        await found.company.sync(Mode.RECONCILE)
        await assert_equal_to_truth(found.sandbox, found.company)


async def test_a_refetch_that_lost_its_claim_writes_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        before = (await found.company.record(Stream.TALENTS, talent))["first_name"]
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        judge = RefetchWorker._classify_requests

        async def robbed(lane: RefetchWorker, *given: Any) -> Any:
            await found.company.rows(
                "UPDATE webhook_address SET claim = gen_random_uuid(), claimed_until = now() + '1 hour'"
            )
            return await judge(lane, *given)

        monkeypatch.setattr(RefetchWorker, "_classify_requests", robbed)
        await found.drain()
        assert (await found.company.record(Stream.TALENTS, talent))["first_name"] == before

        monkeypatch.undo()
        await found.company.rows("UPDATE webhook_address SET claimed_until = now()")
        with monkeypatch.context() as again:
            again.setenv("DATABASE_URL", database_url)
            await found.drain()
        assert (await found.company.record(Stream.TALENTS, talent))["first_name"] == "Odile"


async def test_a_record_announced_during_its_refetch_is_refetched_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        judge = RefetchWorker._classify_requests
        told: list[bool] = []

        async def meanwhile(lane: RefetchWorker, *given: Any) -> Any:
            if not told:
                told.append(True)
                await found.sandbox.change(
                    "edit", "candidates", talent, attributes={"first-name": "Nadia"}
                )
            return await judge(lane, *given)

        monkeypatch.setattr(RefetchWorker, "_classify_requests", meanwhile)
        assert await found.drain() == 2

        assert (await found.company.record(Stream.TALENTS, talent))["first_name"] == "Nadia"


async def test_a_failed_refetch_is_retried_later(database_url: str) -> None:
    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        wrong = """UPDATE connection SET options = options || '{"page_size": "%s"}'"""
        await found.company.rows(wrong.replace("%s", "999"))
        await found.drain()
        assert (
            await found.company.value("SELECT attempts FROM webhook_hint WHERE due_at > now()") == 1
        )

        await found.company.rows(wrong.replace("%s", "30"))
        await found.company.rows("UPDATE webhook_hint SET due_at = now()")
        await found.drain()

        assert (await found.company.record(Stream.TALENTS, talent))["first_name"] == "Odile"


async def test_a_failed_refetch_does_not_count_as_an_answer_that_a_record_is_gone(
    database_url: str,
) -> None:
    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("delete", "candidates", talent)
        await found.company.rows(
            "UPDATE webhook_hint SET destroyed = false, attempts = 1, trouble = 'timeout'"
        )
        await found.drain()
        assert talent in await found.company.ids(Stream.TALENTS)

        await found.company.rows("UPDATE webhook_hint SET due_at = now() WHERE due_at IS NOT NULL")
        await found.drain()
        assert talent not in await found.company.ids(Stream.TALENTS)


async def test_a_refetch_that_postgres_refuses_is_deferred(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise, the same batch would be refetched again every two seconds."""

    async def refused(writer: store.RefetchWriter, _: Any) -> None:
        await writer.db.execute("SELECT '\\'::jsonb")

    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        monkeypatch.setattr(store.RefetchWriter, "commit_refetched", refused)

        assert await found.drain() == 1

        [waiting] = await found.company.rows("SELECT trouble, attempts FROM webhook_hint")
        assert waiting == ("internal", 1)


async def test_an_ats_that_delays_a_refetch_pauses_while_others_are_served(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if its webhooks keep arriving."""
    async with hooked(database_url) as found:
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        with monkeypatch.context() as impatient:
            impatient.setattr(refetch, "REFETCH_TIMEOUT", 0.0)
            assert await found.drain() == 1
        [waiting] = await found.company.rows("SELECT trouble, attempts FROM webhook_hint")
        assert waiting == ("timeout", 1)

        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Nadia"})
        await found.company.rows("UPDATE webhook_hint SET due_at = now()")
        assert await found.drain() == 0

        await found.company.rows("UPDATE webhook_address SET claimed_until = now()")
        assert await found.drain() == 1
        assert (await found.company.record(Stream.TALENTS, talent))["first_name"] == "Nadia"


def test_a_refetch_ends_before_its_claim_expires() -> None:
    assert store.CLAIM.total_seconds() > refetch.REFETCH_TIMEOUT


async def test_an_application_is_linked_when_its_talent_arrives(
    database_url: str,
) -> None:
    async with hooked(database_url, synced=False, options={"page_size": "5"}) as found:
        found.sandbox.faults.set("hold=/v1/candidates:6")
        syncing = asyncio.create_task(found.company.sync())
        while len(await found.company.ids(Stream.TALENTS)) < 5:
            await asyncio.sleep(0.01)
        lines = [one async for one in found.sandbox.provider.truth("job-applications", "")]
        ids = [msgspec.json.decode(one)["id"] for one in b"".join(lines).splitlines()]
        for one in ids[-3:]:
            payload = {"event_name": "job_application.create", "data": {"id": one}}
            body = msgspec.json.encode({"payload": payload}).decode()
            assert await found.signed(body) == 200
        await found.drain()
        found.sandbox.faults.set("")
        assert (await syncing).status is RunStatus.SUCCEEDED
        await assert_equal_to_truth(found.sandbox, found.company)
        assert await found.company.value("SELECT count(*) FROM pending_link") == 0


async def test_changes_without_webhooks_are_counted_and_reported(database_url: str) -> None:
    async with hooked(database_url) as found:
        ids = sorted(await found.company.ids(Stream.TALENTS))
        await found.sandbox.change("edit", "candidates", ids[0], attributes={"first-name": "Odile"})
        await found.drain()
        found.sandbox.provider.announce_to(None)
        for talent in ids[1:8]:
            await found.sandbox.change("edit", "candidates", talent, attributes={"pitch": "x"})

        report = await found.company.sync()

        [silent] = [note for note in report.warnings if note.code == "webhooks_silent"]
        assert silent.count == 1  # 7 changes count as one occurrence
        status = await found.status()
        assert (status.health, status.unannounced) == ("silent", 7)
        assert await found.signed("{}", key="another") == 401  # webhooks arrive after all
        await found.counted("wrongly_signed")
        report = await found.company.sync()
        assert [note.variant for note in report.warnings if note.code == silent.code] == ["refused"]
        assert (await found.status()).health == "refused"
        found.sandbox.provider.announce_to(found.url)
        await found.sandbox.change("edit", "candidates", ids[0], attributes={"first-name": "Nadia"})
        assert (await found.status()).health == "healthy"
        report = await found.company.sync()
        assert "webhooks_silent" not in {warning.code for warning in report.warnings}


async def test_a_change_in_flatchr_reaches_the_tables(database_url: str) -> None:
    async with hooked(database_url, "flatchr", options=FLATCHR) as found:
        made = await found.sandbox.change(
            "create", "applicants", attributes={"firstname": "Nadia", "lastname": "Nouvelle"}
        )
        assert (await found.status()).counts == {"accepted": 1}

        await found.drain()

        assert made in await found.company.ids(Stream.TALENTS)
        assert made in await found.company.ids(Stream.APPLICATIONS)


@pytest.mark.sample(1)
@pytest.mark.parametrize("shape", ["flat", "nested", "deep"])
async def test_a_change_in_jarvi_reaches_the_tables(database_url: str, shape: str) -> None:
    async with hooked(database_url, "jarvi", switches={"webhook_shape": shape}) as found:
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("edit", "profiles", talent, attributes={"headline": "Fée"})
        status = await found.status()
        assert status.counts == {"accepted": 1}
        assert (status.health, status.unannounced) == ("received", None)

        await found.drain()

        assert (await found.company.record(Stream.TALENTS, talent))["headline"] == "Fée"


@pytest.mark.parametrize("turns", range(4))
async def test_a_waiting_worker_can_be_stopped_when_a_notification_arrives(turns: int) -> None:
    lane = RefetchWorker("", default_vault())
    waiting = asyncio.create_task(lane._wait_for_work())
    for _ in range(3):
        await asyncio.sleep(0)
    lane._bell.set()
    for _ in range(turns):
        await asyncio.sleep(0)

    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_worker_refetches_announced_records(database_url: str) -> None:
    async with hooked(database_url) as found:
        lane = RefetchWorker(database_url, default_vault())
        running = asyncio.create_task(lane.run())
        talent = await some(found, Stream.TALENTS)
        await found.sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        while (await found.company.record(Stream.TALENTS, talent))["first_name"] != "Odile":
            await asyncio.sleep(0.02)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
