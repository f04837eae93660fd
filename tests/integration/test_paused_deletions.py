"""Ordinary deletions in an ATS are carried out, and unusual ones wait for a person.

Everything is compared with the simulator's records.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from django.utils import translation
from fakes.company import Company, company, in_thread
from fakes.running import run_source
from fakes.source import FakeSource
from fakes.teamtailor_truth import assert_equal_to_truth

from jemmo.domain import numbers
from jemmo.domain.brake import max_unreviewed
from jemmo.domain.errors import ConfigError
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.records import Record, Talent
from jemmo.domain.streams import Mode, Stream, StreamSpec
from jemmo.pipeline import reconcile
from jemmo.sandbox.server import SandboxServer, run_sandbox
from jemmo.services.connections import logs, paused_deletions
from jemmo.services.records import quality
from jemmo.store.connections import paused_deletions as held
from jemmo.store.connections.logs import LogFilters
from jemmo.store.models import Connection, Organisation
from jemmo.store.sync.writer import Writer
from jemmo.vault import default_vault
from jemmo.web.frame.problems import localized_error

TALENTS = (StreamSpec(name=Stream.TALENTS),)


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(
        "teamtailor", talents=60, seed=5, switches={"rate_limit": False}
    ) as server:
        yield server


@pytest.fixture
async def found(ats: SandboxServer, database_url: str) -> Company:
    found = await company(database_url, base_url=ats.base_url)
    await found.sync()
    return found


async def delete(ats: SandboxServer, talents: list[str]) -> None:
    for talent in talents:
        await ats.change("delete", "candidates", talent)


def shares(paused: RunReport) -> dict[str, tuple[int, int, int]]:
    assert paused.error is not None, paused
    assert paused.error["code"] == "mass_deletion_held"
    return {
        share["stream"]: (share["missing"], share["present"], share["recent"])
        for share in paused.error["paused"]
    }


async def test_deleting_most_of_a_small_company_waits_with_its_applications(
    ats: SandboxServer, found: Company
) -> None:
    talents = sorted(await found.ids(Stream.TALENTS))
    applications = await found.ids(Stream.APPLICATIONS)
    await delete(ats, talents[:45])

    report = await found.sync(Mode.RECONCILE)

    gone = await _applications_of(found, talents[:45])
    assert shares(report) == {
        "talents": (45, 60, 0),
        "applications": (len(gone), len(applications), 0),
    }
    assert await found.ids(Stream.TALENTS) == set(talents)
    assert await found.ids(Stream.APPLICATIONS) == applications
    assert report.error is not None
    assert f"We paused {45 + len(gone)} deletions." in report.error["message"]

    await _decide(found, "release", 45 + len(gone))
    assert (await found.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
    await assert_equal_to_truth(ats, found)
    await delete(ats, talents[45:46])
    assert (await found.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
    await assert_equal_to_truth(ats, found)


@pytest.mark.long
async def test_deletions_within_a_day_are_counted_together(
    ats: SandboxServer, found: Company
) -> None:
    talents = sorted(await found.ids(Stream.TALENTS))
    await delete(ats, talents[:8])
    first = await found.sync(Mode.RECONCILE)
    assert first.status is RunStatus.SUCCEEDED, first.error
    assert await found.ids(Stream.TALENTS) == set(talents[8:])

    await delete(ats, talents[8:16])
    second = await found.sync(Mode.RECONCILE)

    assert shares(second)["talents"] == (8, 52, 8)
    assert await found.ids(Stream.TALENTS) == set(talents[8:])

    await found.rows("UPDATE talent SET remote_deleted_at = now() - interval '2 days' "
                     "WHERE remote_deleted_at IS NOT NULL")  # fmt: skip
    next_day = await found.sync(Mode.RECONCILE)
    assert shares(next_day)["talents"] == (8, 52, 0)
    await _decide(found, "keep")
    assert shares(await found.sync(Mode.RECONCILE))["talents"] == (8, 52, 0)
    assert await found.ids(Stream.TALENTS) == set(talents[8:])


async def test_ordinary_deletions_of_another_stream_continue_and_are_reported(
    ats: SandboxServer, found: Company
) -> None:
    await delete(ats, sorted(await found.ids(Stream.TALENTS))[:45])
    department = sorted(await found.ids(Stream.DEPARTMENTS))[0]
    await ats.change("delete", "departments", department)

    report = await found.sync(Mode.RECONCILE)

    assert report.error is not None
    assert report.error["deleted"] == {"departments": 1}
    assert report.error["message"].endswith("Deleted in this sync: departments (1).")
    assert department not in await found.ids(Stream.DEPARTMENTS)


async def test_links_of_paused_records_are_not_blamed_on_the_key(
    ats: SandboxServer, found: Company
) -> None:
    """Their department is deleted as usual, while they still point to it."""
    gone = sorted(await found.ids(Stream.TALENTS))[:45]
    departments = [
        (await found.record(Stream.TALENTS, who))["department_remote_id"] for who in gone
    ]
    department = next(filter(None, departments))
    await delete(ats, gone)
    await ats.change("delete", "departments", department)

    report = await found.sync(Mode.RECONCILE)

    told = {warning.code: warning for warning in report.warnings}
    assert not [code for code in told if code.startswith("dangling_relation")]
    warning = told["dangling_while_paused:talents.department"]
    assert warning.count == departments.count(department)
    assert warning.example in gone
    assert "their deletion was paused" in warning.message

    def entry() -> logs.Line:
        org = Organisation.objects.get()
        page = logs.log_page(org, LogFilters(), now=datetime.now(UTC))
        return next(line for line in page.lines if line.entry.code == warning.code)

    waiting = await in_thread(entry)
    assert waiting.next_step == "Review the paused deletions, then delete or keep the records."
    with translation.override("fr"):
        assert "leur suppression a été suspendue" in localized_error(waiting.error)["message"]
    await _decide(found, "keep")
    assert (await in_thread(entry)).next_step == "Someone decided to keep these records."


async def test_records_that_come_back_no_longer_wait(database_url: str) -> None:
    found = await company(database_url, base_url="https://ats.example.com")
    await run_source(FakeSource(talents(60), specs=TALENTS), found)

    hidden = await run_source(FakeSource(talents(15), specs=TALENTS), found, Mode.RECONCILE)
    assert shares(hidden) == {"talents": (45, 60, 0)}
    back = await run_source(FakeSource(talents(60), specs=TALENTS), found, Mode.RECONCILE)

    assert back.status is RunStatus.SUCCEEDED
    assert await found.value("SELECT count(*) FROM held_deletion") == 0


async def test_a_release_stays_open_until_all_its_records_were_checked(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ATS counts one record that it doesn't list, so each missing record must be requested."""
    monkeypatch.setattr(reconcile, "ASK_BY_NAME", 30)
    found = await company(database_url, base_url="https://ats.example.com")
    await run_source(FakeSource(talents(60), specs=TALENTS, claims=61), found)

    async def compare() -> int:
        left = FakeSource(talents(15), specs=TALENTS, claims=16)
        report = await run_source(left, found, Mode.RECONCILE)
        return report.counts(Stream.TALENTS).deleted

    assert await compare() == 0
    await _decide(found, "release", 45)

    assert [await compare() for _ in range(2)] == [30, 15]
    assert await found.value("SELECT closed_at IS NOT NULL FROM held_deletion")


@pytest.mark.long
async def test_kept_records_stay_while_a_sync_uses_the_release(
    ats: SandboxServer, found: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    talents = sorted(await found.ids(Stream.TALENTS))
    applications = await found.ids(Stream.APPLICATIONS)
    await delete(ats, talents[:45])
    await found.sync(Mode.RECONCILE)
    gone = await _applications_of(found, talents[:45])
    await _decide(found, "release", 45 + len(gone))
    bury = Writer.write_tombstones

    async def kept_meanwhile(
        self: Writer, stream: Stream, remote_ids: Sequence[str], *, completes: bool = True
    ) -> int:
        monkeypatch.setattr(Writer, "write_tombstones", bury)
        await _decide(found, "keep")
        return await bury(self, stream, remote_ids, completes=completes)

    monkeypatch.setattr(Writer, "write_tombstones", kept_meanwhile)
    report = await found.sync(Mode.RECONCILE)

    assert await found.ids(Stream.TALENTS) == set(talents)
    assert await found.ids(Stream.APPLICATIONS) == applications
    assert sum(counts.deleted for counts in report.streams.values()) == 0


@pytest.mark.long
async def test_a_started_deletion_is_not_called_kept(
    ats: SandboxServer, found: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    talents = sorted(await found.ids(Stream.TALENTS))
    await delete(ats, talents[:45])
    await found.sync(Mode.RECONCILE)
    gone = await _applications_of(found, talents[:45])
    await _decide(found, "release", 45 + len(gone))
    bury = Writer.write_tombstones
    refused = []

    async def too_late(
        self: Writer, stream: Stream, remote_ids: Sequence[str], *, completes: bool = True
    ) -> int:
        deleted = await bury(self, stream, remote_ids, completes=completes)
        with pytest.raises(ConfigError) as refusal:
            await _decide(found, "keep")
        refused.append(refusal.value.code)
        return deleted

    monkeypatch.setattr(Writer, "write_tombstones", too_late)
    await found.sync(Mode.RECONCILE)

    assert refused == ["deletion_begun", "deletion_decided", "deletion_decided"]  # notes, too
    await assert_equal_to_truth(ats, found)


def talents(number: int) -> dict[Stream, list[list[Record]]]:
    return {
        Stream.TALENTS: [[Talent(remote_id=f"{n:03}", first_name="Lou") for n in range(number)]]
    }


async def _applications_of(found: Company, talents: list[str]) -> set[str]:
    rows = await found.rows(
        "SELECT remote_id FROM application WHERE talent_remote_id = ANY(%s) "
        "AND remote_deleted_at IS NULL",
        talents,
    )
    return {row[0] for row in rows}


@pytest.mark.long
async def test_kept_records_are_called_so_until_the_ats_lists_them_again(
    ats: SandboxServer, found: Company
) -> None:
    talents = sorted(await found.ids(Stream.TALENTS))
    await delete(ats, talents[:45])
    paused = shares(await found.sync(Mode.RECONCILE))
    kept = {stream: missing for stream, (missing, _, _) in paused.items()}
    asked = await found.verify()
    assert asked.kept == 0
    assert await _kept_in_quality(found) == {}

    await _decide(found, "keep")

    compared = await found.verify()
    assert not compared.equal
    assert compared.equal_but_for_kept
    kept["notes"] = await found.value(
        "SELECT count(*) FROM note WHERE talent_remote_id = ANY(%s)", talents[:45]
    )  # notes belong to their talents
    assert {name: row.kept for name, row in compared.streams.items() if row.kept} == kept
    assert {problem.stream: problem.message for problem in compared.problems} == {
        stream: f"{numbers.counted(kept[stream], stream)}: in Jemmo but not in the ATS, and kept on purpose."
        for stream in ("talents", "applications", "notes")
    }
    assert await _kept_in_quality(found) == kept

    await delete(ats, talents[45:46])
    one_more = await found.verify()
    assert one_more.kept == sum(kept.values())
    assert not one_more.equal_but_for_kept
    assert f"46 talents: in Jemmo but not in the ATS; {kept['talents']} kept on purpose." in [
        problem.message for problem in one_more.problems
    ]


async def _kept_in_quality(found: Company) -> dict[str, int]:
    """Return the kept records in data quality, where nothing else may differ."""
    report = await in_thread(
        lambda: quality.report(Organisation.objects.get(), vault=default_vault())
    )
    [compared] = report.connections
    kept = {row.stream: row.kept for row in compared.streams if row.kept}
    if kept:
        assert {row.apart for row in compared.streams if row.ats is not None} == {0}
    return kept


async def _decide(
    found: Company, decision: str, missing: int = 0, *, stream: str = "talents"
) -> None:
    def work() -> None:
        connection = Connection.objects.get(id=found.id)
        if decision == "release":
            paused_deletions.release(connection, stream, missing=missing)
        else:
            paused_deletions.keep(connection, stream)

    await in_thread(work)


@pytest.fixture
async def jarvi() -> AsyncIterator[SandboxServer]:
    async with run_sandbox("jarvi", talents=120, seed=3, switches={"rate_limit": False}) as server:
        yield server


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", [Mode.RECONCILE, Mode.INITIAL, Mode.INCREMENTAL])
async def test_many_deletions_named_by_the_ats_wait_too(
    jarvi: SandboxServer, database_url: str, mode: Mode
) -> None:
    """Jarvi still lists deleted records, with the time of deletion."""
    found = await company(database_url, base_url=jarvi.base_url, provider="jarvi")
    await found.sync()
    before = await found.ids(Stream.TALENTS)
    deleted = set(sorted(before)[:40])
    for talent in sorted(deleted):
        await jarvi.change("delete", "profiles", talent)

    report = await found.sync(mode)

    left = await found.ids(Stream.TALENTS)
    assert before - deleted <= left
    assert len(before - left) <= max_unreviewed(len(before))
    assert report.status is RunStatus.PARTIAL
    waiting = await _waiting(found)
    assert waiting["talents"] == left & deleted
    assert shares(report)["talents"][0] == len(left & deleted)
    assert report.error is not None
    assert report.error["deleted"].get("talents", 0) == len(before - left)

    await found.sync(Mode.INCREMENTAL)
    assert await found.ids(Stream.TALENTS) == left
    await _decide(found, "release", sum(map(len, waiting.values())))
    after = await found.sync(Mode.RECONCILE)
    assert after.status is RunStatus.SUCCEEDED, after
    assert await found.ids(Stream.TALENTS) == before - deleted
    assert await _waiting(found) == {}
    one_more = min(before - deleted)
    await jarvi.change("delete", "profiles", one_more)
    assert (await found.sync(mode)).status is RunStatus.SUCCEEDED
    assert await found.ids(Stream.TALENTS) == before - deleted - {one_more}


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", [Mode.RECONCILE, Mode.INITIAL, Mode.INCREMENTAL])
async def test_four_of_six_jobs_named_as_deleted_wait(
    jarvi: SandboxServer, database_url: str, mode: Mode
) -> None:
    found = await company(database_url, base_url=jarvi.base_url, provider="jarvi")
    await found.sync()
    jobs = sorted(await found.ids(Stream.JOBS))
    for job in jobs[: max_unreviewed(len(jobs)) + 1]:
        await jarvi.change("delete", "projects", job)

    report = await found.sync(mode)

    assert shares(report)["jobs"][0] == max_unreviewed(len(jobs)) + 1
    assert await found.ids(Stream.JOBS) == set(jobs)
    await _decide(found, "keep", stream="jobs")
    kept = await found.sync(Mode.INCREMENTAL)
    assert kept.status is RunStatus.SUCCEEDED
    assert await found.ids(Stream.JOBS) == set(jobs)


@pytest.mark.long
async def test_a_decision_about_talents_covers_their_applications(
    jarvi: SandboxServer, database_url: str
) -> None:
    """Jarvi reports deleted talents, while their applications are only found missing by the next comparison."""
    jarvi.provider.switch({"applications": "profile", "touch_on_links": True})
    path = {"application_paths": "profiles.projectsProfiles"}
    found = await company(database_url, base_url=jarvi.base_url, provider="jarvi", options=path)
    await found.sync()
    talents, applications = await found.ids(Stream.TALENTS), await found.ids(Stream.APPLICATIONS)
    deleted = sorted(talents)[:40]
    for talent in deleted:
        await jarvi.change("delete", "profiles", talent)
    await found.sync(Mode.INCREMENTAL)
    waiting = (await _waiting(found))["talents"]
    of_waiting = await _applications_of(found, sorted(waiting))
    assert len(of_waiting) > max_unreviewed(len(applications))

    def shown() -> tuple[int, int]:
        connection = Connection.objects.get(id=found.id)
        page = held.held_page(connection, "talents", {})
        assert page
        return page.dependents, paused_deletions.dependent_applications(page.together)

    listed = (await _waiting(found)).get("applications", set())
    assert await in_thread(shown) == (len(of_waiting - listed),) * 2
    await _decide(found, "release", sum(map(len, (await _waiting(found)).values())))
    report = await found.sync(Mode.RECONCILE)

    assert report.status is RunStatus.SUCCEEDED, report.error
    assert await _waiting(found) == {}
    assert await found.ids(Stream.TALENTS) == talents - set(deleted)
    assert await found.ids(Stream.APPLICATIONS) & of_waiting == set()

    # Approved deletions don't count toward the next day's limit.
    one_more = min(talents - set(deleted))
    await jarvi.change("delete", "profiles", one_more)
    assert (await found.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED


async def _waiting(found: Company) -> dict[str, set[str]]:
    """Return the ids that wait for a decision, as listed on the page."""

    def work() -> dict[str, set[str]]:
        connection = Connection.objects.get(id=found.id)
        streams = [row.stream for row in paused_deletions.paused_deletions(connection.org)]
        pages = {stream: held.held_page(connection, stream, {}) for stream in streams}
        return {
            stream: {row.remote_id for row in held._missing(page.held)}
            for stream, page in pages.items()
            if page
        }

    return await in_thread(work)
