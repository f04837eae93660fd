"""Exports are complete, in every format, and limited to the caller's rights."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow.parquet
import pytest
from functional.cli.conftest import Ats, Jemmo, Said

from jemmo.domain.roles import ROLES

KINDS = ("jobs", "talents", "applications", "stages", "resumes")
COMMON = {"remote_id", "connection_id", "remote_updated_at"}
FIELDS = {
    "jobs": "title status status_original description_html locations compensations department "
    "employment_type remote_policy tags custom_fields",
    "talents": "first_name last_name emails phones headline tags consent_state resumes applications",
    "applications": "talent_remote_id job_remote_id stage status applied_at rejected_at",
    "stages": "name",
    "resumes": "file_name content_type size sha256",
}


@pytest.fixture
def synced(jemmo: Jemmo, ats: Ats) -> Jemmo:
    jemmo.connect(ats)
    jemmo.sync()
    return jemmo


def export(jemmo: Jemmo, kind: str, *more: str) -> Said:
    done = jemmo("export", kind, "--org", "acme", *more)
    assert done.status == 0, done
    assert done.err == ""
    return done


def test_each_line_has_the_names_of_the_canonical_schema(synced: Jemmo) -> None:
    for kind in KINDS:
        rows = export(synced, kind).lines
        assert rows
        for row in rows:
            assert set(FIELDS[kind].split()) | COMMON <= set(row), kind


def test_exports_match_the_counts_in_the_status(synced: Jemmo) -> None:
    counts = synced("status", "--json").last["connections"][0]["counts"]
    for kind in ("jobs", "talents", "applications"):
        assert len(export(synced, kind).lines) == counts[kind], kind


def test_exports_match_the_ats(synced: Jemmo, ats: Ats) -> None:
    applications = ats.truth("job-applications")
    hired = {one["id"] for one in ats.truth("stages") if "Hired" in str(one["attributes"].values())}
    active = {
        one["relationships"]["candidate"][0]
        for one in applications
        if not one["attributes"]["rejected-at"] and one["relationships"]["stage"][0] not in hired
    }
    rows = {one["remote_id"]: one for one in export(synced, "talents").lines}
    assert set(rows) == active
    for one in ats.truth("candidates"):
        row = rows.get(one["id"])
        if row is not None and one["attributes"]["email"]:
            assert row["emails"] == [one["attributes"]["email"].strip()]
    stages = {one["id"]: one["attributes"]["name"] for one in ats.truth("stages")}
    held = {one["remote_id"]: one for one in export(synced, "applications").lines}
    for one in applications:
        if one["relationships"]["candidate"][0] in active:
            row = held[one["id"]]
            assert row["stage"] == stages[one["relationships"]["stage"][0]].strip()
            assert (row["rejected_at"] is None) == (one["attributes"]["rejected-at"] is None)


def test_csv_and_parquet_parse_back(synced: Jemmo) -> None:
    for kind in KINDS:
        lines = export(synced, kind).lines
        ids = [row["remote_id"] for row in lines]

        text = export(synced, kind, "--format", "csv").out
        listed = list(csv.DictReader(io.StringIO(text)))
        assert [row["remote_id"] for row in listed] == [str(remote_id) for remote_id in ids]
        for row, line in zip(listed, lines, strict=True):
            for name, value in line.items():
                if isinstance(value, list | dict):
                    assert json.loads(row[name]) == value

        raw = export(synced, kind, "--format", "parquet").raw
        table: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist()
        assert [row["remote_id"] for row in table] == ids


def test_a_formula_is_escaped_for_spreadsheets(jemmo: Jemmo, ats: Ats) -> None:
    job = next(one["id"] for one in ats.truth("jobs") if one["attributes"]["status"] == "open")
    ats.change("edit", "jobs", job, attributes={"title": '=HYPERLINK("http://x")'})
    jemmo.connect(ats)
    jemmo.sync()
    found = list(csv.DictReader(io.StringIO(export(jemmo, "jobs", "--format", "csv").out)))
    assert next(row["title"] for row in found if row["remote_id"] == job).startswith("'=")


def test_contact_details_require_the_right_to_see_them(synced: Jemmo, ats: Ats) -> None:
    talents = [talent["attributes"] for talent in ats.truth("candidates")]
    details = {kind: [talent[kind] for talent in talents] for kind in ("email", "phone")}
    for role in ROLES:
        email = f"{role}@example.org"
        synced("user", "add", email, "--org", "acme", "--role", role)

        out = export(synced, "talents", "--as", email).out

        for kind, values in details.items():
            shown = any(value and value.strip() in out for value in values)
            assert shown is (role != "viewer"), (role, kind)


def test_private_talents_require_the_right_to_see_them(synced: Jemmo, ats: Ats) -> None:
    def exported(*options: str) -> set[str]:
        return {row["remote_id"] for row in export(synced, "talents", *options).lines}

    person = min(exported())
    moment = "2026-03-01T12:00:00+01:00"
    ats.change("edit", "candidates", person, attributes={"restricted-at": moment})
    synced.sync()
    everybody = exported()
    private = {
        one["id"] for one in ats.truth("candidates") if one["attributes"]["restricted-at"]
    } & everybody
    assert person in private
    ada = ("--as", "ada@example.org")
    for role, option, sees in (
        ("owner", (), True),
        ("recruiter", (), False),
        ("recruiter", ("--confidential",), True),
        ("admin", (), True),
        ("admin", ("--no-confidential",), False),
    ):
        synced("user", "add", "ada@example.org", "--org", "acme", "--role", role, *option)
        assert exported(*ada) == (everybody if sees else everybody - private), (role, option)


@pytest.mark.long
def test_an_export_of_notes_without_the_right_says_so(synced: Jemmo) -> None:
    everything = export(synced, "notes").lines
    assert everything
    ada = ("--as", "ada@example.org")
    for role, option, sees in (
        ("viewer", (), False),
        ("recruiter", (), False),
        ("admin", (), False),
        ("recruiter", ("--notes",), True),
        ("owner", (), True),
    ):
        synced("user", "add", "ada@example.org", "--org", "acme", "--role", role, *option)
        done = synced("export", "notes", "--org", "acme", *ada)
        assert (done.status == 0) is bool(done.out) is sees, (role, option)
        if not sees:
            assert "This member can't see notes" in done.err
            assert f"--role {role} --notes" in done.err


def test_an_outsider_gets_nothing(synced: Jemmo) -> None:
    synced("user", "add", "eve@example.org", "--org", "other")
    done = synced("export", "talents", "--org", "acme", "--as", "eve@example.org")
    assert (done.status, done.out) == (4, "")
    assert "isn't a member" in done.err
    assert "eve@" not in done.err


def test_an_organization_sees_only_its_own_records(synced: Jemmo) -> None:
    synced("user", "add", "eve@example.org", "--org", "other")
    assert synced("export", "talents", "--org", "other").out == ""


def test_an_empty_export_can_be_read_in_every_format(jemmo: Jemmo) -> None:
    jemmo("user", "add", "eve@example.org", "--org", "empty")
    for wanted in ("jsonl", "csv", "parquet"):
        assert jemmo("export", "jobs", "--org", "empty", "--format", wanted).status == 0
