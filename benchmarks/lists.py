"""`python -m benchmarks.lists [rows]`: the speed of lists with 100,000 talents, and the cost of each index to a sync.

Pages are requested directly from Django as a recruiter, without a network, on a real database with its policies. One
talent in a hundred is private and one job is confidential; the recruiter may see neither. An index's cost is the
additional time for inserting the same rows with the index, in microseconds per row.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.home import new_home

RUNS = 25
GOAL = 150  # milliseconds
PAGES = {
    "talents": "/talents/",
    "talents, page 100": "/talents/?page=100",
    "talents by name": "/talents/?sort=name",
    "talents by stage": "/talents/?stage=INTERVIEW",
    "talents by status": "/talents/?status=REJECTED",
    "talents by search": "/talents/?q=last12",
    "talents by a common search": "/talents/?q=first",
    "talents by a common tag": "/talents/?tag=python",
    "talents by a rare tag": "/talents/?tag=unicorn",
    "talents of one job": "/talents/?job={job}",
    "talents by stage and status": "/talents/?stage=OFFER&status=HIRED&sort=name",
    "jobs": "/jobs/",
    "jobs by title": "/jobs/?sort=title",
    "jobs by people": "/jobs/?sort=talents",
    "jobs by search": "/jobs/?q=engineer",
    "jobs by department and place": "/jobs/?department=Sales&city=Lyon",
    "jobs by people, filtered": "/jobs/?sort=-talents&status=OPEN&city=Lyon",
    "one job": "/jobs/{job}/",
    "one talent": "/talents/{talent}/",
}
FILL = """
INSERT INTO department (id, org_id, connection_id, remote_id, content_hash, name)
SELECT gen_random_uuid(), %(org)s, %(connection)s, 'd' || n, '', (ARRAY['Sales','Engineering','Care'])[n]
FROM generate_series(1, 3) n;
INSERT INTO job (id, org_id, connection_id, remote_id, content_hash, title, status, visibility, remote_updated_at,
    department_id, search)
SELECT gen_random_uuid(), %(org)s, %(connection)s, 'j' || n, '', 'Engineer ' || n, 'OPEN',
    CASE WHEN n %% 100 = 3 THEN 'CONFIDENTIAL' ELSE 'PUBLIC' END, now() - n * interval '1 hour',
    (SELECT id FROM department WHERE remote_id = 'd' || (1 + n %% 3)),
    to_tsvector('simple', 'engineer ' || n)
FROM generate_series(1, %(jobs)s) n;
INSERT INTO job_location (job_id, org_id, position, city)
SELECT id, org_id, 0, (ARRAY['Lyon','Paris','Nantes','Berlin'])[1 + get_byte(uuid_send(id), 0) %% 4] FROM job;
INSERT INTO stage (id, org_id, connection_id, remote_id, content_hash, name, category, job_remote_id)
SELECT gen_random_uuid(), %(org)s, %(connection)s, 's' || n, '', 'Stage ' || n,
    (ARRAY['NEW','SCREENING','INTERVIEW','OFFER'])[1 + n %% 4], NULL FROM generate_series(1, 8) n;
INSERT INTO talent (id, org_id, connection_id, remote_id, content_hash, first_name, last_name, headline,
    excluded_reason, is_private, remote_updated_at, tags, search)
SELECT gen_random_uuid(), %(org)s, %(connection)s, 't' || n, '', 'First' || n %% 997, 'Last' ||
    translate(md5(n::text), '0123456789', 'ghijklmnop'),
    'Engineer at company ' || n %% 300, CASE WHEN n %% 10 = 0 THEN 'archived' END, n %% 100 = 3,
    CASE WHEN n %% 50 <> 0 THEN now() - n * interval '1 minute' END,
    CASE WHEN n %% 5000 = 7 THEN ARRAY['unicorn'] WHEN n %% 3 = 0 THEN ARRAY['python','lyon'] ELSE '{}'::text[] END,
    to_tsvector('simple', 'first' || n %% 997 || ' last' || n || ' engineer')
FROM generate_series(1, %(rows)s) n;
INSERT INTO application (id, org_id, connection_id, remote_id, content_hash, talent_id, talent_remote_id, job_id,
    job_remote_id, stage_id, status, stage_entered_at)
SELECT gen_random_uuid(), %(org)s, %(connection)s, 'a' || t.n || '-' || c, '', t.id, t.remote_id, j.id, j.remote_id,
    s.id, (ARRAY['ACTIVE','ACTIVE','REJECTED','HIRED'])[1 + t.n %% 4], now() - t.n * interval '1 minute'
FROM (SELECT id, remote_id, row_number() OVER (ORDER BY remote_id) n FROM talent) t
CROSS JOIN generate_series(0, 1) c
JOIN (SELECT id, remote_id, row_number() OVER () n FROM job) j ON j.n = 1 + (t.n * 7 + c) %% %(jobs)s
JOIN (SELECT id, row_number() OVER () n FROM stage) s ON s.n = 1 + t.n %% 8
WHERE c = 0 OR t.n %% 5 = 0;
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with new_home() as owner:
        from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first
        from jemmo.store.db import scope  # noqa: PLC0415

        bootstrap.start(operator=False)
        with scope.acting_in(scope.EVERYTHING):
            client, places = filled(rows, owner)
        for table in (_pages(client, places), _costs(owner)):
            Console().print(table)


def filled(rows: int, owner: str) -> tuple[Any, dict[str, Any]]:
    """Create a company of that size; return a client signed in as a recruiter, and ids of a job and a talent."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up now
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from jemmo.services.accounts import accounts  # noqa: PLC0415
    from jemmo.store.db import schema  # noqa: PLC0415
    from jemmo.store.models import Connection, Job, Talent  # noqa: PLC0415

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    org = accounts.ensure_organisation("acme")
    made = Connection.objects.create(
        org=org, provider="teamtailor", sealed_key=b"", key_set_at=timezone.now()
    )
    given = {"org": org.id, "connection": made.id, "rows": rows, "jobs": max(1, rows // 50)}
    with psycopg.connect(owner, autocommit=True, cursor_factory=psycopg.ClientCursor) as db:
        schema.set_search_path(db)
        db.execute(FILL, given)
        db.execute("VACUUM ANALYZE")
    client = Client(SERVER_NAME="localhost")
    client.force_login(accounts.add_member(org, "recruiter@acme.example", "recruiter", None))
    shown = {"remote_deleted_at": None, "excluded_reason": None}
    return client, {
        "job": Job.objects.filter(**shown).earliest("title").id,
        "talent": Talent.objects.filter(**shown).earliest("last_name").id,
    }


def _pages(client: Any, places: dict[str, Any]) -> Table:
    table = Table("page", "median ms", "p95 ms", f"p95 ≤ {GOAL} ms")
    for name, given in PAGES.items():
        path = given.format_map(places)
        times = sorted(_milliseconds(client, path) for _ in range(RUNS))
        p95 = times[int(RUNS * 0.95)]
        table.add_row(name, f"{times[RUNS // 2]:.0f}", f"{p95:.0f}", "yes" if p95 <= GOAL else "NO")
    return table


def _milliseconds(client: Any, path: str) -> float:
    start = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return (time.perf_counter() - start) * 1000


def _costs(owner: str) -> Table:
    """Measure each index by inserting its table's rows into a copy with only this index, and into one with none."""
    from jemmo.store.db import schema  # noqa: PLC0415

    table = Table("index", "µs per row", "MB")
    with psycopg.connect(owner, autocommit=True) as db, db.cursor() as cursor:
        schema.set_search_path(db)
        cursor.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes "
            "WHERE tablename IN ('talent', 'job', 'application') ORDER BY 1, 2"
        )
        for of, name, definition in cursor.fetchall():
            without = min(_insert_seconds(cursor, of, None) for _ in range(3))
            having = min(
                _insert_seconds(cursor, of, definition.replace(name, f"copy_{name}"))
                for _ in range(3)
            )
            cursor.execute(f"SELECT count(*), pg_relation_size('{name}') / 1e6 FROM {of}")  # noqa: S608
            row = cursor.fetchone()
            assert row is not None
            rows, size = row
            table.add_row(f"{of}: {name}", f"{(having - without) / rows * 1e6:.2f}", f"{size:.1f}")
    return table


def _insert_seconds(cursor: Any, of: str, index: str | None) -> float:
    with suppress(Exception):
        cursor.execute("DROP TABLE IF EXISTS copy")
    cursor.execute(f"CREATE UNLOGGED TABLE copy (LIKE {of})")
    if index:
        cursor.execute(index.replace(f"ON jemmo.{of}", "ON jemmo.copy"))
    start = time.perf_counter()
    cursor.execute(f"INSERT INTO copy SELECT * FROM {of}")  # noqa: S608
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
