"""Limited history, for every connector that supports it: no older people, no incomplete ones, no warnings.

The expected records come from a second connection to the same account, which reads everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from contracts.companies import connected
from contracts.harness import Harness, Vendor, start
from contracts.vendors.all import REPLAYS, VENDORS
from contracts.vendors.flatchr import FLATCHR_REPLAY_2022
from contracts.vendors.greenhouse import GREENHOUSE
from contracts.vendors.jarvi import JARVI
from fakes.company import Company, adds_up, in_thread
from msgspec import Struct

from jemmo.connectors.registry import connector_for
from jemmo.domain import history
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.services.connections import history_limit
from jemmo.services.records import refresh as records
from jemmo.store.models import Connection
from jemmo.vault import default_vault

pytestmark = pytest.mark.sample(2)

JARVI_WITH_APPLICATIONS = replace(
    JARVI,
    edition="applications",
    switches={**JARVI.switches, "applications": "profile"},
    options={**JARVI.options, "application_paths": "profiles.projectsProfiles"},
)
LIMITABLE = [
    one
    for one in (*VENDORS, *REPLAYS, JARVI_WITH_APPLICATIONS)
    if any(option.name == history.YEARS for option in connector_for(one.name).options)
]
PEOPLE = (Stream.TALENTS, Stream.APPLICATIONS)


class Account(Struct):
    """An account that one company reads in full; ``day`` divides its people into two halves."""

    ats: Harness
    whole: Company
    day: date

    async def people(self, day: date) -> dict[Stream, set[str]]:
        """Return the ids of everyone with a change since a day."""
        first = datetime.combine(day, time(), UTC)
        talents = await self.whole.rows(
            "SELECT remote_id, remote_updated_at FROM talent WHERE connection_id = {me}"
        )
        applications = await self.whole.rows(
            "SELECT remote_id, talent_remote_id, remote_updated_at FROM application "
            "WHERE connection_id = {me}"
        )
        within = {key for key, changed in talents if changed is None or changed >= first}
        within |= {
            owner for _, owner, changed in applications if changed is None or changed >= first
        }
        return {
            Stream.TALENTS: within,
            Stream.APPLICATIONS: {key for key, owner, _ in applications if owner in within},
        }

    async def limited(self, database_url: str) -> Company:
        company = await connected(self.ats, database_url)
        await limit(company, self.day)
        return company


async def limit(company: Company, day: date | None) -> None:
    """Limit a connection's history to a day, as if a person had chosen the years."""

    def change() -> None:
        connection = Connection.objects.get(id=company.id)
        before = dict(connection.options)
        options = {key: one for key, one in before.items() if not key.startswith("history_")}
        if day is not None:
            options |= {history.YEARS: "1", history.FROM: day.isoformat()}
        connection.options = options
        connection.save(update_fields=["options"])
        history_limit.apply(connection, before)

    await in_thread(change)


async def visible(company: Company) -> set[str]:
    found = await company.rows(
        "SELECT remote_id FROM talent WHERE connection_id = {me} AND excluded_reason IS NULL "
        "AND remote_deleted_at IS NULL"
    )
    return {row[0] for row in found}


async def assert_holds(company: Company, people: dict[Stream, set[str]]) -> None:
    for stream in PEOPLE:
        assert await company.ids(stream) == people[stream], stream


@pytest.fixture(params=LIMITABLE, ids=lambda vendor: vendor.label)
async def account(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Account]:
    vendor: Vendor = request.param
    async with start(vendor, talents=60) as ats:
        whole = await connected(ats, database_url, org="whole")
        assert (await whole.sync()).status is RunStatus.SUCCEEDED
        found = await whole.rows(
            "SELECT remote_updated_at FROM talent WHERE connection_id = {me} ORDER BY 1"
        )
        middle: datetime | None = found[len(found) // 2][0]
        if middle is None:
            pytest.skip("it tells no time of a change: see the test of that")
        yield Account(ats, whole, middle.date())


async def test_a_first_sync_stores_exactly_the_people_within_the_limit(
    account: Account, database_url: str
) -> None:
    people = await account.people(account.day)
    everybody = await account.whole.ids(Stream.TALENTS)
    assert 0 < len(people[Stream.TALENTS]) < len(everybody)
    company = await account.limited(database_url)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert adds_up(report), report
    await assert_holds(company, people)
    assert await visible(company) == await visible(account.whole) & people[Stream.TALENTS]
    assert await company.ids(Stream.JOBS) == await account.whole.ids(Stream.JOBS)


async def test_no_later_sync_and_no_comparison_finds_a_difference(
    account: Account, database_url: str
) -> None:
    people = await account.people(account.day)
    company = await account.limited(database_url)
    await company.sync()

    for mode in (None, Mode.RECONCILE, Mode.INITIAL):
        report = await company.sync(mode)
        assert report.status is RunStatus.SUCCEEDED, (mode, report)
        assert not any(one.created + one.deleted for one in report.streams.values()), report
        assert not report.error
        await assert_holds(company, people)
    verdict = await company.verify()
    assert verdict.equal, verdict.problems
    for stream in PEOPLE:
        if stream in verdict.streams:
            every = await account.whole.ids(stream)
            assert verdict.streams[stream].left_out == len(every) - len(people[stream]), stream


async def test_a_longer_history_adds_the_rest_and_no_limit_everything(
    account: Account, database_url: str
) -> None:
    company = await account.limited(database_url)
    await company.sync()
    earlier = account.day - timedelta(days=200)

    for day in (earlier, None):
        await limit(company, day)
        report = await company.sync()
        assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
        await assert_holds(company, await account.people(day or date(1970, 1, 1)))
        assert (await company.sync()).mode is not Mode.INITIAL
    assert (await company.verify()).equal
    assert await visible(company) == await visible(account.whole)


async def test_a_shorter_history_hides_and_deletes_nothing(
    account: Account, database_url: str
) -> None:
    before = await visible(account.whole)
    people = await account.people(account.day)

    await limit(account.whole, account.day)

    assert await visible(account.whole) == before & people[Stream.TALENTS]
    for mode in (None, Mode.RECONCILE):
        report = await account.whole.sync(mode)
        assert report.status is RunStatus.SUCCEEDED, report
        assert not any(one.deleted for one in report.streams.values()), report
    assert await visible(account.whole) == before & people[Stream.TALENTS]
    assert (await account.whole.verify()).equal
    await limit(account.whole, None)
    assert await visible(account.whole) == before


async def test_an_older_person_who_changes_arrives_completely(
    account: Account, database_url: str
) -> None:
    people = await account.people(account.day)
    company = await account.limited(database_url)
    await company.sync()
    everybody = await account.people(date(1970, 1, 1))
    talent = sorted(everybody[Stream.TALENTS] - people[Stream.TALENTS])[0]
    await account.ats.edit_talent(talent)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert talent in await company.ids(Stream.TALENTS)
    own = await account.whole.rows(
        "SELECT remote_id FROM application WHERE connection_id = {me} AND talent_remote_id = %s",
        talent,
    )
    assert {row[0] for row in own} <= await company.ids(Stream.APPLICATIONS)
    assert (await company.verify()).equal


@pytest.mark.parametrize("finds", ["comparison", "refetch"])
async def test_an_older_person_missing_in_lists_of_changes_arrives_completely(
    account: Account, database_url: str, finds: str
) -> None:
    people = await account.people(account.day)
    company = await account.limited(database_url)
    await company.sync()
    whole = await account.whole.rows(
        "SELECT talent_remote_id FROM application WHERE connection_id = {me} "
        "AND talent_remote_id IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    if not whole:
        pytest.skip("this ATS lists no applications")
    outside = [row[0] for row in whole if row[0] not in people[Stream.TALENTS]]
    assert outside, "nobody who was left out has an application"
    kind = account.ats.vendor.kinds[Stream.TALENTS]
    earlier = (datetime.now(UTC) - timedelta(hours=3)).isoformat(timespec="milliseconds")
    await account.ats.server.change(
        "edit", kind, outside[0], attributes=dict(account.ats.vendor.edit), at=earlier
    )

    if finds == "comparison":
        await company.sync(Mode.RECONCILE)
    else:
        await refetch(company, Stream.TALENTS, outside[0])
        if account.ats.vendor.name == "flatchr":  # its webhooks name both by the same id
            await refetch(company, Stream.APPLICATIONS, outside[0])

    await assert_whole(account, company, outside[0])


@pytest.mark.parametrize("account", [GREENHOUSE], indirect=True)
async def test_an_older_person_with_a_new_resume_arrives_completely(
    account: Account, database_url: str
) -> None:
    people = await account.people(account.day)
    company = await account.limited(database_url)
    await company.sync()
    outside = sorted(await account.whole.ids(Stream.TALENTS) - people[Stream.TALENTS])[0]
    resume = {"candidate_id": int(outside), "type": "resume", "filename": "New.pdf"}
    await account.ats.server.change("create", "attachments", attributes=resume)

    await company.sync()

    await assert_whole(account, company, outside)


async def assert_whole(account: Account, company: Company, talent: str) -> None:
    assert talent in await company.ids(Stream.TALENTS)
    own = await account.whole.rows(
        "SELECT remote_id FROM application WHERE connection_id = {me} AND talent_remote_id = %s",
        talent,
    )
    assert own
    assert {row[0] for row in own} <= await company.ids(Stream.APPLICATIONS)


async def refetch(company: Company, stream: Stream, remote_id: str) -> None:
    target = records.RecordRef(connection_id=company.id, stream=stream, remote_id=remote_id)
    refetch_now = partial(
        records.refetch_now, target, database_url=company.database_url, vault=default_vault()
    )
    await in_thread(refetch_now)


async def test_without_change_dates_everything_is_read_with_a_warning(
    database_url: str,
) -> None:
    async with start(FLATCHR_REPLAY_2022, talents=30) as ats:
        company = await connected(ats, database_url)
        await limit(company, datetime.now(UTC).date())

        report = await company.sync()

        assert report.status is RunStatus.SUCCEEDED, report
        assert await company.ids(Stream.TALENTS) == set(await ats.truth(Stream.TALENTS))
        (told,) = [one for one in report.warnings if one.code == "no_time_of_change"]
        assert told.count == 60
        assert "can't skip records based on their age" in told.message


async def test_people_who_cannot_be_omitted_completely_are_stored_and_hidden(
    database_url: str,
) -> None:
    """In Jarvi, if projects contain the applications, a profile doesn't show whether its applications are newer."""
    vendor = replace(
        JARVI_WITH_APPLICATIONS,
        switches={**JARVI.switches, "applications": "project"},
        options={**JARVI.options, "application_paths": "projects.projectsProfiles"},
    )
    async with start(vendor, talents=60) as ats:
        whole = await connected(ats, database_url, org="whole")
        await whole.sync()
        middle = await whole.value(
            "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY remote_updated_at) FROM talent "
            "WHERE connection_id = {me}"
        )
        account = Account(ats, whole, middle.date())
        people = await account.people(account.day)
        company = await account.limited(database_url)

        for mode in (None, None, Mode.RECONCILE):
            report = await company.sync(mode)
            assert report.status is RunStatus.SUCCEEDED, report
            assert await visible(company) == await visible(whole) & people[Stream.TALENTS]
            for stream in PEOPLE:
                assert await company.ids(stream) == await whole.ids(stream)
        assert (await company.verify()).equal
