"""Syncs and refetches share one writer; after any writes in any order, the tables match a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fakes.company import company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, field
from msgspec.structs import replace

from jemmo.domain import brake
from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.errors import RecordRejected
from jemmo.domain.outcomes import Counts, PageOutcome, RunReport
from jemmo.domain.records import Application, Job, Record, Talent
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Checkpoint, Mode, Notes, Page, RawRecord, Stream
from jemmo.domain.webhooks import RefetchRequest
from jemmo.pipeline.process import process
from jemmo.services.base.scopes import connected
from jemmo.store.db.postgres import Connection
from jemmo.store.db.run_context import Policy, RunContext
from jemmo.store.sync import runs
from jemmo.store.sync.runs import ConnectionRow
from jemmo.store.sync.tables import TABLES
from jemmo.store.sync.writer import Writer
from jemmo.store.webhooks.refetch_writer import (
    DueRefetch,
    RefetchBatch,
    RefetchOutcome,
    RefetchWriter,
)
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server

DAY = datetime(2026, 1, 1, tzinfo=UTC)
Key = tuple[Stream, str]


class Write(Struct, frozen=True):
    """One write: a page's records, rejections and deletions. Without a policy, a new run begins."""

    stream: Stream
    policy: Policy | None
    records: tuple[Record, ...]
    rejected: tuple[str, ...]
    gone: tuple[str, ...]


class Held(Struct):
    record: Any
    deleted: bool = False


class Model(Struct):
    """A short model of ``Policy``'s rules; ``refetched`` are the records refetched since the run began."""

    held: dict[Key, Held] = field(default_factory=dict)
    refetched: set[Key] = field(default_factory=set)
    rejections: set[Key] = field(default_factory=set)

    def apply(self, write: Write) -> Counts:
        """Apply a write; return the number of created and deleted records."""
        if write.policy is None:
            self.refetched.clear()
            return Counts()
        counts = Counts()
        for record in _newest(write.records):
            key = (write.stream, record.remote_id)
            counts.created += key not in self.held
            self.rejections.discard(key)
            if key not in self.held or self._wins(write.policy, key, record):
                self.held[key] = Held(record)
            if write.policy is Policy.REFETCH:
                self.refetched.add(key)
        self.rejections |= {(write.stream, remote_id) for remote_id in write.rejected}
        for remote_id in write.gone:
            key = (write.stream, remote_id)
            if key in self.held and not self.held[key].deleted:
                self.held[key].deleted = True
                counts.deleted += 1
            if write.policy is Policy.REFETCH:
                self.refetched.add(key)
        return counts

    def _wins(self, policy: Policy, key: Key, record: Record) -> bool:
        held = self.held[key]
        if record == held.record and not held.deleted:
            return False
        if _older(held.record, record):
            return True
        if policy is not Policy.REFETCH and key in self.refetched:
            return False
        return policy is Policy.FULL or not _older(record, held.record)

    def tables(self) -> list[list[tuple[object, ...]]]:
        """Return the expected content of ``Tables.tables``."""
        jobs, talents, applications = (self._of(stream) for stream in STREAMS)
        active = {
            held.record.talent_remote_id
            for held in applications.values()
            if held.record.status is ApplicationStatus.ACTIVE and not held.deleted
        }
        return [
            [
                (remote_id, held.record.title, _excluded(held.record), held.deleted)
                for remote_id, held in sorted(jobs.items())
            ],
            [
                (
                    remote_id,
                    held.record.first_name,
                    list(held.record.tags),
                    None if remote_id in active else "no_active_application",
                    held.deleted,
                )
                for remote_id, held in sorted(talents.items())
            ],
            [
                (
                    remote_id,
                    str(held.record.status),
                    held.record.talent_remote_id
                    if held.record.talent_remote_id in talents
                    else None,
                    held.record.job_remote_id if held.record.job_remote_id in jobs else None,
                    held.deleted,
                )
                for remote_id, held in sorted(applications.items())
            ],
            sorted((str(stream), remote_id) for stream, remote_id in self.rejections),
        ]

    def _of(self, wanted: Stream) -> dict[str, Held]:
        return {key: held for (stream, key), held in self.held.items() if stream is wanted}


STREAMS = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
QUERIES = (
    "SELECT remote_id, title, excluded_reason, remote_deleted_at IS NOT NULL FROM job ORDER BY 1",
    "SELECT remote_id, first_name, tags, excluded_reason, remote_deleted_at IS NOT NULL "
    "FROM talent ORDER BY 1",
    "SELECT t.remote_id, t.status, x.remote_id, j.remote_id, t.remote_deleted_at IS NOT NULL "
    "FROM application t LEFT JOIN talent x ON x.id = t.talent_id LEFT JOIN job j ON j.id = t.job_id "
    "ORDER BY 1",
    "SELECT stream, remote_id FROM rejection ORDER BY 1, 2",
)


def _newest(records: Sequence[Record]) -> list[Record]:
    newest: dict[str, Record] = {}
    for record in records:
        old = newest.get(record.remote_id)
        if old is None or not _older(record, old):
            newest[record.remote_id] = record
    return list(newest.values())


def _older(record: Record, other: Record) -> bool:
    mine, theirs = record.remote_updated_at, other.remote_updated_at
    return mine is not None and theirs is not None and mine < theirs


def _excluded(job: Job) -> str | None:
    return "job_archived" if job.status is JobStatus.ARCHIVED else None


ids = st.integers(0, 1)
dates = st.none() | st.integers(1, 2).map(lambda day: DAY + timedelta(days=day))
words = st.sampled_from(["Ada", "Blaise", "Chloé"])
RECORDS: dict[Stream, st.SearchStrategy[Record]] = {
    Stream.JOBS: st.builds(
        Job,
        remote_id=ids.map(lambda n: f"j{n}"),
        title=words,
        status=st.sampled_from([JobStatus.OPEN, JobStatus.ARCHIVED]),
        remote_updated_at=dates,
    ),
    Stream.TALENTS: st.builds(
        Talent,
        remote_id=ids.map(lambda n: f"t{n}"),
        first_name=words,
        tags=st.sampled_from([(), ("C++",)]),
        remote_updated_at=dates,
    ),
    Stream.APPLICATIONS: st.builds(
        lambda n, job, status, date: Application(
            remote_id=f"a{n}",
            talent_remote_id=f"t{n}",
            job_remote_id=f"j{job}",
            status=status,
            remote_updated_at=date,
        ),
        *(ids, ids, st.sampled_from([ApplicationStatus.ACTIVE, ApplicationStatus.REJECTED]), dates),
    ),
}


@st.composite
def writes(draw: st.DrawFn) -> Write:
    """Draw a page of one stream, in which rejected and deleted ids are not among the records."""
    stream = draw(st.sampled_from(STREAMS))
    records = tuple(draw(st.lists(RECORDS[stream], min_size=1, max_size=3)))
    others = sorted(
        {f"{stream[0]}{n}" for n in range(2)} - {record.remote_id for record in records}
    )
    subsets = st.sets(st.sampled_from(others)) if others else st.just(set[str]())
    rejected = draw(subsets)
    return Write(
        stream=stream,
        policy=draw(st.sampled_from([*Policy, *Policy, Policy.REFETCH, None])),
        records=records,
        rejected=tuple(sorted(rejected)),
        gone=tuple(sorted(draw(subsets) - rejected)),
    )


def _map(raw: RawRecord, _: Notes) -> Record:
    if raw.body is None:
        raise RecordRejected("no_name")
    record: Record = raw.body
    return record


def outcome_of(write: Write) -> PageOutcome:
    raw = [RawRecord(record.remote_id, record) for record in write.records]
    raw += [RawRecord(remote_id, None) for remote_id in write.rejected]
    page = Page(stream=write.stream, raw=raw, map=_map, gone=write.gone)
    return process(page, Rules(include_archived_jobs=False))


class Tables:
    """The real tables: successive runs under the lease, with concurrent refetches under a claim."""

    def __init__(self, db: Connection, row: ConnectionRow) -> None:
        self.db = db
        self.row = row
        self.claim = uuid4()

    async def clear(self) -> None:
        """Delete all records, and begin a run."""
        names = [TABLES[stream].name for stream in STREAMS]
        for name in ("stage_event", *reversed(names), "rejection", "pending_link", "webhook_hint"):
            await self.db.execute(f"DELETE FROM {name}".encode())
        await self.begin()

    async def tables(self) -> list[list[tuple[object, ...]]]:
        """Return the real content, to compare with ``Model.tables``."""
        answers = [await self.db.execute(query) for query in QUERIES]
        return [await answer.fetchall() for answer in answers]

    async def begin(self) -> None:
        """Begin a run, as if the previous one had crashed."""
        await self.db.execute("UPDATE lease SET expires_at = to_timestamp(0)")
        report = RunReport(run_id=str(uuid4()), mode=Mode.INCREMENTAL)
        begun = await runs.begin(self.db, self.row.id, report, trigger="test")
        self.context = self._context(begun.hold.run_id, begun.hold.token, begun.at)
        self.run = Writer(self.db, self.context, default_vault().seal)

    async def apply(self, write: Write) -> Counts:
        if write.policy is None:
            await self.begin()
            return Counts()
        if write.policy is Policy.REFETCH:
            return await self._refetch(write)
        self.context.mode = Mode.INCREMENTAL if write.policy is Policy.SYNC else Mode.RECONCILE
        page = self.run.make_ready(outcome_of(write))
        counts = await self.run.commit_pages([page], Checkpoint(stream=write.stream))
        assert counts.fetched == len(write.records) + len(write.rejected)
        assert counts.fetched == (
            counts.created + counts.updated + counts.unchanged + counts.excluded + counts.rejected
        )
        return counts

    async def _refetch(self, write: Write) -> Counts:
        await self.db.execute(
            "UPDATE webhook_address SET claim = %s, claimed_until = now() + interval '1 hour'",
            [self.claim],
        )
        context = self._context(None, self.claim, datetime.now(UTC))
        refetch = RefetchWriter(self.db, context, default_vault().seal)
        settled = [await self._gone(write.stream, remote_id) for remote_id in write.gone]
        page = outcome_of(replace(write, gone=()))
        return await refetch.commit_refetched(
            RefetchBatch(outcomes={write.stream: [page]}, settled=settled)
        )

    async def _gone(self, stream: Stream, remote_id: str) -> RefetchOutcome:
        answer = await self.db.execute(
            "INSERT INTO webhook_hint (connection_id, stream, remote_id) VALUES (%s, %s, %s) "
            "ON CONFLICT (connection_id, stream, remote_id) DO UPDATE SET due_at = now() "
            "RETURNING id, version, heard_at",
            [self.row.id, stream, remote_id],
        )
        row = await answer.fetchone()
        assert row is not None
        request = RefetchRequest(stream=stream, remote_id=remote_id)
        due = DueRefetch(id=row[0], request=request, version=row[1], attempts=0, heard_at=row[2])
        return RefetchOutcome(due=due, gone=True)

    def _context(self, run_id: UUID | None, token: UUID, began: datetime) -> RunContext:
        return RunContext(
            org_id=self.row.org_id,
            connection_id=self.row.id,
            run_id=run_id,
            token=token,
            began=began,
            mode=Mode.INCREMENTAL,
            rules=Rules(include_talents_without_active_application=False),
        )


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Tables]:
    """A connection with a webhook address."""
    found = await company(database_url, base_url="http://127.0.0.1:1")
    async with connected(found.id, database_url) as (db, row):
        await db.execute(
            "INSERT INTO webhook_address (connection_id, digest, sealed_secret, streams) "
            "VALUES (%s, '', '', %s)",
            [found.id, ["jobs", "talents"]],
        )
        yield Tables(db, row)


def test_any_writes_in_any_order_match_the_model(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With so few records, the brake, which has its own tests, would pause most deletions."""
    monkeypatch.setattr(brake, "max_unreviewed", lambda present: present)

    async def check(store: Tables, given: list[Write]) -> None:
        model = Model()
        await store.clear()
        for write in given:
            expected, counts = model.apply(write), await store.apply(write)
            assert counts.deleted == expected.deleted, write
        assert await store.tables() == model.tables()

    with asyncio.Runner() as runner, over(runner, opened(database_url)) as store:

        @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(writes(), min_size=8, max_size=16))
        def always(given: list[Write]) -> None:
            runner.run(check(store, given))

        always()


@contextmanager
def over(runner: asyncio.Runner, manager: AbstractAsyncContextManager[Tables]) -> Iterator[Tables]:
    """Use one session for all examples, because the state it keeps between writes is part of the test."""
    store = runner.run(manager.__aenter__())
    try:
        yield store
    finally:
        runner.run(manager.__aexit__(None, None, None))
