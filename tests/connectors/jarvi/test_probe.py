"""The probe finds undocumented properties, and its output contains no values."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from connectors.jarvi.conftest import Opener, talents_of
from fakes.company import company, in_thread

from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.jarvi.probe import probe
from jemmo.connectors.jarvi.probing import key_paths
from jemmo.domain.errors import ConfigError
from jemmo.sandbox import SandboxServer
from jemmo.services.connections import connections, key_tests
from jemmo.store.models import Connection
from jemmo.vault import default_vault


async def probed(server: SandboxServer) -> list[Any]:
    return await probe(JARVI.configure(server.key, server.base_url, {}))


async def hints(server: SandboxServer) -> set[str]:
    return {hint for one in await probed(server) for hint in one.hints}


@pytest.mark.parametrize(
    ("switches", "found"),
    [
        ({}, set()),
        ({"applications": "profile"}, {"application_paths=profiles.projectsProfiles"}),
        ({"applications": "project"}, {"application_paths=projects.projectsProfiles"}),
        ({"applications": "endpoint"}, {"application_paths=applicants"}),
        ({"resumes": "resumes"}, {"resume_paths=profiles.resumes"}),
        ({"resumes": "files"}, {"resume_paths=profiles.files"}),
    ],
    ids=str,
)
async def test_it_finds_applications_and_resumes(
    jarvi: Opener, switches: Any, found: set[str]
) -> None:
    assert await hints(await jarvi(switches=switches)) == found


async def test_missing_lists_are_reported(jarvi: Opener) -> None:
    answers = {one.address: one.answer for one in await probed(await jarvi())}
    assert answers["applicants"] == "HTTP 404"
    assert answers["profiles where countResumes"].startswith("100 rows of ")


async def test_the_output_contains_no_values(jarvi: Opener) -> None:
    server = await jarvi(switches={"applications": "profile", "resumes": "files"})
    said = msgspec.json.encode(await probed(server)).decode()
    rows = server.provider._rows("profiles")  # type: ignore[attr-defined]
    known = {value for row in rows for value in texts(row)} - {"mobile", "text", "number"}
    assert len(known) > 500
    assert not [value for value in known if len(value) > 3 and json.dumps(value)[1:-1] in said]


def texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {found for inner in value.values() for found in texts(inner)}
    if isinstance(value, list):
        return {found for inner in value for found in texts(inner)}
    return {value} if isinstance(value, str) else set()


def test_keys_that_could_be_data_are_hidden() -> None:
    row = {
        "fields": {
            "ada@example.com": 1,
            "3f0c0000-0000-4000-8000-000000000001": 2,
            "a3f0c00000000400080000": True,
            "33600000000": [None],
            "plain_name": "x",
        }
    }
    assert key_paths([row]) == {
        "fields": "object",
        "fields.*": "boolean|list|number",
        "fields.*[]": "null",
        "fields.plain_name": "text",
    }


async def test_the_command_uses_the_customers_budget(jarvi: Opener, database_url: str) -> None:
    server = await jarvi(talents=30, switches={"applications": "profile"})
    made = await company(
        database_url, base_url=server.base_url, provider="jarvi", options={"pacing": "on"}
    )

    def look() -> list[Any]:
        [connection] = connections.usable_connections("jarvi", "acme")
        return key_tests.probe(connection, default_vault(), database_url)

    found = await in_thread(look)
    assert "application_paths=profiles.projectsProfiles" in found[0].hints
    assert await made.value("SELECT count(*) FROM quota_use WHERE connection_id = {me}") == 6


async def test_an_ats_without_secrets_has_no_probe(database_url: str) -> None:
    made = await company(database_url, base_url="http://127.0.0.1:9")

    def look() -> None:
        connection = Connection.objects.get(id=made.id)
        key_tests.probe(connection, default_vault(), database_url)

    with pytest.raises(ConfigError, match="doesn't need a probe"):
        await in_thread(look)


async def test_an_account_with_limited_data_is_connected_with_a_remark(jarvi: Opener) -> None:
    server = await jarvi(switches={"updated_filter": "ignored", "id_filter": "ignored"})
    source = JARVI.open(JARVI.configure(server.key, server.base_url, {}))
    report = await source.check()
    await source.close()
    assert report.ok
    assert report.totals["talents"] >= len(talents_of(server))
    assert len(report.warnings) == 4
    assert source.requests == 5
