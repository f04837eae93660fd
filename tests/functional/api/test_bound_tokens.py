"""A token of one connection sees nothing of other connections, not even in counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Model, QuerySet
from django.test import Client
from fakes.kept import keep
from fakes.programs import ask, send
from fakes.showcase import NOW, Showcase
from functional.api.test_feed import content_of

from jemmo.api.document import LISTS
from jemmo.domain.errors import ConfigError
from jemmo.home import home
from jemmo.services.accounts import tokens
from jemmo.store.db import scope
from jemmo.store.models import (
    ApiToken,
    Application,
    Attachment,
    Connection,
    Job,
    JobPosting,
    Note,
    Rejection,
    Stage,
    SyncRun,
    Talent,
)
from jemmo.store.records.export import KINDS

SCOPES = ("records", "confidential", "notes", "files", "admin", "privacy")
MOVED: dict[type[Model], dict[str, str]] = {
    Talent: {"remote_id": "elodie"},
    Application: {"talent__remote_id": "elodie"},
    Note: {"talent__remote_id": "elodie"},
    Job: {"remote_id": "dev"},
    JobPosting: {"job__remote_id": "dev"},
    Stage: {"job__remote_id": "dev"},
}


@pytest.fixture
def agency(showcase: Showcase, database_url: str) -> Connection:
    """A second connection with a record of each kind."""
    keep(database_url, showcase.talent("elodie"), b"A plain resume.", home() / "files")
    agency = Connection.objects.create(
        org=showcase.org, provider="jarvi", label="Agency", sealed_key=b"", key_set_at=NOW
    )
    for model, conditions in MOVED.items():
        QuerySet(model).filter(org=showcase.org, **conditions).update(connection=agency)
    for kind in ("departments", "users", "reject_reasons"):
        KINDS[kind].model._default_manager.create(
            org=showcase.org, connection=agency, remote_id="own", name="Own", content_hash=b""
        )
    first = showcase.org.connections.exclude(id=agency.id).get()
    for connection in (first, agency):
        run = SyncRun.objects.create(
            connection=connection,
            mode="reconcile",
            trigger="manual",
            status="succeeded",
            started_at=NOW,
            finished_at=NOW,
            report={},
        )
        Rejection.objects.create(
            connection=connection, run=run, stream="jobs", remote_id="x", code="invalid", at=NOW
        )
    return agency


@pytest.fixture
def first(showcase: Showcase, agency: Connection) -> Connection:
    return showcase.org.connections.exclude(id=agency.id).get()


@pytest.fixture
def secret(showcase: Showcase) -> Callable[..., str]:
    def make(connection: Connection | None, *scopes: str) -> str:
        made = tokens.create(
            showcase.org,
            scopes or SCOPES,
            name="test",
            now=datetime.now(UTC),
            connection_id=connection.id if connection else None,
        )
        return made.secret

    return make


Makes = Callable[..., str]


@pytest.mark.long
def test_lists_and_records_are_limited_to_the_connection(
    agency: Connection, first: Connection, secret: Makes
) -> None:
    whole = secret(None)
    for name in (*LISTS, "files"):
        path = f"{name.replace('_', '-')}?limit=500"
        rows = ask(path, whole)["data"]
        for connection, other in ((agency, first), (first, agency)):
            bound = secret(connection)
            own = [row for row in rows if row["connection_id"] == str(connection.id)]
            ids = [row["id"] for row in own]
            assert [row["id"] for row in ask(path, bound)["data"]] == ids
            assert own or connection == first or name == "departments"
            assert ask(f"{path}&connection_id={other.id}", bound)["data"] == []
            for row in rows:
                status = 200 if row in own else 404
                assert send(f"{path.partition('?')[0]}/{row['id']}", bound).status_code == status
                break


def test_the_feed_is_limited_to_the_connection(
    showcase: Showcase, agency: Connection, first: Connection, secret: Makes
) -> None:
    whole = secret(None)
    everything = ask("digest", whole)
    parts = []
    for connection in (agency, first):
        bound = secret(connection)
        digest = ask("digest", bound)["entities"]
        for name, total in digest.items():
            content = _content(f"snapshot/{name}", bound)
            assert {row["connection_id"] for row in content[:-1]} <= {str(connection.id)}
            assert total["count"] == len(content) - 1
        parts.append(digest)
    for name, total in everything["entities"].items():
        assert total["count"] == sum(part[name]["count"] for part in parts)
        digests = (int(part[name]["digest"], 16) for part in parts)
        assert int(total["digest"], 16) == sum(digests) % 2**256

    own, others = secret(agency), secret(first)
    start = ask("changes", own)["next_after"]
    ask("changes", others)
    Job.objects.filter(org=showcase.org).update(title="Renamed")
    QuerySet(Note).filter(connection=agency).delete()
    for bound, connection in ((own, agency), (others, first)):
        changes = ask(f"changes?after={start}&include=record&limit=1000", bound)["data"]
        assert changes
        records = [change["record"] for change in changes if change["record"]]
        assert {record["connection_id"] for record in records} == {str(connection.id)}
        deleted = [change for change in changes if change["op"] == "deleted"]
        assert bool(deleted) == (connection == agency)
        ask(f"digest?at={changes[-1]['seq']}", bound)


def test_a_number_is_valid_for_tokens_of_the_same_connection(
    agency: Connection, first: Connection, secret: Makes
) -> None:
    start = ask("changes", secret(agency))["next_after"]
    KINDS["users"].model._default_manager.update(name="Changed")
    again = ask(f"changes?after={start}", secret(agency))
    assert len(again["data"]) == 1
    for other in (first, None):
        assert ask(f"changes?after={start}", secret(other), 410)["code"] == "cursor_expired"


def test_connections_syncs_and_logs_are_limited_to_the_connection(
    showcase: Showcase, agency: Connection, first: Connection, secret: Makes
) -> None:
    bound = secret(agency)
    (status,) = ask("connections", bound)["data"]
    assert status["id"] == str(agency.id)
    assert status["counts"]["talents"] == 1
    assert [run["connection_id"] for run in ask("runs", bound)["data"]] == [str(agency.id)]
    rejections = ask("rejections", bound)["data"]
    assert [row["connection_id"] for row in rejections] == [str(agency.id)]
    assert {row["connection_id"] for row in ask("logs", bound)["data"]} <= {str(agency.id)}
    answers = ask("why?record=sales", bound)["data"]
    assert str(first.id) not in json.dumps(answers)
    assert "Account Executive" not in json.dumps(answers)
    whole, own = ask("rules", secret(None))["data"], ask("rules", bound)["data"]
    assert sum(rule["count"] for rule in own) < sum(rule["count"] for rule in whole)


def test_nothing_of_another_connection_can_be_changed(
    showcase: Showcase, agency: Connection, first: Connection, secret: Makes
) -> None:
    bound = secret(agency)
    talent, job = showcase.talent("markup"), showcase.job("sales")
    for path in (
        *(f"connections/{first.id}/{verb}" for verb in ("sync", "pause", "resume")),
        *(f"talents/{talent.id}/erase", f"talents/{talent.id}/refresh", f"jobs/{job.id}/refresh"),
    ):
        assert send(path, bound, "POST").status_code == 404, path
    assert send(f"connections/{agency.id}/pause", bound, "POST").status_code == 200
    assert Talent.objects.filter(id=talent.id).exists()


def test_an_assistant_sees_nothing_else(
    showcase: Showcase, agency: Connection, secret: Makes
) -> None:
    bound = secret(agency, "records")
    assert "Account Executive" in _tool(secret(None, "records"), "search_jobs", query="executive")
    assert "Account Executive" not in _tool(bound, "search_jobs", query="executive")
    assert "full-stack" in _tool(bound, "search_jobs", query="full-stack")
    assert str(showcase.job("sales").id) not in _tool(
        bound, "get_record", entity="jobs", id=str(showcase.job("sales").id)
    )


def test_files_of_other_connections_cannot_be_downloaded(
    agency: Connection, first: Connection, secret: Makes
) -> None:
    file = Attachment.objects.get(talent__connection=agency)
    scopes = ("records", "files", "contacts")
    assert send(f"files/{file.id}/link", secret(agency, *scopes)).status_code == 200
    assert send(f"files/{file.id}/link", secret(first, *scopes)).status_code == 404


def test_a_token_is_deleted_with_its_connection(
    showcase: Showcase, agency: Connection, secret: Makes
) -> None:
    bound = secret(agency)
    ask("changes", bound)
    for model in (
        *MOVED,
        *(KINDS[name].model for name in ("departments", "users", "reject_reasons")),
    ):
        QuerySet(model).filter(connection=agency).delete()
    agency.delete()
    assert ask("jobs", bound, 401)["code"] == "token_refused"
    assert not ApiToken.objects.exists()


def test_a_token_is_bound_to_a_connection_of_its_organization(showcase: Showcase) -> None:
    stranger = Connection.objects.get(org=showcase.stranger)
    with pytest.raises(ConfigError, match="connection doesn't exist"):
        tokens.create(showcase.org, ["records"], name="x", now=NOW, connection_id=stranger.id)


def _content(path: str, secret: str) -> list[Any]:
    return [json.loads(line) for line in content_of(send(path, secret)).splitlines()]


def _tool(secret: str, tool: str, **arguments: Any) -> str:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": tool, "arguments": arguments}
    with scope.acting_in(scope.NOBODY):
        reply = Client().post(
            "/mcp",
            json.dumps({**message, "params": params}),
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {secret}",
                "Accept": "application/json, text/event-stream",
            },
        )
    assert reply.status_code == 200
    return reply.content.decode()
