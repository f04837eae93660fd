"""On request, a write returns the changed fields, including encrypted ones and those in other tables."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fakes.company import company
from msgspec.structs import replace

from jemmo.domain.enums import ApplicationStatus, AttachmentKind, ContactKind, JobStatus
from jemmo.domain.fingerprint import content_hash
from jemmo.domain.outcomes import Accepted, PageOutcome
from jemmo.domain.records import Application, Attachment, Contact, Job, Location, Record, Talent
from jemmo.domain.streams import Mode, Notes, Stream
from jemmo.services.base.scopes import connected
from jemmo.store.db.postgres import Connection
from jemmo.store.db.run_context import Policy, RunContext
from jemmo.store.sync.batches import batch_of
from jemmo.store.sync.changes import Change
from jemmo.store.sync.record_writer import RecordWriter
from jemmo.store.sync.runs import ConnectionRow
from jemmo.vault import default_vault

pytestmark = pytest.mark.versions

EMAIL = Contact(kind=ContactKind.EMAIL, value="ada@example.com")
JOB = Job(remote_id="j1", title="Cook", status=JobStatus.OPEN, locations=(Location(city="Lyon"),))
TALENT = Talent(
    remote_id="t1",
    first_name="Ada",
    contacts=(EMAIL,),
    attachments=(Attachment(remote_id="f1", kind=AttachmentKind.RESUME, file_name="cv.pdf"),),
    custom_fields={"level": {"type": "text", "label": "Level", "value": "B2"}},
)
APPLICATION = Application(
    remote_id="a1", talent_remote_id="t1", status=ApplicationStatus.ACTIVE, cover_letter="Hello."
)

CASES: list[tuple[Stream, Record, Record, set[str]]] = [
    (Stream.JOBS, JOB, replace(JOB, title="Chef"), {"title"}),
    (Stream.JOBS, JOB, replace(JOB, locations=(Location(city="Brest"),)), {"locations"}),
    (Stream.TALENTS, TALENT, TALENT, set()),
    (Stream.TALENTS, TALENT, replace(TALENT, tags=("C++",), last_name="L"), {"tags", "last_name"}),
    (Stream.TALENTS, TALENT, replace(TALENT, contacts=()), {"contacts"}),
    (Stream.TALENTS, TALENT, replace(TALENT, headline="ada@example.com"), {"headline"}),
    (Stream.TALENTS, TALENT, replace(TALENT, attachments=()), {"attachments"}),
    (
        Stream.TALENTS,
        TALENT,
        replace(TALENT, attachments=(), lists_all_files=False, last_name="L"),
        {"last_name"},
    ),
    (Stream.TALENTS, TALENT, replace(TALENT, custom_fields={}), {"custom_fields"}),
    (Stream.APPLICATIONS, APPLICATION, replace(APPLICATION, cover_letter="Hi."), {"cover_letter"}),
    (
        Stream.APPLICATIONS,
        APPLICATION,
        replace(APPLICATION, status=ApplicationStatus.REJECTED, cover_letter="Hello."),
        {"status"},
    ),
]


async def test_the_names_of_changed_fields(database_url: str) -> None:
    """Each case is a separate record, before and after the change."""
    before: dict[Stream, list[Record]] = {}
    after: dict[Stream, list[Record]] = {}
    expected: dict[Stream, dict[str, frozenset[str]]] = {}
    for number, (stream, old, new, fields) in enumerate(CASES):
        remote_id = f"{old.remote_id} {number}"
        before.setdefault(stream, []).append(replace(old, remote_id=remote_id))
        after.setdefault(stream, []).append(replace(new, remote_id=remote_id))
        if fields:
            expected.setdefault(stream, {})[remote_id] = frozenset(fields)
    found = await company(database_url, base_url="http://127.0.0.1:1")
    async with connected(found.id, database_url) as (db, row):
        records = writer(db, row)
        for stream, fields_by_id in expected.items():
            created = await write(records, stream, before[stream])
            assert {change.remote_id for change in created if change.created} == {
                record.remote_id for record in before[stream]
            }
            updated = await write(records, stream, after[stream])
            assert {change.remote_id: change.fields for change in updated} == fields_by_id


async def test_a_deleted_record_that_comes_back_is_a_change(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")
    async with connected(found.id, database_url) as (db, row):
        records = writer(db, row)
        await write(records, Stream.JOBS, [JOB])
        await found.rows("UPDATE job SET remote_deleted_at = now()")
        (change,) = await write(records, Stream.JOBS, [JOB])
    assert change == Change(remote_id="j1", fields=frozenset({"remote_deleted_at"}))


def writer(db: Connection, row: ConnectionRow) -> RecordWriter:
    context = RunContext(
        org_id=row.org_id,
        connection_id=row.id,
        run_id=None,
        token=uuid4(),
        began=datetime.now(UTC),
        mode=Mode.INCREMENTAL,
        rules=row.rules,
    )
    return RecordWriter(db, context, default_vault().seal, open_sealed=default_vault().open)


async def write(records: RecordWriter, stream: Stream, written: list[Record]) -> list[Change]:
    outcome = PageOutcome(
        stream=stream,
        fetched=len(written),
        accepted=[Accepted(record, content_hash(record)) for record in written],
        rejected=[],
        notes=Notes(),
    )
    async with records.alone():
        done = await records.write(batch_of([records.make_ready(outcome)]), Policy.SYNC)
    return done.changes
