"""An operator deletes an organization, undoes that, and exports data, which is logged."""

from __future__ import annotations

from pathlib import Path

import pytest
from functional.cli.conftest import Ats, Jemmo

from jemmo.store.models import AccessEvent, Connection, Organisation, OrganisationDeletion, Talent


@pytest.fixture
def synced(jemmo: Jemmo, ats: Ats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jemmo:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    jemmo.connect(ats)
    jemmo.sync()
    return jemmo


def test_an_organization_is_deleted_immediately_or_kept(synced: Jemmo) -> None:
    words = ("org", "delete", "--org", "acme")
    refused = synced(*words)
    assert refused.status == 4
    assert "nothing was changed" in refused.err
    assert Organisation.objects.get().deleted_at is None

    waits = synced(*words, "--yes")
    assert "will be deleted on" in waits.out
    assert Connection.objects.get().state == "paused"
    assert synced(*words, "--yes").status == 4  # the deletion was already requested
    sync = synced("sync", "--org", "acme")
    assert sync.status == 4
    assert "The organization is scheduled for deletion, so its syncs are paused." in sync.err
    assert "Resume" not in sync.err
    due = f"{Organisation.objects.get().deleted_at:%Y-%m-%d %H:%M} UTC"
    assert due in waits.out
    assert f"The organization will be deleted on {due}." in " ".join(synced("status").out.split())
    [line] = synced("status", "--json").last["connections"]
    assert line["org_deleted_at"] is not None
    kept = synced("org", "keep", "--org", "acme")
    assert kept.status == 0, kept
    assert Connection.objects.get().state == "active"
    assert "will be deleted" not in synced("status").out

    synced(*words, "--yes")
    people = Talent.objects.count()
    done = synced(*words, "--yes", "--now", "--json")
    assert done.status == 0, done
    assert done.last["removed"]["talent"] == people
    assert len(done.last["proof"]) == 64
    assert not Organisation.objects.exists()
    assert OrganisationDeletion.objects.get().finished_at is not None
    assert synced("org", "keep", "--org", "acme").status == 4


@pytest.mark.long
def test_exports_are_logged_with_the_operator(synced: Jemmo) -> None:
    synced("user", "add", "ada@example.org", "--org", "acme", "--role", "viewer")
    for words in (("talents",), ("talents", "--as", "ada@example.org"), ("jobs",)):
        assert synced("export", *words, "--org", "acme").status == 0

    operators, adas = AccessEvent.objects.filter(action="exported").order_by("id")
    assert (operators.account, operators.detail["contacts"]) == (None, True)
    assert operators.detail["rows"] > 0
    assert adas.account is not None
    assert (adas.account.email, adas.detail["contacts"]) == ("ada@example.org", False)


@pytest.mark.long
def test_exports_mark_people_who_must_not_be_contacted(synced: Jemmo) -> None:
    synced("user", "add", "ada@example.org", "--org", "acme", "--role", "recruiter")
    whole = {one["remote_id"]: one for one in synced("export", "talents", "--org", "acme").lines}
    who = next(key for key, one in whole.items() if one["emails"])
    Talent.objects.filter(remote_id=who).update(do_not_contact_at="2026-01-01T00:00Z")
    told = {}
    for name, words in (("operator", ()), ("ada", ("--as", "ada@example.org"))):
        lines = synced("export", "talents", "--org", "acme", *words).lines
        told[name] = {one["remote_id"]: one for one in lines}

    assert told["operator"][who]["emails"] == whole[who]["emails"]
    assert told["operator"][who]["do_not_contact"] is True
    assert told["operator"][who]["withheld"] == "do_not_contact"
    assert (told["ada"][who]["emails"], told["ada"][who]["contacts_hidden"]) == ([], True)
    other = next(key for key, one in whole.items() if one["emails"] and key != who)
    assert told["ada"][other]["emails"]
