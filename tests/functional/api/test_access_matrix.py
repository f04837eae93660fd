"""Every operation with every scope. An operation that is missing here fails the first test."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from fakes.kept import keep
from fakes.programs import ask, send
from fakes.showcase import Showcase

from jemmo.api.app import OPERATIONS
from jemmo.api.document import LISTS, Operation
from jemmo.domain.tokens import ApiScope
from jemmo.home import home
from jemmo.services.accounts import tokens
from jemmo.store.models import Application, Connection, OutgoingEndpoint
from jemmo.store.records.export import KINDS

HOOK: dict[str, Any] = {"url": "https://hooks.example.com/", "events": ["sync.finished"]}
BODIES = {"create_webhook_endpoint": HOOK}
"""Bodies that operations require."""
RECORDS, NOTES, ADMIN = ApiScope.RECORDS, ApiScope.NOTES, ApiScope.ADMIN
FILES, CONTACTS, PRIVACY = ApiScope.FILES, ApiScope.CONTACTS, ApiScope.PRIVACY
EXPECTED: dict[str, set[str]] = {
    **{f"{verb}_{name}": {RECORDS} for verb in ("list", "get") for name in LISTS},
    **{key: {RECORDS, NOTES} for key in ("list_notes", "get_notes")},
    **{key: {RECORDS} for key in ("list_changes", "get_snapshot", "get_digest")},
    **{key: {RECORDS} for key in ("list_connections", "get_connection", "list_runs", "get_run")},
    **{key: {RECORDS} for key in ("list_logs", "list_rejections", "explain_record")},
    **{key: {RECORDS, FILES} for key in ("list_files", "get_file")},
    "get_file_link": {RECORDS, FILES, CONTACTS},
    "download_file": set(),
    "get_rules": {ADMIN},
    **{key: {ADMIN} for key in ("sync_connection", "pause_connection", "resume_connection")},
    **{f"refresh_{name}": {RECORDS, ADMIN} for name in ("jobs", "talents", "applications")},
    **{f"get_refresh_of_{name}": {RECORDS} for name in ("jobs", "talents", "applications")},
    **{key: {RECORDS} for key in ("get_job_posting", "list_job_postings", "get_sitemap")},
    "get_json_resume": {RECORDS},
    **{f"{verb}_webhook_endpoint": {ADMIN} for verb in ("create", "test", "delete")},
    **{key: {ADMIN} for key in ("list_webhook_endpoints", "rotate_webhook_secret")},
    "erase_talent": {PRIVACY},
}
LAST = ("delete_webhook_endpoint", "erase_talent")
GUARDED = sorted(
    (operation for operation in OPERATIONS if operation.scopes),
    key=lambda operation: LAST.index(operation.id) if operation.id in LAST else -1,
)
"""All operations except downloads, whose links grant access themselves; those that erase a person come last."""
QUERIES = {
    "explain_record": "?record=dev",
    "get_sitemap": "?url=https://jobs.example.com/{id}",
}
"""Query parameters that operations require."""


@pytest.fixture
def addresses(showcase: Showcase, database_url: str) -> Callable[[Operation], str]:
    """A function that returns an operation's URL, with ids of the first company."""
    origin = {
        "org": showcase.org,
        "connection": Connection.objects.get(org=showcase.org),
        "remote_id": "first",
        "name": "Somebody",
        "content_hash": b"",
    }
    for stream in ("users", "reject_reasons"):  # the showcase has none
        KINDS[stream].model._default_manager.create(**origin)
    file = keep(database_url, showcase.talent("elodie"), b"A plain resume.", home() / "files")
    talent = showcase.talent("elodie")
    applied = Application.objects.filter(talent=talent)[0]
    named: dict[str, Any] = {
        "talents": talent,
        "jobs": showcase.job("dev"),
        "applications": applied,
    }

    endpoint = OutgoingEndpoint.objects.create(
        org=showcase.org, name="x", url=HOOK["url"], events=HOOK["events"], sealed_secret=b""
    )

    def address(operation: Operation) -> str:
        _, name, *_ = operation.address.split("/")
        name = name.replace("-", "_")
        record = named.get(name) or (name in KINDS and KINDS[name].shown(showcase.org)[:1][0])
        path = (
            operation.address.replace("{uuid:record_id}", str(getattr(record, "id", "")))
            .replace("{uuid:connection_id}", str(Connection.objects.get(org=showcase.org).id))
            .replace("{uuid:run_id}", str(showcase.run().id))
            .replace("{file_id}", str(file.id))
            .replace("{uuid:endpoint_id}", str(endpoint.id))
            .replace("{entity}", "jobs")
            .replace("{ticket}", "none")
        )
        return path.strip("/") + QUERIES.get(operation.id, "")

    return address


def test_every_operation_is_in_the_matrix() -> None:
    assert {operation.id: set(operation.scopes) for operation in OPERATIONS} == EXPECTED


def test_the_document_has_every_operation(showcase: Showcase) -> None:
    document = ask("openapi.json", "")
    assert document["openapi"].startswith("3.1")
    described = {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }
    assert described.keys() == EXPECTED.keys()
    for name, operation in described.items():
        assert set(operation["x-scopes"]) == EXPECTED[name]
        assert operation["summary"]
        assert all(
            each.get("description")
            for each in operation.get("parameters", ())
            if each["in"] != "path"
        )


def test_an_operation_needs_all_of_its_scopes(
    showcase: Showcase, addresses: Callable[[Operation], str]
) -> None:
    now = datetime.now(UTC)
    secrets: dict[frozenset[str], str] = {}

    def status(operation: Operation, scopes: Collection[str]) -> int:
        key = frozenset(scopes)
        if key not in secrets:
            secrets[key] = tokens.create(showcase.org, key, name="test", now=now).secret
        body = BODIES.get(operation.id)
        return int(send(paths[operation.id], secrets[key], operation.method, body).status_code)

    paths = {operation.id: addresses(operation) for operation in GUARDED}
    for operation in GUARDED:
        for one in ApiScope:
            if {one} != set(operation.scopes):
                assert status(operation, {one}) == 403, (operation.id, one)
        others = set(ApiScope) - set(operation.scopes)
        for lacking in combinations(operation.scopes, len(operation.scopes) - 1):
            assert status(operation, {*lacking, *others}) == 403, (operation.id, lacking)
        assert status(operation, operation.scopes) == operation.success, operation.id


def test_every_operation_refuses_missing_and_invalid_tokens(
    showcase: Showcase, addresses: Callable[[Operation], str]
) -> None:
    past = datetime.now(UTC) - timedelta(days=2)
    revoked = tokens.create(showcase.org, list(ApiScope), name="revoked", now=past)
    tokens.revoke(showcase.org, str(revoked.token.id), now=past)
    day = past + timedelta(days=1)
    expired = tokens.create(showcase.org, list(ApiScope), name="old", now=past, expires_at=day)
    for operation in GUARDED:
        for secret in ("", revoked.secret, expired.secret):
            response = send(addresses(operation), secret, operation.method)
            assert response.status_code == 401, operation.id
            assert response["Content-Type"] == "application/problem+json"


def test_data_of_another_organization_is_invisible(
    showcase: Showcase, addresses: Callable[[Operation], str]
) -> None:
    now = datetime.now(UTC)
    stranger = tokens.create(showcase.stranger, list(ApiScope), name="test", now=now).secret
    for operation in GUARDED:
        if "_id}" in operation.address:
            response = send(addresses(operation), stranger, operation.method)
            assert response.status_code == 404, operation.id
            assert response.json()["code"] == "not_found"


def test_every_operation_refuses_parameters_that_it_does_not_have(
    showcase: Showcase, addresses: Callable[[Operation], str]
) -> None:
    made = tokens.create(showcase.org, list(ApiScope), name="test", now=datetime.now(UTC))
    for operation in GUARDED:
        path = addresses(operation).partition("?")[0]
        body = BODIES.get(operation.id)
        response = send(f"{path}?nothing={uuid4()}", made.secret, operation.method, body)
        assert response.status_code == 422, operation.id
        assert response.json()["code"] == "bad_parameter"
