"""Sorted lists are in order, contain each record once despite concurrent writes, and use an index for each page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from django.db import connections
from fakes.programs import Asks
from fakes.showcase import NOW, Showcase

from benchmarks.filled import fill
from jemmo.api import cursors
from jemmo.api.app import api
from jemmo.api.document import LISTS
from jemmo.domain.entities import ENTITIES
from jemmo.services.accounts import tokens
from jemmo.store.models import Connection, Organisation, Talent
from jemmo.store.records.export import KINDS
from jemmo.store.records.sorting import DEFAULT, Place, sort_keys

SCOPES = ("records", "confidential", "notes")
SORTED = [(name, key) for name in LISTS for key in sort_keys(name) if key != DEFAULT]


def address(name: str) -> str:
    return name.replace("_", "-")


def pages(ask: Asks, query: str, secret: str) -> Iterator[list[dict[str, Any]]]:
    cursor = ""
    while cursor is not None:
        page = ask(f"{query}{cursor and f'&cursor={cursor}'}", secret)
        yield page["data"]
        cursor = page["next_cursor"]


def all_of(ask: Asks, query: str, secret: str) -> list[dict[str, Any]]:
    return [row for page in pages(ask, query, secret) for row in page]


def in_order(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    column, down = key.removeprefix("-"), key.startswith("-")

    def place(row: dict[str, Any]) -> tuple[datetime, str]:
        return datetime.fromisoformat(row[column]), row["id"]

    valued = sorted((row for row in rows if row[column]), key=place, reverse=down)
    blank = [row for row in rows if not row[column]]
    return valued + sorted(blank, key=lambda row: str(row["id"]), reverse=down)


@pytest.fixture
def agency(showcase: Showcase) -> Connection:
    """A second connection with half of the records of each kind, at other times."""
    agency = Connection.objects.create(
        org=showcase.org, provider="jarvi", label="Agency", sealed_key=b"", key_set_at=NOW
    )
    for name in LISTS:
        model = KINDS[name].model
        records = list(model._default_manager.filter(org=showcase.org).order_by("id"))
        for number, record in enumerate(records):
            for key in sort_keys(name):
                column = key.removeprefix("-")
                nullable = column != DEFAULT and model._meta.get_field(column).null
                if column != DEFAULT:
                    value = NOW - timedelta(hours=number // 3)
                    setattr(record, column, None if nullable and number % 4 == 0 else value)
            if number % 2:
                vars(record)["connection_id"] = agency.id
            record.save()
    return agency


def test_every_record_comes_once_and_in_order(
    agency: Connection, token: Callable[..., str], ask: Asks
) -> None:
    secret = token(*SCOPES)
    for name, key in SORTED:
        everything = ask(f"{address(name)}?limit=500", secret)["data"]
        for limit in (7, 500):  # three records each have the same time
            listed = all_of(ask, f"{address(name)}?limit={limit}&sort={key}", secret)
            assert listed == in_order(everything, key), (name, key, limit)


@pytest.mark.parametrize("key", ["modified_at", "-modified_at", "-remote_updated_at"])
def test_writes_do_not_move_other_records(
    agency: Connection, token: Callable[..., str], ask: Asks, key: str
) -> None:
    secret = token(*SCOPES)
    before = {row["id"] for row in ask("talents?limit=500", secret)["data"]}
    listed = pages(ask, f"talents?limit=3&sort={key}", secret)
    met = [row["id"] for row in next(listed)]
    touched = [*met[:2], *sorted(before - set(met))[:2]]
    later = datetime.now(UTC) + timedelta(days=1)
    Talent.objects.filter(id__in=touched[::2]).update(remote_deleted_at=later)
    Talent.objects.filter(id__in=touched[1::2]).update(modified_at=later, remote_updated_at=later)
    Talent.objects.create(
        id=uuid4(), org=agency.org, connection=agency, remote_id="new", content_hash=b""
    )

    met += [row["id"] for page in listed for row in page]

    untouched = [row for row in met if row in before - set(touched)]
    assert sorted(untouched) == sorted(before - set(touched))
    if key == "modified_at":
        assert {touched[1], touched[3]} <= set(
            met[3:]
        )  # a changed record is returned in its new version


def test_it_works_with_filters_fields_parts_and_updated_since(
    agency: Connection, token: Callable[..., str], ask: Asks
) -> None:
    secret = token(*SCOPES)
    everything = ask("applications?limit=500", secret)["data"]
    since = sorted(row["modified_at"] for row in everything)[len(everything) // 2]
    cases: dict[str, Callable[[Any], bool]] = {
        "status=ACTIVE": lambda row: bool(row["status"] == "ACTIVE"),
        f"connection_id={agency.id}": lambda row: bool(row["connection_id"] == str(agency.id)),
        f"updated_since={since}": lambda row: bool(row["modified_at"] >= since),
    }
    for query, condition in cases.items():
        listed = all_of(ask, f"applications?limit=2&sort=-applied_at&{query}", secret)
        assert listed == in_order([row for row in everything if condition(row)], "-applied_at")

    cut = ask("talents?sort=-modified_at&fields=first_name&include=applications", secret)["data"]
    assert all(set(row) == {"id", "first_name", "applications"} for row in cut)


def test_a_bound_token_sorts_its_own_connection(
    showcase: Showcase, agency: Connection, ask: Asks
) -> None:
    bound = tokens.create(
        showcase.org, SCOPES, name="bound", now=NOW, connection_id=agency.id
    ).secret
    for name, key in SORTED:
        rows = ask(f"{address(name)}?limit=500", bound)["data"]
        assert all(row["connection_id"] == str(agency.id) for row in rows)
        query = f"{address(name)}?limit=7&sort={key}"
        assert all_of(ask, query, bound) == in_order(rows, key)


def test_confidential_records_leave_no_gap_and_no_trace(
    agency: Connection, token: Callable[..., str], ask: Asks
) -> None:
    private = Talent.objects.filter(org=agency.org, remote_deleted_at=None)[0]
    Talent.objects.filter(id=private.id).update(is_private=True)
    plain = token("records")
    rows = ask("talents?limit=500", plain)["data"]
    assert str(private.id) not in {row["id"] for row in rows}

    listed = list(pages(ask, "talents?limit=2&sort=-modified_at", plain))

    assert [row for page in listed for row in page] == in_order(rows, "-modified_at")
    assert all(len(page) == 2 for page in listed[:-1])


def test_lists_are_sorted_only_by_what_every_token_may_read() -> None:
    """Only by times: every row shows them, no scope hides them, and no text influences them."""
    for name, key in SORTED:
        column = key.removeprefix("-")
        assert KINDS[name].model._meta.get_field(column).get_internal_type() == "DateTimeField"
        assert column in KINDS[name].fields
    assert set(LISTS) == {str(stream) for stream in ENTITIES}


def test_the_document_lists_the_sort_keys() -> None:
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    for name in LISTS:
        [declared] = [
            parameter
            for parameter in document["paths"][f"/api/v1/{address(name)}"]["get"]["parameters"]
            if parameter["name"] == "sort"
        ]
        assert declared["schema"]["enum"] == list(sort_keys(name))
        assert declared["description"]


@pytest.mark.parametrize(
    "key", ["", "last_name", "-remote_id", "applied_at", "modified_at,id", "%00"]
)
def test_an_unknown_sort_key_is_refused_with_the_known_ones(
    token: Callable[..., str], ask: Asks, key: str
) -> None:
    problem = ask(f"talents?sort={key}", token(), 422)
    assert problem["code"] == "bad_parameter"
    assert "-modified_at" in problem["next_step"]


def test_a_cursor_belongs_to_its_order(token: Callable[..., str], ask: Asks) -> None:
    secret = token()
    cursor = ask("talents?limit=1&sort=modified_at", secret)["next_cursor"]
    for other in ("talents", "talents?sort=-modified_at", "jobs?sort=modified_at"):
        sign = "&" if "?" in other else "?"
        ask(f"{other}{sign}cursor={cursor}", secret, 422)
    ask(f"talents?sort=modified_at&cursor={cursor}", secret)


@pytest.mark.parametrize(
    "value",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "x", 5],
)
def test_an_invented_cursor_is_refused_or_read(
    token: Callable[..., str], ask: Asks, value: object
) -> None:
    made = cursors.seal("talents modified_at", msgspec.json.encode([value, str(uuid4())]))
    ask(f"talents?sort=modified_at&cursor={made}", token(), 422)
    odd = cursors.seal(
        "talents modified_at", msgspec.json.encode(["2026-01-01T00:00:00+23:59", str(uuid4())])
    )
    ask(f"talents?sort=modified_at&cursor={odd}", token())


def test_the_default_order_has_a_name(token: Callable[..., str], ask: Asks) -> None:
    secret = token()
    assert ask(f"talents?sort={DEFAULT}", secret) == ask("talents", secret)


# --- query plans


ROWS = 1000
_MANY = """
    INSERT INTO {table} (id, org_id, connection_id, remote_id, content_hash, modified_at{columns})
    SELECT gen_random_uuid(), org_id, id, 'many' || n, '', now() - n * interval '1 second'{values}
    FROM connection, generate_series(1, {rows}) n WHERE org_id = %s"""
_REQUIRED = {
    "department": ("name", "'x'"),
    "reject_reason": ("name", "'x'"),
    "stage": ("name, category", "'x', 'OTHER'"),
    "job": ("title, status", "'x', 'OPEN'"),
    "job_posting": ("status, job_id", "'ACTIVE', (SELECT id FROM job LIMIT 1)"),
    "note": ("talent_id", "(SELECT id FROM talent WHERE remote_deleted_at IS NULL LIMIT 1)"),
}


@pytest.fixture
def large(database_url: str, owner_url: str) -> Organisation:
    """An organization with two connections and many records, without statistics in Postgres."""
    tables = [KINDS[name].model._meta.db_table for name in LISTS]
    with psycopg.connect(owner_url, autocommit=True) as db:
        for table in tables:
            db.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
    [first] = Connection.objects.filter(id__in=fill(database_url, 1, ROWS))
    Connection.objects.create(org=first.org, provider="jarvi", sealed_key=b"", key_set_at=NOW)
    with psycopg.connect(owner_url) as db:
        for table in (*_REQUIRED, "ats_user"):
            columns, values = _REQUIRED.get(table, ("", ""))
            statement = _MANY.format(
                table=table,
                rows=ROWS,
                columns=f", {columns}" if columns else "",
                values=f", {values}" if values else "",
            )
            db.execute(statement.encode(), [first.org.id])
        db.execute("UPDATE application SET applied_at = now() - random() * interval '1 year'")
        known = db.execute("SELECT count(*) FROM pg_stats WHERE tablename = ANY(%s)", [tables])
        assert known.fetchone() == (0,)
    return first.org


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


@pytest.mark.sample(1)
@pytest.mark.parametrize("bound", [False, True], ids=["whole", "bound"])
def test_every_order_reads_a_page_from_its_index(
    large: Organisation, ask: Asks, bound: bool
) -> None:
    connection = large.connections.get(provider="teamtailor")
    secret = tokens.create(
        large,
        SCOPES[:1] if bound else SCOPES,
        name="x",
        now=NOW,
        connection_id=connection.id if bound else None,
    ).secret
    plans: list[dict[str, Any]] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "LIMIT 101" in sql:
            cursor = context["cursor"].cursor
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            plans.append(cursor.fetchone()[0][0]["Plan"])
            sql = sql.replace("LIMIT 101", "LIMIT 1")  # only the plan matters, not the rows
        return execute(sql, params, many, context)

    for name, key in SORTED:
        if name == "notes" and bound:
            continue
        table = KINDS[name].model._meta.db_table
        index = f"{table}_by_{key.removeprefix('-')}"
        place = Place(NOW - timedelta(minutes=10), uuid4())
        middle = cursors.write_sorted(f"{name} {key}", place)
        blank = cursors.write_sorted(f"{name} {key}", Place(None, uuid4()))
        nullable = KINDS[name].model._meta.get_field(key.removeprefix("-")).null
        for cursor in ("", f"&cursor={middle}", *([f"&cursor={blank}"] if nullable else [])):
            plans.clear()
            with connections["default"].execute_wrapper(explained):
                ask(f"{address(name)}?limit=100&sort={key}{cursor}", secret)
            [plan] = plans
            where = f"{name} by {key} after {cursor}: {plan}"
            scans = [node for node in nodes(plan) if node.get("Relation Name") == table]
            assert {node.get("Index Name") for node in scans} == {index}, where
            assert not any("Sort" in node["Node Type"] for node in nodes(plan)), where
            read = sum(
                (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                for node in scans
            )
            assert read <= 4 * 101 + 50, where
