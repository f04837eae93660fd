"""Confidential jobs and private talents, as marked by the ATS, are invisible without the right to see them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from contracts.companies import connected
from contracts.harness import Harness, start
from contracts.vendors.greenhouse import GREENHOUSE
from django.db import connection as database
from fakes.company import Company, in_thread
from fakes.one_of_each import Rows, one_of_each

from jemmo.domain.streams import Mode, Stream
from jemmo.services.records import explanations, exports, rules
from jemmo.store import models
from jemmo.store.connections.counts import visible_counts
from jemmo.store.db import policies, scope
from jemmo.store.db.scope import Scope, acting_in
from jemmo.store.records import jobs, talents
from jemmo.store.records.talent_page import talent_page
from jemmo.vault import default_vault

BELONGS_TO = {
    "talent": {
        *("talent", "talent_contacts", "application", "stage_event", "note"),
        *("attachment", "file_version", "file_text"),
    },
    "job": {
        *("job", "job_location", "job_compensation", "job_posting", "job_posting_location"),
        *("stage", "application", "stage_event"),
    },
}
"""The tables whose rows belong to a talent or job."""


def recruiter(org: Any, *, confidential: bool = False) -> Scope:
    return Scope(org=org, contacts=True, confidential=confidential, notes=True)


def tables_seen(rows: Rows) -> set[str]:
    return {
        table for table, row in rows.items() if type(row)._base_manager.filter(pk=row.pk).exists()
    }


@pytest.mark.parametrize("kind", ["talent", "job"])
def test_the_database_hides_the_record_and_all_that_belongs_to_it(
    database_url: str, kind: str
) -> None:
    rows = one_of_each("acme")
    org = rows["organisation"].pk
    marked: dict[str, Any] = {"talent": {"is_private": True}, "job": {"visibility": "CONFIDENTIAL"}}
    plain: dict[str, Any] = {"talent": {"is_private": False}, "job": {"visibility": "PUBLIC"}}
    record = type(rows[kind])._base_manager.filter(pk=rows[kind].pk)
    with acting_in(recruiter(org)):
        before = tables_seen(rows)
    assert before > BELONGS_TO[kind]
    for _ in range(2):  # marked, unmarked, and marked again
        record.update(**marked[kind])
        with acting_in(recruiter(org)):
            assert tables_seen(rows) == before - BELONGS_TO[kind]
        with acting_in(recruiter(org, confidential=True)):
            assert tables_seen(rows) == before
        record.update(**plain[kind])
        with acting_in(recruiter(org)):
            assert tables_seen(rows) == before


def test_a_search_function_finds_no_private_talent(database_url: str) -> None:
    rows = one_of_each("acme")
    org = rows["organisation"].pk
    models.Talent.objects.update(is_private=True)
    models.Job.objects.update(visibility="CONFIDENTIAL")
    with database.cursor() as cursor:
        for search in policies.SEARCHES:
            said = f"{search.column} = '{{7}}'"
            if search.type == "tsquery":
                said = "search = to_tsvector('simple', 'welder')"
            cursor.execute(f"UPDATE {search.table} SET {said}")
    for search in policies.SEARCHES:
        argument = "'welder'::tsquery" if search.type == "tsquery" else "'{7}'::bigint[]"
        for sees in (False, True):
            with acting_in(recruiter(org, confidential=sees)), database.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {search.name}({argument}, %s)", [org])
                assert (cursor.fetchone() != (0,)) is sees, search.name


@pytest.fixture
async def ats() -> Any:
    async with start(GREENHOUSE, talents=150) as harness:
        yield harness


class Marked:
    """The ids in the ATS, and which of them are confidential."""

    def __init__(self, people: Any, posts: Any, applied: Any) -> None:
        self.talents, self.jobs, self.applications = set(people), set(posts), set(applied)
        self.private = {key for key, row in people.items() if row["private"]}
        self.confidential = {key for key, row in posts.items() if row["confidential"]}
        self.of_them = {
            key
            for key, row in applied.items()
            if str(row["candidate_id"]) in self.private or str(row["job_id"]) in self.confidential
        }


async def marked(ats: Harness) -> Marked:
    return Marked(
        await ats.truth(Stream.TALENTS),
        await ats.truth(Stream.JOBS),
        await ats.truth(Stream.APPLICATIONS),
    )


def everything(org: models.Organisation) -> dict[str, set[str]]:
    """Return everything that people can read in the current scope."""
    exported = {
        kind: list(exports.rows(org, kind, role=models.Role.RECRUITER, vault=default_vault()))
        for kind in ("jobs", "talents", "applications", "resumes", "stages")
    }
    listed: dict[str, set[str]] = {"jobs": set(), "talents": set()}
    lists: dict[str, tuple[Any, Any]] = {
        "jobs": (jobs.search, jobs.JobFilters),
        "talents": (
            partial(talents.search, lookup=talents.Lookup(), unseal=None),
            talents.TalentFilters,
        ),
    }
    for kind, (search, filters) in lists.items():
        page = 1
        while items := search(org, filters(page=page)).items:
            listed[kind] |= {row.remote_id for row in items}
            page += 1
    counts = visible_counts(models.Connection.objects.get(org=org))
    named = exported["talents"]
    assert counts["jobs"] == len(listed["jobs"]) == len(exported["jobs"])
    assert counts["talents"] == len(listed["talents"]) == len(named)
    assert counts["applications"] == len(exported["applications"])
    return {
        **listed,
        "applications": {row["remote_id"] for row in exported["applications"]},
        "of talents": {one["remote_id"] for row in named for one in row["applications"]},
        "with resumes": {row["talent_remote_id"] for row in exported["resumes"]},
        "with stages": {row["job_remote_id"] for row in exported["stages"]},
    }


def read_as(found: Company, *, confidential: bool) -> dict[str, set[str]]:
    org = models.Organisation.objects.get()
    with acting_in(recruiter(org.id, confidential=confidential)):
        return everything(org)


async def assert_kept_apart(ats: Harness, found: Company) -> Marked:
    truth = await marked(ats)
    hidden = await in_thread(partial(read_as, found, confidential=False))
    whole = await in_thread(partial(read_as, found, confidential=True))
    assert whole["jobs"] == truth.jobs
    assert whole["talents"] == truth.talents
    assert hidden["jobs"] == truth.jobs - truth.confidential
    assert hidden["talents"] == truth.talents - truth.private
    for name in ("applications", "of talents"):
        assert whole[name] == truth.applications
        assert hidden[name] == truth.applications - truth.of_them, name
    assert hidden["with resumes"] == whole["with resumes"] - truth.private
    assert hidden["with stages"] == whole["with stages"] - truth.confidential
    return truth


async def test_every_read_follows_the_flags_of_the_ats(database_url: str, ats: Harness) -> None:
    found = await connected(ats, database_url)
    await found.set_rules(
        include_archived_jobs=True,
        include_draft_jobs=True,
        include_talents_without_active_application=True,
    )
    await found.sync()
    truth = await assert_kept_apart(ats, found)
    assert truth.private
    assert truth.confidential
    assert truth.of_them < truth.applications

    person, post = min(truth.talents - truth.private), min(truth.jobs - truth.confidential)
    shown = min(truth.private)
    for kind, record, flags in (
        ("candidates", person, {"private": True}),
        ("candidates", shown, {"private": False}),
        ("jobs", post, {"confidential": True}),
    ):
        await ats.server.change("edit", kind, record, attributes=flags)
    await found.sync(Mode.INCREMENTAL)
    now = await assert_kept_apart(ats, found)
    assert now.private == truth.private - {shown} | {person}
    assert now.confidential == truth.confidential | {post}


async def test_pages_and_explanations_do_not_reveal_it(database_url: str, ats: Harness) -> None:
    found = await connected(ats, database_url)
    await found.sync()
    truth = await marked(ats)

    def look(*, confidential: bool) -> list[bool]:
        org = models.Organisation.objects.get()
        post = models.Job.objects.get(remote_id=min(truth.confidential))
        person = models.Talent.objects.get(remote_id=min(truth.private))
        with acting_in(recruiter(org.id, confidential=confidential)):
            now = models.Connection.objects.get().created_at
            answers = [
                *explanations.explain_record(org, post.title, now=now),
                *explanations.explain_record(org, post.remote_id, now=now),
                *explanations.explain_record(org, str(person.id), now=now),
            ]
            return [
                jobs.job_page(org, post.id) is not None,
                talent_page(org, person.id, unseal=None) is not None,
                post.id in {one.record for one in answers},
                person.id in {one.record for one in answers},
            ]

    assert await in_thread(partial(look, confidential=True)) == [True] * 4
    assert await in_thread(partial(look, confidential=False)) == [False] * 4


async def test_rules_apply_to_records_that_their_editor_cannot_see(
    database_url: str, ats: Harness
) -> None:
    found = await connected(ats, database_url)
    await found.sync()

    def change() -> None:
        org = models.Organisation.objects.get()
        with acting_in(recruiter(org.id)):
            visible = models.Talent.objects.filter(excluded_reason__isnull=False).count()
            changed = rules.change(org, set(), hired_days=90, seen=rules.rules_fingerprint(org))
            assert changed == visible + models.Job.objects.filter(status="DRAFT").count()
        assert not models.Talent.objects.exclude(excluded_reason=None).exists()

    await in_thread(change)
    assert scope.current() is not None
