"""Compares the tables with the records of a Flatchr sandbox: content and relations, not only ids."""

from __future__ import annotations

import json
from typing import Any

from fakes.company import Company

from jemmo.domain.streams import Stream
from jemmo.domain.validation import html_to_text
from jemmo.sandbox import SandboxServer
from jemmo.sandbox.flatchr.ids import encode

KINDS = {
    Stream.STAGES: "columns",
    Stream.JOBS: "vacancies",
    Stream.TALENTS: "applicants",
    Stream.APPLICATIONS: "applicants",
}


async def truth(sandbox: SandboxServer, kind: str) -> dict[str, dict[str, Any]]:
    lines = [line async for line in sandbox.provider.truth(kind, sandbox.base_url)]
    found = [json.loads(line) for line in b"".join(lines).splitlines()]
    return {one["id"]: one["attributes"] for one in found}


async def assert_equal_to_truth(sandbox: SandboxServer, company: Company) -> None:
    """Assert that every record of every stream is stored with the same content."""
    for stream, kind in KINDS.items():
        theirs = await truth(sandbox, kind)
        expected = {key: EXPECTED[stream](one) for key, one in theirs.items()}
        assert await held(stream, company) == expected, stream
    wanted = {
        key: found
        for key, one in (await truth(sandbox, "applicants")).items()
        if (found := [value for value in (one["email"], one["phone"]) if value])
    }
    present = await company.ids(Stream.TALENTS)
    known = {key: one for key, one in (await company.contacts()).items() if key in present}
    assert known == wanted


async def held(stream: Stream, company: Company) -> dict[str, list[Any]]:
    found = await company.rows(QUERIES[stream])
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: list(row[1:]) for row in found}


QUERIES = {
    Stream.STAGES: "SELECT remote_id, name, position, category = 'HIRED' FROM stage "
    "WHERE connection_id = {me} AND remote_deleted_at IS NULL",
    Stream.JOBS: "SELECT remote_id, title, remote_aliases, code, skills, category, "
    "custom_fields->'channel'->>'value', custom_fields->'education_level'->>'value' FROM job "
    "WHERE connection_id = {me} AND remote_deleted_at IS NULL",
    Stream.TALENTS: "SELECT t.remote_id, first_name, last_name, source, is_archived, "
    "coalesce((SELECT f.remote_version FROM attachment f WHERE f.talent_id = t.id "
    "AND f.remote_deleted_at IS NULL), '') FROM talent t "
    "WHERE connection_id = {me} AND remote_deleted_at IS NULL",
    Stream.APPLICATIONS: "SELECT a.remote_id, t.remote_id, j.remote_id, s.remote_id, a.status "
    "FROM application a LEFT JOIN talent t ON t.id = a.talent_id LEFT JOIN job j ON j.id = a.job_id "
    "LEFT JOIN stage s ON s.id = a.stage_id "
    "WHERE a.connection_id = {me} AND a.remote_deleted_at IS NULL",
}


def _stage(one: dict[str, Any]) -> list[Any]:
    return [one["title"].strip(), one["position"], one["hired"]]


def _job(one: dict[str, Any]) -> list[Any]:
    reference = (one["reference"] or "").strip() or None
    skills = [skill for skill in (one["skills"] or "").split(";") if skill]
    labels = ["Commercial", "Commerce / Vente", "Bac"]  # the same for every vacancy
    alias = encode("vacancy", one["vacancy_id"])
    return [html_to_text(one["title"]), [alias], reference, skills, *labels]


def _talent(one: dict[str, Any]) -> list[Any]:
    cv = one["cv"]
    names = [html_to_text(one[name]) for name in ("firstname", "lastname")]
    return [
        *names,
        one["source"],
        one["status"] == 0,
        f"{cv['key']}.{cv['extension']}" if cv else "",
    ]


def _application(one: dict[str, Any]) -> list[Any]:
    status = "HIRED" if one["hired"] else "ACTIVE" if one["status"] == 1 else "OTHER"
    own = encode("applicant", one["applicant_id"])
    return [own, str(one["vacancy_id"]), str(one["column_id"]), status]


EXPECTED = {
    Stream.STAGES: _stage,
    Stream.JOBS: _job,
    Stream.TALENTS: _talent,
    Stream.APPLICATIONS: _application,
}
