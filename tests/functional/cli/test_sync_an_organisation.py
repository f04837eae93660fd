"""Connect, sync in every mode, show the status, verify."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from functional.cli.conftest import Ats, Jemmo, Open

COUNTS = {"fetched", "created", "updated", "unchanged", "deleted", "excluded", "rejected"}


def test_connecting_tests_the_key_and_shows_counts(jemmo: Jemmo, ats: Ats) -> None:
    done = jemmo.connect(ats)
    assert done.last["org"] == "acme"
    assert done.last["provider"] == "teamtailor"
    assert done.last["account"] == "Exemple & Co"
    assert done.last["new"] is True
    assert done.last["totals"]["talents"] == 40
    assert ats.key not in done.out + done.err


def test_the_three_modes_print_the_object_of_the_contract(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    for mode in ("initial", "incremental", "reconcile"):
        done = jemmo.sync("--mode", mode)
        assert done.status == 0, done
        told = done.last
        assert told["mode"] == mode
        assert told["status"] == "succeeded"
        assert told["error"] is None
        assert told["requests"] > 0
        assert told["seconds"] > 0
        assert told["run_id"]
        assert {"jobs", "talents", "applications", "stages"} <= set(told["streams"])
        for counts in told["streams"].values():
            assert COUNTS <= set(counts)
            parts = ("created", "updated", "unchanged", "excluded", "rejected")
            assert counts["fetched"] == sum(counts[name] for name in parts)


def test_auto_continues_with_what_is_due(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    assert jemmo.sync().last["mode"] == "initial"
    talent = ats.truth("candidates")[0]["id"]
    ats.change("edit", "candidates", talent, attributes={"first-name": "Odile"})

    done = jemmo.sync()

    assert done.last["mode"] == "incremental"
    talents = done.last["streams"]["talents"]
    assert talents["fetched"] >= 1
    assert talents["updated"] + talents["excluded"] == 1


def test_a_sync_for_people_shows_a_table_and_no_traceback(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    done = jemmo("sync", "--org", "acme")
    assert done.status == 0
    assert done.out.startswith("acme / teamtailor")
    assert "initial sync succeeded" in done.out
    assert "talents" in done.out
    assert done.err == ""


@pytest.mark.long
def test_only_jobs_reads_nothing_but_jobs(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    assert "talents" not in jemmo.sync("--only", "jobs").last["streams"]
    assert jemmo("status", "--json").last["connections"][0]["counts"]["talents"] == 0
    streams = jemmo.sync("--only", "talents").last["streams"]
    assert "jobs" not in streams
    assert jemmo.sync().status == 0
    assert jemmo("verify", "--org", "acme").status == 0


@pytest.mark.long
def test_verify_reports_equality_and_differences(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    jemmo.sync()
    done = jemmo("verify", "--org", "acme", "--json")
    assert done.status == 0
    assert done.last["equal"] is True

    first, second, third, *_ = [one["id"] for one in ats.truth("candidates")]
    ats.change("delete", "candidates", first)
    ats.change("edit", "candidates", second, attributes={"first-name": "Odile"})
    new = ats.change("create", "candidate", attributes={"first-name": "Nadia"})
    done = jemmo("verify", "--org", "acme", "--json")

    assert done.status == 3
    talents = done.last["connections"][0]["streams"]["talents"]
    assert (talents["missing"], talents["extra"], talents["stale"]) == ([new], [first], [second])
    problems = done.last["connections"][0]["problems"]
    told = [(one["kind"], one["ids"]) for one in problems if one["stream"] == "talents"]
    assert told == [("missing", [new]), ("extra", [first]), ("stale", [second])]
    shown = jemmo("verify", "--org", "acme")
    assert (
        "Jemmo doesn't match the ATS. Run `jemmo sync --org acme --mode reconcile`, then verify again."
        in shown.out
    )
    assert shown.out.startswith("acme / teamtailor")
    assert "1 talent: in the ATS but not in Jemmo." in shown.out
    assert third not in talents["stale"]
    assert jemmo("sync", "--org", "acme", "--mode", "reconcile").status == 0
    assert jemmo("verify", "--org", "acme").status == 0, "what was advised helps"


def test_status_prints_the_object_of_the_contract(jemmo: Jemmo, ats: Ats) -> None:
    made = jemmo.connect(ats).last["connection_id"]
    (before,) = jemmo("status", "--json").last["connections"]
    assert (before["colour"], before["last_success_at"]) == ("yellow", None)
    jemmo.sync()

    (row,) = jemmo("status", "--org", "acme", "--json").last["connections"]

    assert row["id"] == made
    assert (row["org"], row["provider"], row["state"]) == ("acme", "teamtailor", "active")
    assert (row["colour"], row["error"], row["key_age_days"]) == ("green", None, 0)
    last, following = (
        datetime.fromisoformat(row[name]) for name in ("last_success_at", "next_sync_at")
    )
    assert last.utcoffset() == timedelta(0)
    assert timedelta(minutes=10) < following - datetime.now(UTC) < timedelta(hours=6.3)
    assert set(row["counts"]) == {"jobs", "talents", "applications"}
    assert row["counts"]["talents"] > 0


@pytest.mark.long
def test_a_refused_key_turns_the_status_red_and_a_new_one_green(
    jemmo: Jemmo, ats: Ats, open_ats: Open
) -> None:
    jemmo.connect(ats)
    jemmo.sync()
    ats.server.faults.set("expired_key=0")

    done = jemmo.sync()

    assert done.status == 4
    assert done.last["error"]["code"] == "key_refused"
    assert "Next step" in done.err
    (row,) = jemmo("status", "--json").last["connections"]
    assert (row["colour"], row["state"], row["next_sync_at"]) == ("red", "refused", None)
    assert row["error"]["code"] == "key_refused"
    ats.server.faults.set("")
    assert jemmo.connect(ats).last["new"] is False
    assert jemmo.sync().status == 0
    assert jemmo("status", "--json").last["connections"][0]["colour"] == "green"


@pytest.mark.long
def test_reconnecting_the_same_account_keeps_its_records_and_checkpoints(
    jemmo: Jemmo, ats: Ats
) -> None:
    first = jemmo.connect(ats).last
    jemmo.sync()
    again = jemmo.connect(ats).last
    assert (again["connection_id"], again["new"]) == (first["connection_id"], False)
    done = jemmo.sync()
    assert done.last["mode"] == "incremental"
    assert all(counts["created"] == 0 for counts in done.last["streams"].values())


@pytest.mark.long
def test_two_connections_of_one_organization_stay_separate(
    jemmo: Jemmo, ats: Ats, open_ats: Open, database_url: str
) -> None:
    first = jemmo.connect(ats).last["connection_id"]
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE connection SET account_id = 'another company'")
    other = open_ats(seed=21)
    second = jemmo.connect(other).last["connection_id"]
    assert first != second

    done = jemmo("sync", "--org", "acme", "--json")

    assert done.status == 0
    assert [one["status"] for one in done.lines] == ["succeeded", "succeeded"]
    assert [one["connection_id"] for one in done.lines] == [first, second]
    rows = jemmo("status", "--json").last["connections"]
    assert [row["id"] for row in rows] == [first, second]
    verified = jemmo("verify", "--org", "acme", "--json").last
    assert verified["equal"] is True
    assert [one["connection_id"] for one in verified["connections"]] == [first, second]
    with psycopg.connect(database_url) as db:
        crossed = db.execute(
            "SELECT count(*) FROM application a JOIN talent t ON t.id = a.talent_id "
            "JOIN job j ON j.id = a.job_id JOIN stage s ON s.id = a.stage_id "
            "WHERE a.connection_id NOT IN (t.connection_id, j.connection_id, s.connection_id) "
            "OR t.connection_id <> j.connection_id OR j.connection_id <> s.connection_id"
        ).fetchone()
    assert crossed == (0,)
    one = jemmo("sync", "--org", "acme", "--connection", second, "--json")
    assert len(one.lines) == 1


def test_a_connection_that_cannot_be_synced_does_not_block_the_others(
    jemmo: Jemmo, ats: Ats, open_ats: Open, database_url: str
) -> None:
    first = jemmo.connect(ats).last["connection_id"]
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE connection SET account_id = 'another company', state = 'paused'")
    jemmo.connect(open_ats(seed=21))

    done = jemmo("sync", "--org", "acme", "--json")

    assert done.status == 4
    assert [one["status"] for one in done.lines] == ["failed", "succeeded"]
    assert done.lines[0]["error"]["code"] == "paused"
    assert done.lines[0]["connection_id"] == first
    assert done.lines[0]["error"]["message"].startswith("acme / teamtailor")


def test_messages_distinguish_two_connections(
    jemmo: Jemmo, ats: Ats, open_ats: Open, database_url: str
) -> None:
    first = jemmo.connect(ats).last["connection_id"]
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE connection SET account_id = 'another company', label = 'Paris'")
    second = jemmo.connect(open_ats(seed=21)).last["connection_id"]
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE connection SET label = 'Lyon' WHERE id = %s", [second])
        db.execute(
            "INSERT INTO lease (connection_id, token, run_id, expires_at) "
            "VALUES (%s, gen_random_uuid(), gen_random_uuid(), now() + interval '1 hour')",
            [first],
        )

    synced = jemmo("sync", "--org", "acme")
    assert "acme / teamtailor (Paris): A sync of this connection is already running" in synced.err
    assert synced.out.startswith("acme / teamtailor (Lyon)")

    ats.server.faults.set("expired_key=0")
    verified = jemmo("verify", "--org", "acme", "--json")
    assert verified.status == 4
    refused, compared = verified.last["connections"]
    assert (refused["connection_id"], refused["equal"]) == (first, False)
    assert refused["error"]["message"].startswith("acme / teamtailor (Paris): ")
    assert verified.last["error"] == refused["error"]
    assert (compared["connection_id"], compared["equal"]) == (second, True)


@pytest.mark.long
def test_status_fits_a_terminal_of_80_columns(jemmo: Jemmo, ats: Ats) -> None:
    made = jemmo.connect(ats).last["connection_id"]
    assert "last success never" in jemmo("status").out
    jemmo.sync()
    lines = jemmo("status").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "acme / teamtailor: green"
    assert lines[1].startswith("  last success just now · next sync in ")
    talents = jemmo("status", "--json").last["connections"][0]["counts"]["talents"]
    assert f" · {talents} talents · " in lines[2]
    assert lines[3] == f"  id {made}"


@pytest.mark.long
def test_status_imports_only_what_it_needs(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    spare = (
        *("aiohttp", "pyarrow", "boto3", "jemmo.connectors.registry", "jemmo.pipeline"),
        *("jemmo.web.admin", "django.contrib.auth.forms"),
    )
    program = (
        "import gc, sys; from jemmo.cli.main import run\n"
        "sys.argv = ['jemmo', 'status']\n"
        "try: run()\nexcept SystemExit as end: assert not end.code\n"
        "assert gc.isenabled()\n"
        f"print([name for name in {spare!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"acme / teamtailor" in done.stdout
    assert done.stdout.splitlines()[-1] == b"[]"


def test_a_mass_deletion_is_held_until_a_person_releases_it(jemmo: Jemmo, open_ats: Open) -> None:
    ats = open_ats(talents=200)
    jemmo.connect(ats)
    jemmo.sync()
    gone = [one["id"] for one in ats.truth("candidates")][:80]
    for talent in gone:
        ats.change("delete", "candidates", talent)

    done = jemmo.sync("--mode", "reconcile")

    assert done.status == 3
    assert done.last["status"] == "partial"
    assert done.last["error"]["code"] == "mass_deletion_held"
    assert "jemmo deletions release" in done.err
    assert "80 of 200 talents" in done.err
    assert done.last["streams"]["talents"]["deleted"] == 0
    listed = jemmo("deletions", "list", "--org", "acme", "--json").last["deletions"]
    assert {one["stream"]: one["missing"] for one in listed} == {
        one["stream"]: one["missing"] for one in done.last["error"]["paused"]
    }
    assert "Paused: 80 of 200 talents." in jemmo("deletions", "list", "--org", "acme").out
    released = jemmo("deletions", "release", "--org", "acme")
    assert "80 of 200 talents" in released.out
    done = jemmo.sync("--mode", "reconcile")
    assert done.status == 0, done
    assert done.last["streams"]["talents"]["deleted"] == 80
    assert jemmo("verify", "--org", "acme").status == 0
    assert "No deletions are paused" in jemmo("deletions", "release", "--org", "acme").out


@pytest.mark.long
def test_excluded_records_are_counted_appear_and_disappear(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    first = jemmo.sync().last["streams"]
    applications = ats.truth("job-applications")
    applied = {one["relationships"]["candidate"][0] for one in applications}
    new = ats.change("create", "candidate", attributes={"first-name": "Nadia"})
    assert first["talents"]["excluded"] > 0
    assert len(applied) < 40

    def shown() -> bool:
        return new in {
            one["remote_id"] for one in jemmo("export", "talents", "--org", "acme").lines
        }

    told = jemmo.sync().last["streams"]["talents"]
    assert told["excluded"] >= 1
    assert not shown()
    job = next(one["id"] for one in ats.truth("jobs") if one["attributes"]["status"] == "open")
    application = ats.change("create", "application", relationships={"candidate": new, "job": job})
    jemmo.sync()
    assert shown()
    ats.change("reject", "application", application)
    jemmo.sync()
    assert not shown()
    ats.change("edit", "job-applications", application, attributes={"rejected-at": None})
    jemmo.sync()
    assert shown()
    ats.change("delete", "job-applications", application)
    jemmo.sync("--mode", "reconcile")
    assert not shown()


@pytest.mark.sample(1)
@pytest.mark.parametrize(("kind", "words"), [("archived", "archived"), ("draft", "draft")])
def test_archived_and_draft_jobs_are_excluded_until_they_are_published(
    jemmo: Jemmo, ats: Ats, kind: str, words: str
) -> None:
    job = next(one["id"] for one in ats.truth("jobs") if one["attributes"]["status"] == "open")
    ats.change("edit", "jobs", job, attributes={"status": kind, "human-status": words})
    jemmo.connect(ats)

    def shown() -> set[str]:
        return {one["remote_id"] for one in jemmo("export", "jobs", "--org", "acme").lines}

    told = jemmo.sync().last["streams"]["jobs"]
    assert job not in shown()
    assert told["excluded"] == told["fetched"] - len(shown())
    ats.change("edit", "jobs", job, attributes={"status": "open", "human-status": "published"})
    jemmo.sync()
    assert job in shown()
    ats.change("edit", "jobs", job, attributes={"status": kind, "human-status": words})
    jemmo.sync()
    assert job not in shown()


def test_a_stage_move_is_recorded(jemmo: Jemmo, ats: Ats, database_url: str) -> None:
    jemmo.connect(ats)
    jemmo.sync()
    application = next(
        one for one in ats.truth("job-applications") if not one["attributes"]["rejected-at"]
    )
    before = application["relationships"]["stage"][0]
    stages = next(
        one["relationships"]["stages"]
        for one in ats.truth("jobs")
        if one["id"] == application["relationships"]["job"][0]
    )
    after = next(stage for stage in stages if stage != before)
    ats.change("move", "application", application["id"], stage=after)
    jemmo.sync()
    jemmo.sync()
    with psycopg.connect(database_url) as db:
        found = db.execute(
            "SELECT e.from_stage_remote_id, e.to_stage_remote_id, a.remote_id FROM stage_event e "
            "JOIN application a ON a.id = e.application_id"
        ).fetchall()
    assert found == [(before, after, application["id"])]


def test_no_table_contains_a_key_or_contact_detail_in_plain_text(
    jemmo: Jemmo, open_ats: Open, database_url: str
) -> None:
    ats = open_ats(faults="nulls=0.2,wrong_types=0.1")
    jemmo.connect(ats)
    jemmo.sync()
    ats.server.faults.set("")
    jemmo.sync("--mode", "initial")
    ats.server.faults.set("expired_key=3")
    jemmo.sync()
    with psycopg.connect(database_url) as db:
        tables = db.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'jemmo'"
        ).fetchall()
        dump = "\n".join(
            str(row[0])
            for (name,) in tables
            for row in db.execute(f'SELECT t::text FROM "{name}" t'.encode()).fetchall()
        )
    assert len(dump) > 50_000
    assert ats.key not in dump
    assert ats.key.encode().hex() not in dump
    for one in ats.truth("candidates"):
        for name in ("email", "phone", "linkedin-url"):
            value = (one["attributes"][name] or "").strip()
            assert not value or value not in dump, name
            assert not value or value.encode().hex() not in dump, name
    assert json.dumps(ats.key) not in dump
