"""Compares the tables with the records of a Teamtailor sandbox: content and relations, not only ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.company import Company

from jemmo.domain.streams import Stream
from jemmo.sandbox import SandboxServer
from jemmo.sandbox.teamtailor.lookups import DIVISIONS, REGIONS, USERS

KINDS = {
    Stream.DEPARTMENTS: "departments",
    Stream.USERS: "users",
    Stream.REJECT_REASONS: "reject-reasons",
    Stream.JOBS: "jobs",
    Stream.STAGES: "stages",
    Stream.TALENTS: "candidates",
    Stream.APPLICATIONS: "job-applications",
    Stream.NOTES: "notes",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def truth(sandbox: SandboxServer, kind: str) -> list[dict[str, Any]]:
    lines = [line async for line in sandbox.provider.truth(kind, sandbox.base_url)]
    return [json.loads(line) for line in b"".join(lines).splitlines()]


async def assert_equal_to_truth(sandbox: SandboxServer, company: Company) -> None:
    """Assert that every record of every stream is stored exactly once, with the same content."""
    for stream, kind in KINDS.items():
        theirs = {one["id"]: one for one in await truth(sandbox, kind)}
        assert await company.ids(stream) == set(theirs), stream
        await _compare(stream, theirs, company)


PROFILE = "Experience\nTeam lead – Example Ltd\n2019–today"
DOCUMENTS = dict.fromkeys(("cover_letter", "linkedin_profile"))


async def _compare(stream: Stream, theirs: dict[str, Any], company: Company) -> None:
    contacts = await company.contacts() if stream is Stream.TALENTS else {}
    apart = await company.texts(stream)
    for key, held in (await _held(stream, company)).items():
        ours = {**DOCUMENTS, **held, **apart.get(key, {})}
        one = theirs[key]
        if one["attributes"].get("updated-at") is not None:
            moment = datetime.fromisoformat(ours["remote_updated_at"])
            assert moment == EPOCH + timedelta(milliseconds=one["updated-at-ms"]), (stream, key)
        expected = EXPECTED[stream](one)
        found = {name: ours[name] for name in expected}
        if found != expected:
            pytest.fail(f"{stream} {key}: held {found}, the ATS has {expected}", pytrace=False)
        if stream is Stream.TALENTS:
            wanted = [one["attributes"][name] for name in ("email", "phone", "linkedin-url")]
            reached = contacts.get(key, [])
            assert reached == [value.strip() for value in wanted if value and value.strip()]


async def _held(stream: Stream, company: Company) -> dict[str, dict[str, Any]]:
    found = await company.rows(QUERIES[stream])
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[1] for row in found}


def _plain(table: str, more: str = "") -> str:
    return (
        f"SELECT t.remote_id, to_jsonb(t){more} FROM {table} t WHERE t.connection_id = {{me}} "
        "AND t.remote_deleted_at IS NULL"
    )


QUERIES = {
    Stream.DEPARTMENTS: _plain("department"),
    Stream.USERS: _plain("ats_user"),
    Stream.REJECT_REASONS: _plain("reject_reason"),
    Stream.JOBS: _plain(
        "job",
        " || jsonb_build_object('department', (SELECT d.remote_id FROM department d "
        "WHERE d.id = t.department_id), 'recruiter', (SELECT u.remote_id FROM ats_user u "
        "WHERE u.id = t.recruiter_id), 'places', (SELECT count(*) FROM job_location l "
        "WHERE l.job_id = t.id), 'division', t.custom_fields->'division'->>'value', "
        "'regions', coalesce(t.custom_fields->'regions'->'value', '[]'), "
        "'team', coalesce(t.custom_fields->'hiring_team'->'value', '[]'))",
    ),
    Stream.STAGES: _plain(
        "stage",
        " || jsonb_build_object('job', (SELECT j.remote_id FROM job j WHERE j.id = t.job_id))",
    ),
    Stream.TALENTS: _plain(
        "talent",
        " || jsonb_build_object('files', (SELECT count(*) FROM attachment f "
        "WHERE f.talent_id = t.id AND f.remote_id <> 'resume' AND f.remote_deleted_at IS NULL), "
        "'department', (SELECT d.remote_id FROM department d WHERE d.id = t.department_id))",
    ),
    Stream.APPLICATIONS: _plain(
        "application",
        " || jsonb_build_object('talent', (SELECT x.remote_id FROM talent x WHERE x.id = t.talent_id), "
        "'job', (SELECT x.remote_id FROM job x WHERE x.id = t.job_id), "
        "'stage', (SELECT x.remote_id FROM stage x WHERE x.id = t.stage_id), "
        "'reason', (SELECT x.remote_id FROM reject_reason x WHERE x.id = t.reject_reason_id))",
    ),
    Stream.NOTES: _plain(
        "note",
        " || jsonb_build_object('talent', (SELECT x.remote_id FROM talent x WHERE x.id = t.talent_id))",
    ),
}


def _text(value: str | None) -> str | None:
    return (value or "").replace("\x00", "").strip() or None


def _words(values: list[str] | None) -> list[str]:
    found = (_text(value) for value in values or [])
    return list(dict.fromkeys(one for one in found if one))


def _one(record: dict[str, Any], name: str) -> str | None:
    found: list[str] = record["relationships"].get(name) or []
    return found[0] if found else None


def _job_fields(record: dict[str, Any]) -> dict[str, Any]:
    related = record["relationships"]
    division, regions, team = _one(record, "division"), related["regions"], related["colleagues"]
    return {
        "division": DIVISIONS[(int(division) - 551) // 2] if division else None,
        "regions": [REGIONS[(int(key) - 651) // 2] for key in regions],
        "team": [USERS[(int(key) - 3001) // 7][0] for key in team],
    }


EXPECTED: dict[Stream, Any] = {
    Stream.DEPARTMENTS: lambda one: {"name": _text(one["attributes"]["name"])},
    Stream.USERS: lambda one: {"name": _text(one["attributes"]["name"])},
    Stream.REJECT_REASONS: lambda one: {"name": _text(one["attributes"]["reason"])},
    Stream.JOBS: lambda one: {
        "title": _text(one["attributes"]["title"]),
        "description_html": _text(one["attributes"].get("body")),
        "status_original": _text(one["attributes"]["human-status"]),
        "tags": _words(one["attributes"]["tags"]),
        "department": _one(one, "department"),
        "recruiter": _one(one, "user"),
        "recruiter_email": _text(one["attributes"].get("recruiter-email")),
        "apply_email": _text(one["attributes"].get("mailbox")),
        "apply_button_text": _text(one["attributes"].get("apply-button-text")),
        "places": len(one["relationships"]["locations"]),
        **_job_fields(one),
    },
    Stream.STAGES: lambda one: {
        "name": _text(one["attributes"]["name"]),
        "position": one["attributes"]["row-order"],
        "job": _one(one, "job"),
    },
    Stream.TALENTS: lambda one: {
        "first_name": _text(one["attributes"]["first-name"]),
        "last_name": _text(one["attributes"]["last-name"]),
        "headline": _text(one["attributes"].get("pitch")),
        "linkedin_profile": PROFILE if one["attributes"].get("linkedin-profile") else None,
        "tags": _words(one["attributes"]["tags"]),
        "department": _one(one, "department"),
        "files": len(one["relationships"]["uploads"]),
    },
    Stream.APPLICATIONS: lambda one: {
        "talent": _one(one, "candidate"),
        "job": _one(one, "job"),
        "stage": _one(one, "stage"),
        "reason": _one(one, "reject-reason"),
        "cover_letter": _text(one["attributes"].get("cover-letter")),
    },
    Stream.NOTES: lambda one: {
        "talent": _one(one, "candidate"),
        "body": None if one["attributes"]["private-note"] else _text(one["attributes"]["note"]),
    },
}
