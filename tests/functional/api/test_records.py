"""Reading records: each once, as the token's scopes allow, and none of other organizations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from fakes import programs
from fakes.programs import Asks
from fakes.showcase import EMAIL, PHONE, Showcase

from jemmo.api import cursors
from jemmo.api.access import LIMITER
from jemmo.domain.tokens import ApiScope
from jemmo.services.accounts import tokens
from jemmo.store.db import scope
from jemmo.store.models import (
    AccessEvent,
    Application,
    Connection,
    Department,
    Job,
    Organisation,
    Talent,
)
from jemmo.store.records.export import KINDS

LISTS = (
    *("jobs", "talents", "applications", "stages", "departments", "users"),
    *("reject-reasons", "postings", "notes"),
)
NOW = datetime.now(UTC)
START = cursors.Place(UUID(int=0), "")


def everything(ask: Asks, name: str, secret: str, limit: int = 7) -> Iterator[dict[str, Any]]:
    cursor = ""
    while cursor is not None:
        page = ask(f"{name}?limit={limit}{cursor and f'&cursor={cursor}'}", secret)
        yield from page["data"]
        cursor = page["next_cursor"]


def test_signed_in_people_need_a_token_too(showcase: Showcase) -> None:
    client = programs.client()
    client.force_login(showcase.person("recruiter"))
    with scope.acting_in(scope.NOBODY):
        assert client.get("/api/v1/jobs").status_code == 401


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", LISTS)
def test_pages_contain_every_visible_record_once(
    showcase: Showcase, token: Callable[..., str], ask: Asks, name: str
) -> None:
    rows = list(everything(ask, name, token("records", "confidential", "notes")))

    kind = KINDS[name.replace("-", "_")]
    assert sorted(row["id"] for row in rows) == sorted(
        str(record.id) for record in kind.shown(showcase.org)
    )
    for row in rows:
        assert tuple(row) == kind.fields or sorted(row) == sorted(kind.fields)
        assert ask(f"{name}/{row['id']}", token("records", "confidential", "notes")) == row


def test_the_connections_of_an_organization_follow_each_other(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    first = showcase.talent("elodie").connection
    others = [
        Connection.objects.create(
            org=showcase.org, provider="flatchr", sealed_key=b"", key_set_at=NOW
        )
        for _ in range(3)
    ]
    for connection in (*others[:2], first):
        for remote_id in ("é:1", "A" * 900, "z"):
            Department.objects.create(
                org=showcase.org,
                connection=connection,
                remote_id=remote_id,
                name=remote_id,
                content_hash=b"",
            )

    rows = list(everything(ask, "departments", token(), limit=2))

    places = [(row["connection_id"], row["remote_id"]) for row in rows]
    assert len(places) == len(set(places)) == KINDS["departments"].shown(showcase.org).count()
    assert [place[0] for place in places] == sorted(place[0] for place in places)


def test_a_page_is_read_by_the_index_of_ids(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    for name in ("talents", "applications"):
        records = KINDS[name].shown(showcase.org)
        connection = showcase.talent("elodie").connection_id
        page = records.filter(connection_id=connection, remote_id__gt="a").order_by("remote_id")
        with connections["default"].cursor() as cursor:
            cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        table = KINDS[name].model._meta.db_table
        assert f"using {table}_key" in page[:100].explain().lower()


def test_added_and_deleted_records_do_not_move_others(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    secret = token()
    before = {str(talent.id) for talent in KINDS["talents"].shown(showcase.org)}
    pages = everything(ask, "talents", secret, limit=5)
    met = [next(pages)["id"] for _ in range(5)]
    Talent.objects.filter(id=met[0]).update(remote_deleted_at=NOW)
    Talent.objects.filter(id=met[1]).update(modified_at=NOW)
    met += [row["id"] for row in pages]

    assert len(met) == len(set(met))
    assert set(met) == before


def test_without_the_scope_there_are_no_contact_details(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    elodie = showcase.talent("elodie")
    path = f"talents/{elodie.id}?include=resumes,applications"

    hidden = ask(path, token("records", "files"))
    shown = ask(path, token("records", "files", "contacts"))

    assert (hidden["emails"], hidden["phones"], hidden["contacts_hidden"]) == ([], [], True)
    assert EMAIL in shown["emails"]
    assert PHONE in shown["phones"]
    whole = str(list(everything(ask, "talents", token("records"))))
    assert EMAIL not in whole
    assert PHONE not in whole


def test_names_of_files_need_their_scope(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    elodie = showcase.talent("elodie").id
    for path in ("talents", f"talents/{elodie}", "snapshot/talents"):
        problem = ask(f"{path}?include=applications,resumes", token("records", "contacts"), 403)
        assert (problem["code"], "“files”" in problem["title"]) == ("scope_missing", True)
    shown = ask(f"talents/{elodie}?include=resumes", token("records", "files"))
    assert [file["file_name"] for file in shown["resumes"]] == ["cv.pdf"]


def test_confidential_records_need_their_scope(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    job = showcase.job("dev")
    Job.objects.filter(id=job.id).update(visibility="CONFIDENTIAL")
    applied = str(Application.objects.filter(job=job)[0].id)

    for path in (f"jobs/{job.id}", f"applications/{applied}"):
        assert ask(path, token("records"), 404)["code"] == "not_found"
        assert ask(path, token("records", "confidential"))["id"]
    listed = [row["id"] for row in everything(ask, "jobs", token("records"))]
    assert str(job.id) not in listed


@pytest.mark.long
def test_nothing_of_another_organization_is_visible(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    rights = ("records", "contacts", "confidential", "notes")
    secret = token(*rights, org=showcase.stranger)
    for name in LISTS:
        kind = KINDS[name.replace("-", "_")]
        own = {str(record.id) for record in kind.shown(showcase.stranger)}
        assert {row["id"] for row in everything(ask, name, secret)} == own
        for record in kind.shown(showcase.org)[:2]:
            ask(f"{name}/{record.id}", secret, 404)


@pytest.mark.parametrize("name", LISTS)
def test_a_token_without_the_scope_reads_nothing(
    token: Callable[..., str], ask: Asks, name: str
) -> None:
    secret = token("privacy")
    assert ask(name, secret, 403)["code"] == "scope_missing"
    assert ask(f"{name}/{uuid4()}", secret, 403)["code"] == "scope_missing"


def test_missing_and_invalid_tokens_are_refused(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    org, living = showcase.org, token()
    ended = tokens.create(org, ["records"], name="ended", now=NOW)
    tokens.revoke(org, str(ended.token.id), now=NOW)
    past = NOW - timedelta(days=2)
    expired = tokens.create(
        org, ["records"], name="old", now=past, expires_at=past + timedelta(days=1)
    )

    for secret in ("", "x", living[:-1], living + "x", "é" * 60, ended.secret, expired.secret):
        problem = ask("jobs", secret, 401)
        assert problem["code"] == "token_refused"
        assert problem["next_step"]
    assert ask("jobs", living)["data"]


def test_tokens_of_an_organization_being_deleted_are_refused(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    secret = token()
    Organisation.objects.filter(pk=showcase.org.pk).update(deleted_at=NOW)
    ask("jobs", secret, 401)


def test_responses_contain_the_requested_fields_and_parts(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    secret, path = token(), f"talents/{showcase.talent('elodie').id}"

    assert set(ask(f"{path}?fields=first_name,tags", secret)) == {"id", "first_name", "tags"}
    with_parts = ask(f"{path}?fields=last_name&include=applications", secret)
    assert set(with_parts) == {"id", "last_name", "applications"}
    assert "resumes" not in ask(path, secret)


def test_updated_since_selects_later_changes(
    showcase: Showcase, token: Callable[..., str], ask: Asks
) -> None:
    later = NOW + timedelta(days=1)
    Talent.objects.filter(id=showcase.talent("elodie").id).update(modified_at=later)
    since = later.isoformat().replace("+00:00", "Z")

    found = ask(f"talents?updated_since={since}", token())

    assert [row["id"] for row in found["data"]] == [str(showcase.talent("elodie").id)]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "limit=501",
            "limit=x",
            "cursor=x",
            "cursor=" + "A" * 4000,
            "cursor=é",
            "cursor=dGFsZW50czo",
        ),
        *("update_since=2026-11-30T08:00:00Z", "connection_id=x", "status=ACTIVE"),
        *("fields=password", "include=everything", "updated_since=yesterday"),
        *("updated_since=2026-11-30", "updated_since=2026-11-30T08:00:00", "fields=%00"),
        "updated_since=9999-99-99T00:00:00Z",
    ],
)
def test_an_invalid_parameter_is_refused_with_valid_values(
    token: Callable[..., str], ask: Asks, query: str
) -> None:
    problem = ask(f"talents?{query}", token(), 422)
    assert problem["code"] == "bad_parameter"
    assert problem["next_step"]


def test_an_address_too_long_is_a_problem_document(token: Callable[..., str], ask: Asks) -> None:
    problem = ask("talents?cursor=" + "A" * 5000, token(), 414)
    assert problem["code"]
    assert problem["next_step"]


def test_a_cursor_works_only_for_its_own_list(token: Callable[..., str], ask: Asks) -> None:
    secret = token()
    cursor = ask("talents?limit=1", secret)["next_cursor"]
    assert ask(f"jobs?cursor={cursor}", secret, 422)["code"] == "bad_parameter"


def test_lists_can_be_filtered(showcase: Showcase, token: Callable[..., str], ask: Asks) -> None:
    secret, job = token("records", "confidential"), showcase.job("dev")
    applied = KINDS["applications"].shown(showcase.org)
    for query, rows in (
        (f"job_id={job.id}", applied.filter(job=job)),
        (f"status=REJECTED&job_id={job.id}", applied.filter(job=job, status="REJECTED")),
        (f"connection_id={job.connection_id}", applied),
        (f"connection_id={uuid4()}", applied.none()),
        (f"talent_id={showcase.talent('elodie').id}", applied.filter(talent__remote_id="elodie")),
    ):
        answer = ask(f"applications?limit=500&{query}", secret)
        assert {row["id"] for row in answer["data"]} == {str(row.id) for row in rows}
    assert {row["status"] for row in ask("jobs?status=OPEN", secret)["data"]} == {"OPEN"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("get", "/api/v1/nothing", 404), ("get", "/api/v1/jobs/x", 404)),
        *(("post", "/api/v1/jobs", 405), ("delete", "/api/v1/jobs", 405)),
        ("get", "/api/v2/jobs", 404),
    ],
)
def test_every_refusal_is_a_problem_document(
    showcase: Showcase, method: str, path: str, status: int
) -> None:
    with scope.acting_in(scope.NOBODY):
        answer = getattr(programs.client(), method)(path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert {"code", "title", "detail", "next_step", "status"} <= answer.json().keys()


def test_unchanged_responses_are_not_sent_again(token: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    with scope.acting_in(scope.NOBODY):
        first = programs.client().get("/api/v1/jobs", headers=headers)
        again = programs.client().get(
            "/api/v1/jobs", headers={**headers, "If-None-Match": first["ETag"]}
        )
    assert first.status_code == 200
    assert (again.status_code, again.content) == (304, b"")


def test_requests_beyond_the_limit_get_a_time_to_retry(
    token: Callable[..., str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    monkeypatch.setattr(LIMITER, "_clock", lambda: 6010.0)
    headers = {"Authorization": f"Bearer {token()}"}
    with scope.acting_in(scope.NOBODY):
        answers = [programs.client().get("/api/v1/jobs", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[1]["RateLimit"] == '"token";r=0;t=50'
    assert answers[2]["Retry-After"] == "50"
    assert answers[2].json()["code"] == "too_many_requests"


def test_reading_people_is_logged(showcase: Showcase, token: Callable[..., str], ask: Asks) -> None:
    list(everything(ask, "talents", token("records", "contacts")))
    ask("jobs", token())

    noted = AccessEvent.objects.filter(org=showcase.org, action="exported")
    assert [(event.detail["what"], event.detail["contacts"]) for event in noted] == [
        ("talents", True)
    ]


@pytest.mark.parametrize("single", [False, True], ids=["by a cursor of its own", "one by one"])
def test_other_ways_of_reading_people_are_logged_too(
    showcase: Showcase, token: Callable[..., str], ask: Asks, single: bool
) -> None:
    secret = token("records", "contacts")
    [talent] = KINDS["talents"].shown(showcase.org)[:1]
    path = f"talents/{talent.id}" if single else f"talents?cursor={cursors.write('talents', START)}"
    for _ in range(3):
        ask(path, secret)
    assert AccessEvent.objects.filter(org=showcase.org, action="exported").count() == 1


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-01-01T00:00:00%2B23:59", 200),
        ("0001-01-01T00:00:00%2B14:00", 422),
        ("9999-12-31T23:59:59-14:00", 422),
        ("2026-01-01T00:00:00%2B24:00", 422),
        ("2026-01-01T00:00:00", 422),
        ("%00", 422),
    ],
)
def test_any_time_is_parsed_or_refused(
    token: Callable[..., str], ask: Asks, moment: str, status: int
) -> None:
    ask(f"jobs?updated_since={moment}", token(), status)


def test_a_secret_is_stored_only_as_a_hash(showcase: Showcase, token: Callable[..., str]) -> None:
    secret = token(*ApiScope)
    stored = list(showcase.org.api_tokens.values())
    assert secret not in str(stored)
    assert stored[0]["scopes"] == [str(right) for right in ApiScope]


def test_use_is_recorded_once_a_minute(showcase: Showcase, token: Callable[..., str]) -> None:
    secret = token()
    for seconds, expected in ((0, 0), (30, 0), (60, 60)):
        tokens.recognize(secret, NOW + timedelta(seconds=seconds))
        assert showcase.org.api_tokens.get().last_used_at == NOW + timedelta(seconds=expected)
