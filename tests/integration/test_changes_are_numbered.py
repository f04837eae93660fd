"""The feed numbers each change once, in the order of commits, despite concurrent writes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256
from itertools import count
from threading import Event
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from django.db import connections
from django.utils import timezone
from fakes.agency import agency_of
from fakes.effort import EFFORT, examples
from fakes.showcase import Showcase
from hypothesis import given
from hypothesis import strategies as st

from jemmo.store.db import schema, scope
from jemmo.store.db.scope import Scope
from jemmo.store.feed import numbering, reading
from jemmo.store.feed.entities import ENTITIES
from jemmo.store.models import (
    Application,
    Connection,
    FeedChange,
    FeedMark,
    FeedPosition,
    FeedRecord,
    Job,
    Stage,
    Talent,
)
from jemmo.store.records.export import KINDS

pytestmark = pytest.mark.versions

News = list[tuple[str, UUID, int, int, list[str]]]


@pytest.fixture
def feed(showcase: Showcase) -> Callable[[], News]:
    """A function that returns the changes numbered since the last call."""
    numbering.begin(showcase.org.id)
    seen = [FeedPosition.objects.get(org=showcase.org).seq]

    def news() -> News:
        assert numbering.number(showcase.org.id)
        changes = list(FeedChange.objects.filter(org=showcase.org, seq__gt=seen[0]).order_by("seq"))
        assert [change.seq for change in changes] == [
            seen[0] + place for place in range(1, len(changes) + 1)
        ]
        seen[0] += len(changes)
        assert FeedPosition.objects.get(org=showcase.org).seq == seen[0]
        assert not FeedMark.objects.filter(org=showcase.org).exists()
        return [
            (change.entity, change.record, change.before, change.after, sorted(change.fields))
            for change in changes
        ]

    return news


def version_hash(record: UUID, modified_at: datetime) -> int:
    """Return a record's contribution to a digest, as clients compute it from the JSON."""
    text = f"{record}:{msgspec.json.encode(modified_at).decode().strip(chr(34))}"
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def session(url: str, showcase: Showcase) -> psycopg.Connection:
    """A separate transaction, like that of another process."""
    db = psycopg.connect(url)
    schema.set_search_path(db)
    db.execute(scope.SET_FOR_SESSION, scope.organization_scope(showcase.org.id).settings)
    db.commit()
    return db


def test_existing_rows_are_included_at_the_start(
    showcase: Showcase, feed: Callable[[], News]
) -> None:
    assert feed() == []
    for name in ENTITIES:
        known = FeedRecord.objects.filter(org=showcase.org, entity=name)
        shown = KINDS[name].shown(showcase.org)
        assert set(known.values_list("id", "modified_at")) == set(
            shown.values_list("id", "modified_at")
        )


def test_a_change_names_its_fields(showcase: Showcase, feed: Callable[[], News]) -> None:
    job = showcase.job("dev")
    Job.objects.filter(id=job.id).update(title="Developer", pitch="Ship")
    assert feed() == [("jobs", job.id, 2, 2, ["pitch", "title"])]
    assert showcase.job("dev").modified_at > job.modified_at


def test_an_application_names_what_changed_about_its_stage(
    showcase: Showcase, feed: Callable[[], News]
) -> None:
    stage = Stage.objects.filter(applications__isnull=False, org=showcase.org).first()
    assert stage is not None
    Stage.objects.filter(pk=stage.pk).update(category="OFFER")
    assert {tuple(change[4]) for change in feed() if change[0] == "applications"} == {
        ("stage_category",)
    }
    Stage.objects.filter(pk=stage.pk).update(name="Another name")
    assert {tuple(change[4]) for change in feed() if change[0] == "applications"} == {("stage",)}


def test_whoever_must_not_be_contacted_has_other_contact_fields(
    showcase: Showcase, feed: Callable[[], News]
) -> None:
    talent = showcase.talent("elodie")
    Talent.objects.filter(id=talent.id).update(do_not_contact_at=timezone.now())
    (fields,) = [change[4] for change in feed() if change[1] == talent.id]
    assert {"do_not_contact", "emails", "phones", "links", "linkedin_profile"} <= set(fields)


def test_a_text_edited_to_the_same_length_is_named(
    showcase: Showcase, feed: Callable[[], News]
) -> None:
    letters = Application.objects.filter(talent=showcase.talent("elodie"))
    letters.update(sealed_texts=b"1234", content_hash=b"1", modified_at=timezone.now())
    feed()
    letters.update(sealed_texts=b"5678", content_hash=b"2", modified_at=timezone.now())
    assert {tuple(change[4]) for change in feed()} == {("cover_letter",)}
    later = timezone.now()
    letters.update(sealed_texts=b"9012", content_hash=b"3", source="job board", modified_at=later)
    assert {tuple(change[4]) for change in feed()} == {("source",)}


def test_changes_that_the_api_does_not_show_are_ignored(
    showcase: Showcase, feed: Callable[[], News]
) -> None:
    job = showcase.job("dev")
    Job.objects.filter(id=job.id).update(content_hash=b"other", title=job.title)
    assert feed() == []
    assert showcase.job("dev").modified_at == job.modified_at


def test_a_number_follows_the_commit_not_the_write(
    database_url: str, showcase: Showcase, feed: Callable[[], News]
) -> None:
    """A change that is written first but committed last comes last; a rolled-back one never appears."""
    long, lost = session(database_url, showcase), session(database_url, showcase)
    first, second = showcase.job("dev").id, showcase.job("sales").id
    long.execute("UPDATE job SET title = 'slow' WHERE id = %s", [first])
    lost.execute("UPDATE job SET title = 'lost' WHERE remote_id = 'closed'")
    Job.objects.filter(id=second).update(title="quick")
    assert [change[1] for change in feed()] == [second]
    lost.rollback()
    assert feed() == []
    long.commit()
    assert [change[1] for change in feed()] == [first]
    long.close()
    lost.close()


@pytest.mark.parametrize("talent_first", [True, False])
def test_two_transactions_make_one_record_visible(
    database_url: str, showcase: Showcase, feed: Callable[[], News], talent_first: bool
) -> None:
    """One makes a talent visible while the other writes the talent's application; neither sees the other's change."""
    talent = showcase.talent("elodie")
    application = talent.applications.first()
    assert application is not None
    with session(database_url, showcase) as db:
        db.execute(
            "UPDATE talent SET excluded_reason = 'talent_archived' WHERE id = %s", [talent.id]
        )
        db.execute(
            "UPDATE application SET remote_deleted_at = now() WHERE id = %s", [application.id]
        )
    feed()
    people, applications = session(database_url, showcase), session(database_url, showcase)
    people.execute("UPDATE talent SET excluded_reason = NULL WHERE id = %s", [talent.id])
    applications.execute(
        "UPDATE application SET remote_deleted_at = NULL WHERE id = %s", [application.id]
    )
    seen: News = []
    for db in (people, applications) if talent_first else (applications, people):
        db.commit()
        db.close()
        seen += feed()
    assert [change[2:4] for change in seen if change[1] == application.id] == [(0, 2)]
    assert [change[2:4] for change in seen if change[1] == talent.id] == [(0, 2)]


def test_a_new_feed_misses_no_running_transaction(database_url: str, showcase: Showcase) -> None:
    job = showcase.job("dev").id
    with session(database_url, showcase) as db:
        db.execute("UPDATE job SET title = 'before' WHERE id = %s", [job])
        numbering.begin(showcase.org.id)
    start = FeedPosition.objects.get(org=showcase.org).seq
    numbering.number(showcase.org.id)
    assert [change.record for change in FeedChange.objects.filter(seq__gt=start)] == [job]


STATEMENTS = (
    "UPDATE job SET title = title || '.' WHERE org_id = %(org)s AND remote_id = %(job)s",
    "UPDATE job SET visibility = CASE visibility WHEN 'CONFIDENTIAL' THEN 'PUBLIC' ELSE 'CONFIDENTIAL' END "
    "WHERE org_id = %(org)s AND remote_id = %(job)s",
    "UPDATE talent SET excluded_reason = CASE WHEN excluded_reason IS NULL THEN 'talent_archived' END "
    "WHERE org_id = %(org)s AND get_byte(uuid_send(id), 15) %% 8 = %(place)s",
    "UPDATE talent SET is_private = NOT is_private "
    "WHERE org_id = %(org)s AND get_byte(uuid_send(id), 15) %% 8 = %(place)s",
    "UPDATE application SET status_original = status_original || '.', rejected_by = 'x' "
    "WHERE org_id = %(org)s AND get_byte(uuid_send(id), 15) %% 8 = %(place)s",
    "UPDATE application SET remote_deleted_at = CASE WHEN remote_deleted_at IS NULL THEN now() END "
    "WHERE org_id = %(org)s AND get_byte(uuid_send(id), 15) %% 8 = %(place)s",
    "UPDATE stage SET name = name || '.' WHERE org_id = %(org)s AND remote_id = 'new'",
    "UPDATE department SET name = name || '.' WHERE org_id = %(org)s AND remote_id = 'eng'",
    "UPDATE note SET body = body || '.' WHERE org_id = %(org)s AND remote_id = 'of-elodie'",
    "UPDATE note SET remote_deleted_at = CASE WHEN remote_deleted_at IS NULL THEN now() END "
    "WHERE org_id = %(org)s AND remote_id = 'private'",
    "UPDATE attachment SET size = coalesce(size, 0) + 1 WHERE org_id = %(org)s",
    "DELETE FROM application WHERE org_id = %(org)s AND get_byte(uuid_send(id), 14) = 16 * %(place)s",
)
WORK = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(STATEMENTS), st.integers(0, 7)), max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


RIGHTS = ((), ("confidential",), ("notes",), ("confidential", "notes"))


class Copy:
    """A client that may at any time lose everything it has not stored together with its number."""

    def __init__(
        self, showcase: Showcase, *rights: str, connection: Connection | None = None
    ) -> None:
        self.org, self.rights = showcase.org, rights
        self.bound = connection.id if connection else None
        self.visibility = reading.visibility_of(rights, self.bound)
        self.seq = FeedPosition.objects.get(org=self.org).seq
        known = FeedRecord.objects.filter(
            org=self.org,
            level__gte=self.visibility.level.value,
            entity__in=self.visibility.entities,
        )
        if self.bound:
            known = known.filter(connection_id=self.bound)
        self.versions: dict[UUID, Any] = dict(known.values_list("id", "modified_at"))

    def follow(self, limit: int, *, crashes: bool) -> None:
        numbering.number(self.org.id)
        page = reading.changes(self.org.id, self.seq, limit, self.visibility)
        assert page is not None
        versions = dict(self.versions)
        for change in page.changes:
            assert (change.op == "created") == (change.id not in versions)
            if change.op == "deleted":
                del versions[change.id]
            else:
                assert versions.get(change.id) != change.modified_at
                versions[change.id] = change.modified_at
        if not crashes:
            self.versions = versions
            self.seq = page.changes[-1].seq if len(page.changes) == limit else page.seq

    def prove(self) -> None:
        self.follow(1_000_000, crashes=False)
        confidential, notes = "confidential" in self.rights, "notes" in self.rights
        own = Scope(org=self.org.id, connection=self.bound, confidential=confidential, notes=notes)
        with scope.acting_in(own):
            digest = reading.digest(self.org, self.visibility)
        assert digest is not None
        assert (digest.seq, digest.is_current) == (self.seq, True)
        total = sum(version_hash(*version) for version in self.versions.items()) % 2**256
        assert total == sum(part.digest for part in digest.totals.values()) % 2**256
        assert len(self.versions) == sum(part.count for part in digest.totals.values())


Transactions = list[tuple[list[tuple[str, int]], bool]]


def write(url: str, showcase: Showcase, transactions: Transactions) -> None:
    with session(url, showcase) as db:
        for statements, commits in transactions * EFFORT:
            try:
                for statement, place in statements:
                    job = ("dev", "sales")[place % 2]
                    db.execute(statement, {"org": showcase.org.id, "job": job, "place": place})
                (db.commit if commits else db.rollback)()
            except psycopg.errors.DeadlockDetected:
                db.rollback()


def read(copy: Copy, limits: list[int]) -> None:
    with scope.acting_in(scope.EVERYTHING):
        try:
            for limit in limits * EFFORT:
                copy.follow(limit, crashes=limit % 3 == 0)
        finally:
            connections.close_all()


@pytest.mark.soak
@examples(3)
@given(
    work=st.lists(WORK, min_size=2, max_size=3),
    limits=st.lists(st.integers(1, 30), min_size=3, max_size=9),
)
def test_nothing_is_missed_or_duplicated(
    database_url: str, showcase: Showcase, work: list[Transactions], limits: list[int]
) -> None:
    """Despite slow commits, rollbacks, and crashing clients, the copies end up equal to the tables.

    Some clients have a token of one connection, and their copies contain that connection's records.
    """
    agency = agency_of(showcase)
    numbering.begin(showcase.org.id)
    copies = [Copy(showcase, *rights) for rights in RIGHTS]
    for connection in showcase.org.connections.all():
        copies += [Copy(showcase, *rights, connection=connection) for rights in RIGHTS[::3]]
    assert any(copy.bound == agency.id and copy.versions for copy in copies)
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(read, copy, limits) for copy in copies]
        running += [threads.submit(write, database_url, showcase, part) for part in work]
    for thread in running:
        thread.result()
    for copy in copies:
        copy.prove()


CHANGES = 2_500 * EFFORT**2  # one million in `make soak`
BULK = (
    "UPDATE talent SET headline = 'Version %(number)s' WHERE org_id = %(org)s",
    "UPDATE application SET status_original = 'Version %(number)s' WHERE org_id = %(org)s",
)
"""Changes every record of a table, so that a million changes take only minutes."""


def keep_writing(url: str, showcase: Showcase, seed: int, enough: Event) -> int:
    """Write, commit and roll back until there are enough changes; return the number of conflicts with the other writer.

    Lock waits end after 20 ms, because Postgres detects a deadlock only after a second.
    """
    chance, met = random.Random(seed), 0
    with session(url, showcase) as db:
        db.execute("SET lock_timeout = 20")
        db.commit()
        for number in count():
            if enough.is_set():
                return met
            place = chance.randrange(8)
            values = {
                "org": showcase.org.id,
                "job": ("dev", "sales")[place % 2],
                "place": place,
                "number": number,
            }
            statements = chance.choices((*STATEMENTS, *BULK * 4), k=chance.randint(1, 3))
            try:
                for statement in statements:
                    db.execute(statement, values)
                (db.rollback if chance.random() < 0.1 else db.commit)()
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                db.rollback()
                met += 1
    return met


def keep_reading(copy: Copy, seed: int, enough: Event) -> None:
    """Follow the feed and crash now and then. Changes are counted by their numbers, which have no gaps."""
    chance, first = random.Random(seed), copy.seq
    with scope.acting_in(scope.EVERYTHING):
        try:
            while not enough.is_set():
                copy.follow(chance.choice((1, 30, 1000, 5000)), crashes=chance.random() < 0.3)
                if FeedPosition.objects.get(org=copy.org).seq - first >= CHANGES:
                    enough.set()
        finally:
            enough.set()
            connections.close_all()


@pytest.mark.soak
@pytest.mark.long
def test_nothing_is_missed_or_duplicated_in_a_long_run(
    database_url: str, showcase: Showcase
) -> None:
    """docs/reliability.md has the figures of a run."""
    agency = agency_of(showcase)
    numbering.begin(showcase.org.id)
    first, began = FeedPosition.objects.get(org=showcase.org).seq, time.monotonic()
    copies = [Copy(showcase), Copy(showcase, *RIGHTS[-1]), Copy(showcase, connection=agency)]
    enough = Event()
    with ThreadPoolExecutor() as threads:
        writers = [
            threads.submit(keep_writing, database_url, showcase, seed, enough) for seed in range(2)
        ]
        readers = [
            threads.submit(keep_reading, copy, seed, enough) for seed, copy in enumerate(copies)
        ]
    met = sum(writer.result() for writer in writers)
    for reader in readers:
        reader.result()
    for copy in copies:
        copy.prove()
    changes = FeedPosition.objects.get(org=showcase.org).seq - first
    assert changes >= CHANGES
    assert FeedChange.objects.filter(org=showcase.org, seq__gt=first).count() == changes
    seconds = time.monotonic() - began
    print(f"{changes:,} changes in {seconds:.0f} s, {met} conflicts")  # noqa: T201 - shown by -rP
