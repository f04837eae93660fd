"""Pages show only counted numbers and say what they count, compared with the simulator's records."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contracts.companies import connected
from contracts.harness import start
from contracts.vendors.greenhouse import GREENHOUSE
from contracts.vendors.jarvi import JARVI
from contracts.vendors.teamtailor import TEAMTAILOR
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation
from fakes.company import Company, company, in_thread
from fakes.hooks import hooked

from jemmo.cli.connections.connections import _lines
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain import numbers
from jemmo.domain.status import Colour
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.sandbox import run_sandbox
from jemmo.services.accounts import accounts
from jemmo.services.connections import connections, key_tests, status
from jemmo.services.privacy import erasure, processing
from jemmo.store.db.scope import Scope, acting_in
from jemmo.store.files import stored_files
from jemmo.store.models import Connection, Job, Organisation, Talent
from jemmo.store.records import quality
from jemmo.store.sync import freshness
from jemmo.vault import default_vault
from jemmo.web.frame.labels import label_for

pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("served")]


@pytest.fixture(autouse=True)
def _reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")


def page(*path: object, post: bool = False, role: str = "owner", host: str = "testserver") -> str:
    """Return a page as a member sees it, without markup."""
    org = Organisation.objects.get()
    member = accounts.add_member(org, f"{role}@example.com", role, "long enough 12", verified=True)
    browser = Client(HTTP_HOST=host)
    browser.force_login(member)
    name, *arguments = path
    address = reverse(str(name), args=arguments)
    answer = browser.post(address, follow=True) if post else browser.get(address, follow=True)
    assert answer.status_code == 200
    text = answer.content.decode().partition('<main id="main"')[2]
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


async def seen(*path: object, post: bool = False, role: str = "owner") -> str:
    return await in_thread(lambda: page(*path, post=post, role=role))


async def test_data_that_is_not_read_has_no_number(database_url: str) -> None:
    async with start(JARVI, talents=30) as ats:
        found = await connected(ats, database_url)
        await found.sync()

    job, talent = await in_thread(lambda: (Job.objects.first(), Talent.objects.first()))
    assert (await found.counts())["talents"]
    card = await seen("ats_connection", found.id)
    assert "Applications not read" in card
    assert "0 application" not in card
    jobs = await seen("jobs")
    assert jobs.count(" – ") == (await found.counts())["jobs"]
    assert " None " not in await seen("talents")
    for name, record in (("job", job), ("talent", talent)):
        assert record is not None
        text = await seen(name, record.id)
        assert "Jemmo hasn't read applications from this ATS" in text, name
        for claim in ("0 hired", "Nobody has applied", "No application", "No file"):
            assert claim not in text
        if name == "talent":
            assert "Jemmo doesn't read files from this ATS" in text
            assert "LinkedIn" in text
    lines = await in_thread(lambda: list(_lines(status.overview()[0], datetime.now(UTC))))
    counts = await found.counts()
    assert f"  {counts['jobs']} jobs · {counts['talents']} talents · – applications" in lines
    assert "Last full reread just now at least every 7 days" in card

    await found.rows("UPDATE connection SET state = 'paused' WHERE id = {me}")
    assert "every 7 days" not in await seen("ats_connection", found.id)
    lines = await in_thread(lambda: list(_lines(status.overview()[0], datetime.now(UTC))))
    assert not any("at least every" in line for line in lines)


async def test_applications_that_the_first_sync_has_yet_to_read_are_not_called_unread(
    database_url: str,
) -> None:
    async with start(GREENHOUSE, talents=10) as ats:
        found = await connected(ats, database_url)
        await found.sync()
    await found.rows("UPDATE application SET remote_deleted_at = now() WHERE connection_id = {me}")
    await found.rows(
        "DELETE FROM checkpoint WHERE connection_id = {me} AND stream = 'applications'"
    )
    await found.rows("UPDATE checkpoint SET synced_at = NULL WHERE connection_id = {me}")

    card = await seen("ats_connection", found.id)

    assert "Applications not read" not in card
    assert "– applications" in card


async def test_webhooks_that_were_never_set_up_are_not_expected(database_url: str) -> None:
    async with start(GREENHOUSE, talents=10) as ats:
        found = await connected(ats, database_url)
        await found.sync()
    for path in ("ats_connection", "ats_webhooks"):
        text = await seen(path, found.id)
        assert "No webhooks received yet" not in text
        assert "Not set up" in text or "aren&#x27;t set up" in text

    # The simulator runs on this computer too, so it can reach a local address.
    assert "be reached only from this computer" not in await in_thread(
        lambda: at("127.0.0.1:8000", found)
    )
    await found.rows("UPDATE connection SET base_url = 'https://ats.example.com' WHERE id = {me}")
    assert "be reached only from this computer" in await in_thread(
        lambda: at("127.0.0.1:8000", found)
    )
    assert "be reached only from this computer" not in await in_thread(
        lambda: at("jobs.example.com", found)
    )


def at(host: str, found: Company) -> str:
    """Return the webhook page as opened under this host name."""
    with override_settings(ALLOWED_HOSTS=["*"]):
        return page("ats_webhooks", found.id, host=host)


async def test_a_plan_distinguishes_rough_and_exact_counts(database_url: str) -> None:
    """Jarvi's count includes deleted people if there is more than one page of them."""
    async with start(JARVI, talents=120) as ats:
        found = await connected(ats, database_url)
        (one, *_) = await ats.truth(Stream.TALENTS)
        await ats.server.change("delete", "profiles", one)
        talents, jobs = [len(await ats.truth(one)) for one in (Stream.TALENTS, Stream.JOBS)]
        plan = await seen("ats_plan", found.id)
        tested = await seen("ats_test", found.id, post=True)
        compared = await seen("quality", post=True)
    assert re.search(
        r"Talents about [0-9]+ 0 0 0 unknown \(the ATS.*count isn.*t exact\)", compared
    )
    assert f"Jobs {jobs} 0 0 0 {jobs} missing from Jemmo" in compared
    for text in (plan, tested):
        ((about, number),) = re.findall(r"Talents (about )?([0-9]+)", text)
        assert about
        assert int(number) > talents
        assert f"Jobs {jobs}" in text
    assert "expect" in plan


async def test_nothing_is_promised_for_a_company_of_unknown_size(database_url: str) -> None:
    async with start(GREENHOUSE, talents=30) as ats:
        found = await connected(ats, database_url)
        plan = await seen("ats_plan", found.id)
    assert "expect" not in plan
    assert "how long the first sync will take" in plan


async def test_a_first_sync_takes_at_least_its_planned_requests(database_url: str) -> None:
    async with run_sandbox(talents=120, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        plan = await seen("ats_plan", found.id)
        report = await found.sync()
    [least] = re.findall(r"at least ([0-9]+) requests", plan)
    assert 0 < int(least) <= report.requests
    [longest] = re.findall(r"expect up to ([0-9]+) minutes", plan)
    assert report.seconds <= int(longest) * 60


async def test_a_first_sync_that_has_started_is_not_planned(database_url: str) -> None:
    async with run_sandbox(talents=10, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        assert "at least" in await seen("ats_plan", found.id)
        await found.sync()
        asked = ats.site.log.counts.total()
        planned = await seen("ats_plan", found.id)
        started = await seen("ats_plan", found.id, post=True)
        assert ats.site.log.counts.total() == asked
    for text in (planned, started):
        assert "The first sync has already started." in text
        assert not re.search("at least [0-9]+ requests", text)
        assert "Last synced" in text


async def test_a_connection_has_the_name_of_its_account(database_url: str) -> None:
    async with start(GREENHOUSE, talents=5) as ats:
        found = await connected(ats, database_url)
        report = await in_thread(
            lambda: key_tests.check_key(Connection.objects.get(id=found.id), default_vault())
        )
    assert report.account_name == "Demo Greenhouse"
    assert "read applications" in {check.name for check in report.checks}


async def test_streams_that_are_not_synced_yet_have_no_number(database_url: str) -> None:
    """Neither the card nor the command line shows a count that isn't known."""
    async with run_sandbox(talents=10, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        card = await seen("ats_connection", found.id)
        lines = await in_thread(lambda: list(_lines(status.overview()[0], datetime.now(UTC))))
        assert "– jobs, – talents – applications" in card
        assert "  – jobs · – talents · – applications" in lines
        await found.sync()
    card = await seen("ats_connection", found.id)
    counts = await found.counts()
    assert f"{counts['jobs']} jobs, {counts['talents']} talents" in card
    assert "–" not in card.partition("In Jemmo")[2].partition("API key")[0]


async def test_resumes_that_are_not_fetched_are_not_called_missing(database_url: str) -> None:
    """The talents have resumes in the ATS, but the connection's option doesn't fetch them."""
    async with start(GREENHOUSE, talents=10) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider="greenhouse",
            options={**ats.vendor.options, "resumes": "off"},
        )
        await found.sync()
    talent = await in_thread(Talent.objects.filter(excluded_reason=None).first)
    assert talent is not None

    text = await seen("talent", talent.id)

    assert "Reading resumes is turned off in this connection's options." in text
    for claim in ("No file", "Jemmo doesn't read files from this ATS"):
        assert claim not in text


@pytest.mark.long
async def test_deleted_counts_excluded_records_and_the_card_says_so(database_url: str) -> None:
    async with run_sandbox(talents=120, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        before = await found.counts()
        hidden, shown, edited = [
            await found.value(
                f"SELECT remote_id FROM talent WHERE (excluded_reason IS NULL) = {is_shown} "
                f"ORDER BY remote_id OFFSET {place} LIMIT 1"
            )
            for is_shown, place in (("false", 0), ("true", 0), ("false", 1))
        ]
        for one in (hidden, shown):
            await ats.change("delete", "candidates", one)
        await ats.change("edit", "candidates", edited, attributes={"first-name": "Odile"})
        told = numbers.numbers_of((await found.sync(Mode.RECONCILE)).lines)
        after = await found.counts()

    assert told.deleted == await tombstones(found)
    assert told.deleted > sum(before.values()) - sum(after.values())
    assert told.updated == 0, "an excluded record that changed is none that people see"
    card = await seen("ats_connection", found.id)
    assert (
        "The created and updated counts don't include excluded records, but the deleted count does."
        in card
    )


async def tombstones(found: Company) -> int:
    tables = ("job", "talent", "application")
    counts = [
        await found.value(f"SELECT count(*) FROM {table} WHERE remote_deleted_at IS NOT NULL")
        for table in tables
    ]
    return sum(counts)


async def test_waiting_files_do_not_change_the_status_color(
    database_url: str,
) -> None:
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()

    def colour(error: object) -> Colour | None:
        Connection.objects.update(files_error=error)
        one = Connection.objects.get(id=found.id)
        assert stored_files.counts_of(one).waiting
        return freshness.freshness_of(
            freshness.ConnectionSnapshot(one), now=datetime.now(UTC)
        ).colour

    assert await in_thread(lambda: colour(None)) is Colour.GREEN
    error = {"code": "storage", "message": "The disk is full.", "next_step": "Make room."}
    assert await in_thread(lambda: colour(error)) is Colour.YELLOW
    with translation.override("en"):
        yellow = str(label_for("yellow", "indicator"))
    assert "waiting" not in yellow
    assert "an error that prevents file downloads" in yellow


async def test_pages_remember_that_the_counts_were_compared(database_url: str) -> None:
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        compared = await seen("quality", post=True)
        assert "not compared" not in compared
        assert "unknown (not reported by the ATS)" in compared
        later = await seen("quality")
        ats.faults.set("expired_key=0")
        refused = await seen("quality", post=True)
    assert "not compared" in later
    assert "not asked" not in later
    assert "not compared" in refused
    assert "unknown" not in refused


async def test_records_that_were_never_stored_are_a_difference(database_url: str) -> None:
    async with run_sandbox(talents=5, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        assert "No syncs yet." in await seen("quality")
        compared = await seen("quality", post=True)
        ats.faults.set("expired_key=0")
        await found.sync()
        ended = await seen("quality")
    assert "Talents 5 0 0 0 5 missing from Jemmo" in compared
    assert "No records." in ended
    assert "No syncs yet." not in ended


async def test_a_count_that_includes_older_records_is_not_compared(database_url: str) -> None:
    async with start(JARVI, talents=5) as ats:
        found = await connected(ats, database_url)
        await found.rows(
            """UPDATE connection SET options = options || '{"history_from": "2020-01-01"}'
            WHERE id = {me}"""
        )
        text = await seen("quality", post=True)
    unknown = "unknown (the ATS also counts records older than the history you chose)"
    assert re.search(rf"Talents [0-9]+ 0 0 0 {re.escape(unknown)}", text)


async def test_webhooks_deleted_with_a_person_are_counted(
    database_url: str, tmp_path: Path
) -> None:
    async with hooked(database_url) as found:
        people = sorted(await found.company.ids(Stream.TALENTS))[:2]
        for one in people:
            data = {"event_name": "candidate.update", "data": {"id": one}, "type": "x"}
            assert await found.signed(json.dumps({"payload": data})) == 200
        await found.drain()
        assert "2 webhooks are stored" in await seen("ats_webhooks", found.company.id)

        def erase(remote_id: str) -> None:
            org = Organisation.objects.get()
            named = list(Talent.objects.filter(remote_id=remote_id).values_list("id", flat=True))
            storage = FolderStorage(tmp_path / "files")
            erasure.erase(org, named, vault=default_vault(), storage=storage)

        await in_thread(lambda: erase(people[0]))
        one_left = await seen("ats_webhooks", found.company.id)
        await in_thread(lambda: erase(people[1]))
        none_left = await seen("ats_webhooks", found.company.id)

    assert "Accepted 2" in one_left
    assert "1 webhook is stored" in one_left
    assert "The other webhooks were deleted" in one_left
    assert "None of the received webhooks are stored anymore." in none_left
    assert "No webhooks yet" not in none_left


async def test_a_source_stays_in_the_record_while_its_people_are_stored(
    database_url: str,
) -> None:
    async with run_sandbox(talents=10, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
    assert "every 6 h" in await seen("privacy_processing")

    await in_thread(lambda: connections.disconnect(Connection.objects.get(), delete=False))
    kept = await seen("privacy_processing")
    await in_thread(lambda: Talent.objects.all().delete())
    emptied = await seen("privacy_processing")

    assert "Disconnected, connected on" in kept
    assert "every 6 h" not in kept
    assert "Talents: 10" in kept
    assert "No ATS is connected." in emptied


async def test_the_record_of_processing_counts_everyone(database_url: str) -> None:
    async with start(GREENHOUSE, talents=60) as ats:
        await (await connected(ats, database_url)).sync()
        true = len(await ats.truth(Stream.TALENTS))

    def people() -> int:
        org = Organisation.objects.get()
        assert Talent.objects.filter(is_private=True).exists()
        with acting_in(Scope(org=org.id, contacts=True)):
            return processing.record(org, now=datetime.now(UTC)).people

    assert await in_thread(people) == true


async def test_the_record_of_processing_names_notes(database_url: str) -> None:
    async with start(TEAMTAILOR, talents=60) as ats:
        await (await connected(ats, database_url)).sync()
        true = len(await ats.truth(Stream.NOTES))

    assert true
    assert f"Notes that the team wrote in the ATS {true} " in await seen("privacy_processing")


async def test_a_shortened_list_of_namesakes_says_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(GREENHOUSE, talents=60) as ats:
        found = await connected(ats, database_url)
        await found.set_rules(include_talents_without_active_application=True)
        await found.sync()
        people = (await ats.truth(Stream.TALENTS)).values()
    names = Counter(f"{person['first_name']} {person['last_name']}" for person in people)
    groups = sum(number > 1 for number in names.values())
    assert groups > 1

    for most in (groups - 1, groups):
        monkeypatch.setattr(quality, "GROUPS", most)
        text = f"Only the {most} largest groups are listed."
        assert (text in await seen("quality")) is (most < groups)


async def test_confidential_applications_look_like_none(database_url: str) -> None:
    async with start(GREENHOUSE, talents=60) as ats:
        found = await connected(ats, database_url)
        await found.set_rules(include_talents_without_active_application=True)
        applied: dict[str, set[str]] = {key: set() for key in await ats.truth(Stream.TALENTS)}
        for one in (await ats.truth(Stream.APPLICATIONS)).values():
            applied[str(one["candidate_id"])].add(str(one["job_id"]))
        posts = await ats.truth(Stream.JOBS)
        secret, plain = [key for key, jobs in applied.items() if jobs and jobs <= set(posts)][:2]
        for post in applied[secret]:
            await ats.server.change("edit", "jobs", post, attributes={"confidential": True})
        await found.sync()

    def without(remote_id: str) -> tuple[str, str]:
        """Return a talent as a recruiter sees it: the row in the list, and the applications on the page."""
        talent = Talent.objects.get(remote_id=remote_id)
        Talent.objects.filter(id=talent.id).update(
            is_private=False,
            headline=None,
            can_email=None,
            do_not_contact_at=None,
            remote_updated_at=datetime.now(UTC),  # listed first
        )
        listed = page("talents", role="recruiter").partition(talent.full_name)[2]
        own = page("talent", talent.id, role="recruiter")
        return listed.strip()[:1], own.partition(" Applications ")[2].partition(" Files ")[0]

    told = await in_thread(lambda: without(secret))
    await found.rows(
        "DELETE FROM stage_event e USING application a WHERE a.id = e.application_id AND a.talent_remote_id = %s",
        plain,
    )
    await found.rows("DELETE FROM application WHERE talent_remote_id = %s", plain)
    assert await in_thread(lambda: without(plain)) == told
    assert told == ("–", "No applications are visible to you.")


async def test_saved_options_say_when_they_apply(database_url: str) -> None:
    async with run_sandbox(talents=10, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        asked = ats.site.log.counts.total()
        saved = await in_thread(lambda: _changed(found, quota_share="50"))
        unchanged = await in_thread(lambda: _changed(found, quota_share="50"))
        tested = ats.site.log.counts.total() - asked
        await found.sync()

    assert "Saved. The new options take effect with the next sync." in saved
    assert "Saved." in unchanged
    assert "next sync." not in unchanged.partition("Saved.")[2][:80]
    assert tested < 10, "no sync was started, only the options were tested"


def _changed(found: Company, **options: str) -> str:
    """Return the card's text after these options were saved."""
    connection = Connection.objects.get(id=found.id)
    declared = CONNECTORS[connection.provider].options
    values = {each.name: connection.options.get(each.name, each.default) for each in declared}
    form = {
        "seen": connections.connection_fingerprint(connection),
        "label": connection.label,
        "sync_every_hours": "6",
        **{f"option_{name}": value for name, value in {**values, **options}.items()},
    }
    org = Organisation.objects.get()
    owner = accounts.add_member(org, "owner@example.com", "owner", "long enough 12", verified=True)
    browser = Client(HTTP_HOST="testserver")
    browser.force_login(owner)
    answer = browser.post(reverse("ats_edit", args=[found.id]), form, follow=True)
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())
