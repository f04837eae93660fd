"""New rows are written through a shorter path than known ones, with the same result."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.company import Company, adds_up, company
from fakes.running import run_source
from fakes.source import FakeSource
from msgspec.structs import replace

from jemmo.domain.enums import ApplicationStatus, AttachmentKind, ContactKind, JobStatus
from jemmo.domain.records import (
    Application,
    Attachment,
    Compensation,
    Contact,
    Job,
    Location,
    Record,
    Stage,
    Talent,
)
from jemmo.domain.streams import Mode, Stream

pytestmark = pytest.mark.versions

DAY = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = (ApplicationStatus.ACTIVE, ApplicationStatus.REJECTED)
World = dict[Stream, list[Record]]


def a_world() -> World:
    """Complete records, talents with active, past and no applications, and a broken link."""
    return {
        Stream.JOBS: [
            Job(
                remote_id=f"j{n}",
                title=f"Job {n}",
                status=JobStatus.OPEN,
                tags=("C++", 'with "quotes"', "back\\slash", "NULL", "a,b", "{}", "d\u00e9j\u00e0"),
                remote_aliases=(f"old {n}",),
                locations=(Location(city="Lyon", is_primary=True), Location(city="Brest")),
                compensations=(Compensation(min=40_000.0, currency="EUR"),),
                custom_fields={"level": {"type": "text", "label": "Level", "value": "B2"}},
                remote_updated_at=DAY,
            )
            for n in range(3)
        ],
        Stream.STAGES: [Stage(remote_id=f"s{n}", name="Inbox", job_remote_id=f"j{n}") for n in range(3)],
        Stream.TALENTS: [
            Talent(
                remote_id=f"t{n}",
                first_name="Ada",
                last_name=f"Exemple {n}",
                contacts=(Contact(kind=ContactKind.EMAIL, value=f"{n}@example.com"),) if n % 2 else (),
                attachments=tuple(
                    Attachment(remote_id=name, kind=AttachmentKind.RESUME, file_name="cv.pdf")
                    for name in ("resume", "upload:1")[: n % 3]
                ),
                remote_updated_at=DAY,
            )
            for n in range(9)
        ],
        Stream.APPLICATIONS: [
            Application(
                remote_id=f"a{n}",
                talent_remote_id=f"t{n % 7}",
                job_remote_id=f"j{n % 4}",
                stage_remote_id=f"s{n % 3}",
                status=STATUSES[n % 7 > 3],
                remote_updated_at=DAY,
            )
            for n in range(14)
        ],
    }  # fmt: skip


async def content(found: Company) -> list[object]:
    """Return every column of every row, except our own ids and times."""
    ours = "- '{id,org_id,connection_id,created_at,modified_at,talent_id,job_id,stage_id,application_id}'::text[]"
    parts = {
        "job_location": "job",
        "job_compensation": "job",
        "attachment": "talent",
    }
    seen: list[object] = [
        await found.rows(
            f"SELECT t.remote_id, to_jsonb(t) {ours} FROM {table} t "
            "WHERE t.connection_id = {me} ORDER BY 1"
        )
        for table in ("job", "stage", "talent", "application")
    ]
    seen += [
        await found.rows(
            f"SELECT r.remote_id, to_jsonb(t) {ours}, t.org_id = r.org_id FROM {table} t "
            f"JOIN {of} r ON r.id = t.{of}_id WHERE r.connection_id = {{me}} ORDER BY 1, 2"
        )
        for table, of in parts.items()
    ]
    seen.append(
        await found.rows(
            "SELECT a.remote_id, t.remote_id, j.remote_id, s.remote_id FROM application a "
            "LEFT JOIN talent t ON t.id = a.talent_id LEFT JOIN job j ON j.id = a.job_id "
            "LEFT JOIN stage s ON s.id = a.stage_id WHERE a.connection_id = {me} ORDER BY 1"
        )
    )
    seen.append(
        await found.rows(
            "SELECT remote_id, target, target_remote_id FROM pending_link "
            "WHERE connection_id = {me} ORDER BY 1, 2"
        )
    )
    seen.append(sorted((await found.contacts()).items()))
    return seen


async def filled(database_url: str, org: str, world: World, mode: Mode) -> Company:
    found = await company(database_url, base_url="http://127.0.0.1:1", org=org)
    pages = {stream: [records[:4], records[4:]] for stream, records in world.items()}
    report = await run_source(FakeSource(pages), found, mode)
    assert adds_up(report), report
    return found


async def test_every_mode_ends_in_the_same_rows(database_url: str) -> None:
    short = await filled(database_url, "short", a_world(), Mode.INITIAL)
    long = await filled(database_url, "long", a_world(), Mode.INCREMENTAL)
    assert await content(short) == await content(long)


async def test_new_applications_make_talents_visible_like_known_ones(database_url: str) -> None:
    found = await filled(database_url, "shown", a_world(), Mode.INITIAL)
    shown = await found.rows(
        "SELECT remote_id FROM talent WHERE connection_id = {me} AND excluded_reason IS NULL ORDER BY 1"
    )
    assert [row[0] for row in shown] == ["t0", "t1", "t2", "t3"]


async def test_one_known_row_among_new_ones_makes_no_difference(database_url: str) -> None:
    """Then the whole batch takes the long path, so the known row is compared and not duplicated."""
    world = a_world()
    first = {stream: records[:1] for stream, records in world.items()}
    mixed = await filled(database_url, "mixed", first, Mode.INITIAL)
    pages = {stream: [records] for stream, records in world.items()}
    report = await run_source(FakeSource(pages), mixed, Mode.INITIAL)
    assert adds_up(report), report
    assert report.streams[Stream.JOBS].created == len(world[Stream.JOBS]) - 1
    assert report.streams[Stream.JOBS].unchanged == 1
    clean = await filled(database_url, "clean", world, Mode.INITIAL)
    assert await content(mixed) == await content(clean)


@pytest.mark.parametrize(
    ("column", "relation"), [("talent", "applications.talent"), ("stage", "applications.stage")]
)
async def test_a_relation_that_no_longer_exists_is_reported(
    database_url: str, column: str, relation: str
) -> None:
    """No database constraint prevents this, so the sync checks for it."""
    from jemmo.store.db.postgres import connect
    from jemmo.store.sync.known_records import broken_relations

    world = a_world()
    world[Stream.APPLICATIONS] = [
        replace(one, job_remote_id="j0") for one in world[Stream.APPLICATIONS]
    ]
    found = await filled(database_url, f"lost{column}", world, Mode.INITIAL)
    async with connect(database_url) as db:
        assert await broken_relations(db, found.id) == []
        await found.rows(
            f"UPDATE application SET {column}_id = gen_random_uuid() WHERE remote_id = 'a0' AND connection_id = {{me}}"
        )
        (broken,) = await broken_relations(db, found.id)
        assert (broken.name, broken.count, broken.ids) == (relation, 1, ["a0"])
