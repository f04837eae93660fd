"""Connections, syncs, logs, rejections, rules and explanations in the API have the same numbers and texts as pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from fakes.programs import Asks
from fakes.showcase import EMAIL, Showcase

from jemmo.domain import numbers
from jemmo.services.connections import logs
from jemmo.services.connections.status import overview
from jemmo.services.records import rules
from jemmo.services.records.explanations import explain_record
from jemmo.store.connections.logs import LogFilters
from jemmo.store.models import AccessEvent, Connection, Rejection, SyncRun

NOW = datetime.now(UTC)


def plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.fixture
def runs(showcase: Showcase) -> list[SyncRun]:
    """A history of syncs, two of which started at the same time."""
    connection = Connection.objects.get(org=showcase.org)
    error = {"code": "rate_limited", "message": f"Write to {EMAIL}.", "facts": {}}
    rows = [
        SyncRun(
            connection=connection,
            mode="incremental",
            status="failed" if number % 3 == 0 else "succeeded",
            scope="jobs" if number % 2 else "",
            started_at=NOW - timedelta(hours=number // 2 + 1),
            finished_at=NOW - timedelta(hours=number // 2 + 1, minutes=-5),
            report={"requests": number, "error": error if number % 3 == 0 else None},
        )
        for number in range(9)
    ]
    return SyncRun.objects.bulk_create(rows)


@pytest.fixture
def rejections(showcase: Showcase) -> list[Rejection]:
    connection = Connection.objects.get(org=showcase.org)
    rows = [
        Rejection(
            connection=connection,
            stream="talents" if number % 2 else "jobs",
            remote_id=f"r{number}" if number else EMAIL,
            code="missing_field",
            message=f"Write to {EMAIL}.",
            field="first_name",
            at=NOW - timedelta(days=number),
        )
        for number in range(7)
    ]
    return Rejection.objects.bulk_create(rows)


def everything(ask: Asks, path: str, secret: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    sign = "&" if "?" in path else "?"
    while cursor is not None:
        page = ask(f"{path}{sign}limit=2{cursor and f'&cursor={cursor}'}", secret)
        rows += page["data"]
        cursor = page["next_cursor"]
    return rows


def test_a_connection_has_the_same_state_as_on_the_command_line(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    [status] = overview(showcase.org)
    [row] = ask("connections", token())["data"]

    assert row == plain(status)
    assert row["counts"]["talents"] > 0
    assert ask(f"connections/{row['id']}", token()) == row
    assert ask(f"connections/{row['id']}?fields=colour", token()) == {
        "id": row["id"],
        "colour": row["colour"],
    }
    assert ask("connections?state=paused", token())["data"] == []
    assert ask("connections?provider=none%00", token())["data"] == []


def test_several_connections_are_paged(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    for _ in range(4):
        Connection.objects.create(
            org=showcase.org, provider="flatchr", sealed_key=b"", key_set_at=NOW
        )
    rows = everything(ask, "connections", token())
    assert [row["id"] for row in rows] == [
        str(connection.id) for connection in showcase.org.connections.order_by("created_at", "id")
    ]


def test_syncs_have_the_numbers_of_their_page(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    run = showcase.run()
    row = ask(f"runs/{run.id}", token())

    counts = numbers.numbers_of(run.report["streams"])
    assert row["records"] == {
        **{name: getattr(counts, name) for name in ("read", "created", "updated", "deleted")},
        "changed": counts.changed,
    }
    assert row["streams"] == run.report["streams"]
    assert (row["mode"], row["status"], row["error"]) == ("initial", "succeeded", None)
    SyncRun.objects.filter(id=run.id).update(status="running", finished_at=None)
    assert ask(f"runs/{run.id}", token())["records"] is None


@pytest.mark.parametrize("sort", ["", "-started_at", "started_at"])
def test_each_sync_is_listed_once_in_its_order(
    showcase: Showcase, token: Callable[..., str], ask: Asks, runs: list[SyncRun], sort: str
) -> None:
    rows = everything(ask, f"runs?sort={sort}" if sort else "runs", token())

    way = sort or "-started_at"
    order = (way, "-id" if way[0] == "-" else "id")
    every = SyncRun.objects.filter(connection__org=showcase.org).order_by(*order)
    assert [row["id"] for row in rows] == [str(run.id) for run in every]


def test_syncs_can_be_filtered(
    showcase: Showcase, token: Callable[..., str], ask: Asks, runs: list[SyncRun]
) -> None:
    failed = ask("runs?status=failed", token())["data"]
    assert {row["id"] for row in failed} == {str(run.id) for run in runs if run.status == "failed"}
    assert EMAIL not in str(failed)
    since = (NOW - timedelta(hours=2, minutes=30)).isoformat().replace("+", "%2B")
    recent = ask(f"runs?updated_since={since}&mode=incremental", token())["data"]
    assert len(recent) == 4
    assert ask(f"runs?connection_id={uuid4()}", token())["data"] == []


def test_the_log_is_the_same_as_on_the_page(
    showcase: Showcase,
    token: Callable[..., str],
    ask: Asks,
    runs: list[SyncRun],
    rejections: list[Rejection],
) -> None:
    rows = everything(ask, "logs", token())

    page = [plain(logs.plain(line)) for line in logs.every(showcase.org, LogFilters(), now=NOW)]
    for line in page:
        del line["means"]
    assert [{**row, "id": ""} for row in rows] == [{**line, "id": ""} for line in page]
    assert len({row["id"] for row in rows}) == len(rows)
    assert EMAIL not in str(rows)
    assert {row["severity"] for row in ask("logs?severity=error", token())["data"]} == {"error"}
    assert ask("logs?q=nothing%20says%20so", token())["data"] == []


def test_an_error_is_as_recent_as_the_end_of_its_sync(
    showcase: Showcase, token: Callable[..., str], ask: Asks, runs: list[SyncRun]
) -> None:
    failed = next(run for run in runs if run.status == "failed")
    SyncRun.objects.exclude(pk=failed.pk).delete()
    SyncRun.objects.update(started_at=NOW - timedelta(hours=3), finished_at=NOW)
    since = (NOW - timedelta(hours=1)).isoformat().replace("+", "%2B")
    errors = ask(f"logs?severity=error&updated_since={since}", token())["data"]
    assert [error["run_id"] for error in errors] == [str(failed.pk)]
    SyncRun.objects.update(finished_at=NOW - timedelta(hours=2))
    assert ask(f"logs?severity=error&updated_since={since}", token())["data"] == []


def test_rejections_are_worded_as_in_the_log(
    showcase: Showcase, token: Callable[..., str], ask: Asks, rejections: list[Rejection]
) -> None:
    rows = everything(ask, "rejections", token())

    own = Rejection.objects.filter(connection__org=showcase.org).order_by("-id")
    assert [row["id"] for row in rows] == [str(rejection.id) for rejection in own]
    assert EMAIL not in str(rows)
    log = {row["remote_id"]: row for row in ask("logs?severity=rejection", token())["data"]}
    for row in rows:
        assert row["message"] == log[row["remote_id"]]["message"]
        assert row["next_step"]
    assert {row["stream"] for row in ask("rejections?stream=jobs", token())["data"]} == {"jobs"}
    assert len(everything(ask, "rejections?sort=id&code=missing_field", token())) == 7


def test_a_record_is_explained_as_on_its_page(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    for typed, contacts in (("archived", True), ("elodie", False), ("nobody%20here", False)):
        secret = token("records", "confidential", *(["contacts"] if contacts else []))
        answers = ask(f"why?record={typed}", secret)["data"]
        assert answers == plain(
            explain_record(showcase.org, typed.replace("%20", " "), now=NOW, sees_contacts=contacts)
        )
        assert answers
    assert AccessEvent.objects.filter(org=showcase.org, action="exported").exists()


def test_rules_have_the_counts_of_their_page(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    answer = ask("rules", token("admin"))

    counts = rules.counts(showcase.org)
    assert {row["rule"]: row["count"] for row in answer["data"]} == {
        row["rule"]: counts[row["rule"]] for row in answer["data"]
    }
    assert all(row["excludes"] for row in answer["data"])
    assert answer["hired_days"] == 90


@pytest.mark.parametrize("name", ["connections", "runs", "logs", "rejections"])
@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=501", "cursor=x", "cursor=" + "A" * 4000, "fields=password"),
        *("cursor=cnVuczpbXQ", "cursor=bG9nczrDKA", "sort=name", "unknown=1", "connection_id=x"),
    ],
)
@pytest.mark.sample(12)
def test_invalid_values_are_refused(
    token: Callable[..., str], ask: Asks, name: str, query: str
) -> None:
    problem = ask(f"{name}?{query}", token(), 422)
    assert problem["code"] == "bad_parameter"
    assert problem["next_step"]


def test_a_cursor_belongs_to_its_list_and_order(
    showcase: Showcase,
    token: Callable[..., str],
    ask: Asks,
    runs: list[SyncRun],
    rejections: list[Rejection],
) -> None:
    secret = token()
    cursor = ask("runs?limit=1", secret)["next_cursor"]
    for path in ("rejections", "logs", "connections", "jobs"):
        assert ask(f"{path}?cursor={cursor}", secret, 422)["code"] == "bad_parameter"
    assert ask(f"runs?sort=started_at&cursor={cursor}", secret, 422)["code"] == "bad_parameter"


def test_unchanged_responses_are_not_sent_again(token: Callable[..., str]) -> None:
    from fakes.programs import send

    secret = token("records", "admin")
    for path in ("connections", "runs", "logs", "rejections", "rules"):
        tag = send(path, secret)["ETag"]
        assert send(path, secret, **{"If-None-Match": tag}).status_code == 304
