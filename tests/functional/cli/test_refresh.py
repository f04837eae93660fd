"""`jemmo refresh`: refetches one record without a worker and reports the outcome."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from functional.cli.conftest import Ats, Jemmo, Open

from jemmo.sandbox.greenhouse.app import CLIENT_ID
from jemmo.store.models import Connection, Talent


def some_talent(jemmo: Jemmo, ats: Ats) -> Any:
    jemmo.connect(ats)
    assert jemmo.sync().status == 0
    return Talent.objects.filter(excluded_reason=None).order_by("remote_id").first()


def test_a_talent_is_refetched_by_either_id(jemmo: Jemmo, ats: Ats) -> None:
    talent = some_talent(jemmo, ats)
    refresh = ("refresh", "talent")
    ats.change("edit", "candidate", talent.remote_id, attributes={"first-name": "Refreshed"})

    done = jemmo(*refresh, talent.remote_id, "--org", "acme", "--json")

    assert done.status == 0, done
    assert done.last["outcome"] == "read"
    assert done.last["changed"] is True
    assert done.last["records"] == 1 + talent.applications.count()
    assert done.last["error"] is None
    talent.refresh_from_db()
    assert talent.first_name == "Refreshed"

    again = jemmo(*refresh, str(talent.id), "--org", "acme")
    assert again.status == 0, again
    assert "nothing had changed" in again.out


def test_a_record_that_is_not_stored_yet_is_fetched(jemmo: Jemmo, ats: Ats) -> None:
    some_talent(jemmo, ats)
    new = ats.change("create", "candidate", attributes={"first-name": "Nadia"})

    done = jemmo("refresh", "talent", new, "--org", "acme", "--json")

    assert done.last["changed"] is True, done
    assert Talent.objects.get(remote_id=new).first_name == "Nadia"


@pytest.mark.long
def test_a_missing_record_is_requested_twice_and_then_deleted(jemmo: Jemmo, ats: Ats) -> None:
    talent = some_talent(jemmo, ats)
    ats.change("delete", "candidate", talent.remote_id)

    done = jemmo("refresh", "talent", talent.remote_id, "--org", "acme", "--json")

    assert done.status == 0, done
    assert done.last["outcome"] == "gone"
    talent.refresh_from_db()
    assert talent.remote_deleted_at is not None


@pytest.mark.long
def test_a_refused_key_is_reported_with_the_next_step(jemmo: Jemmo, ats: Ats) -> None:
    talent = some_talent(jemmo, ats)
    ats.server.faults.set("expired_key=0")

    done = jemmo("refresh", "talent", talent.remote_id, "--org", "acme", "--json")

    assert done.status == 4, done
    assert done.last["error"]["code"] == "key_refused"
    assert "Next step" in done.err


@pytest.mark.long
def test_it_must_be_clear_which_connection_is_meant(jemmo: Jemmo, ats: Ats) -> None:
    talent = some_talent(jemmo, ats)
    other = Connection.objects.get(id=talent.connection_id)
    other.pk, other.account_id = uuid4(), "another"
    other.save(force_insert=True)

    unclear = jemmo("refresh", "job", "no-such-job", "--org", "acme")
    assert unclear.status == 4
    assert "--connection" in unclear.err

    named = jemmo(
        *("refresh", "talent", talent.remote_id, "--org", "acme", "--json"),
        *("--connection", str(talent.connection_id)),
    )
    assert named.status == 0, named


def test_a_paused_connection_says_so(jemmo: Jemmo, ats: Ats) -> None:
    talent = some_talent(jemmo, ats)
    Connection.objects.update(state="paused")

    done = jemmo("refresh", "talent", talent.remote_id, "--org", "acme", "--json")

    assert done.status == 4
    assert done.last["error"]["code"] == "paused"


def test_greenhouse_records_are_refetched_too(jemmo: Jemmo, open_ats: Open) -> None:
    ats = open_ats(provider="greenhouse")
    words = ("greenhouse", "--org", "acme", "--key-stdin", "--base-url", ats.base_url)
    made = jemmo(
        "connect",
        *words,
        "--option",
        "pacing=off",
        "--option",
        f"client_id={CLIENT_ID}",
        "--json",
        stdin=ats.key + "\n",
    )
    assert made.status == 0, made
    jemmo.sync()
    talent = Talent.objects.filter(remote_deleted_at=None).order_by("remote_id").first()
    assert talent is not None

    done = jemmo("refresh", "talent", talent.remote_id, "--org", "acme", "--json")

    assert done.status == 0, done
    assert done.last["outcome"] == "read"
