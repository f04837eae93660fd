"""`jemmo doctor`, and commands for accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from functional.cli.conftest import Ats, Jemmo

from jemmo.store.models import Account, AuditEvent, Connection, Membership
from jemmo.store.operations import exercise


def test_the_doctor_finds_nothing_wrong(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    done = jemmo("doctor", "--json")
    assert done.status == 0, done
    assert done.last["ok"] is True
    assert {one["what"] for one in done.last["findings"]} >= {
        *("Python", "Database", "Row-level security", "Other roles' access to schema jemmo"),
        *(f"Database, {what}" for what in exercise.ATTEMPTS),
    }
    assert any("acme / teamtailor" in one["what"] for one in done.last["findings"])


def test_the_doctor_names_a_key_that_is_refused(jemmo: Jemmo, ats: Ats) -> None:
    jemmo.connect(ats)
    ats.server.faults.set("expired_key=0")
    done = jemmo("doctor")
    assert done.status == 4
    assert "refused the API key" in done.out
    assert ats.key not in done.out


def test_the_doctor_says_why_a_sync_is_late(jemmo: Jemmo, ats: Ats) -> None:
    """The notification about a late sync refers to the doctor."""
    jemmo.connect(ats)
    assert (
        "ok   Worker: no worker was active recently, and no sync is overdue" in jemmo("doctor").out
    )

    Connection.objects.update(due_at=datetime.now(UTC) - timedelta(minutes=16))

    done = jemmo("doctor")
    assert done.status == 4
    told = " ".join(done.out.split())
    assert (
        "bad Worker: no worker was active recently, and 1 sync is more than 15 minutes over" in told
    )
    assert "To start a worker, run `jemmo worker`. To start everything, run `jemmo up`." in told


def test_the_doctor_finds_a_different_storage(jemmo: Jemmo, tmp_path: Path) -> None:
    from jemmo.files.folder import FolderStorage
    from jemmo.services.files import storage

    storage.accept(FolderStorage(tmp_path / "of-the-worker"))
    done = jemmo("doctor")
    assert done.status == 4
    assert "JEMMO_FILES" in done.out

    assert jemmo("doctor", "--accept-storage").status == 0
    assert jemmo("doctor").status == 0


def test_a_person_is_added_once_and_can_change_roles(jemmo: Jemmo) -> None:
    for role in ("viewer", "admin"):
        done = jemmo("user", "add", "Ada@Example.org", "--org", "acme", "--role", role)
        assert done.status == 0, done
    assert Account.objects.get().email == "ada@example.org"
    assert Membership.objects.get().role == "admin"
    assert not Account.objects.get().has_usable_password()


def test_what_an_operator_changes_about_members_is_logged(jemmo: Jemmo) -> None:
    words = ("user", "add", "ada@example.org", "--org", "acme")
    for more in (["--role", "viewer"], ["--role", "admin", "--notes"], ["--role", "admin"]):
        assert jemmo(*words, *more).status == 0

    logged = AuditEvent.objects.order_by("id")
    assert {event.actor for event in logged} == {None}
    email = {"email": "ada@example.org"}
    assert [(event.action, event.detail) for event in logged] == [
        ("member.added", email | {"role": "viewer"}),
        ("member.role_changed", email | {"before": "viewer", "role": "admin"}),
        ("member.notes_given", email),
    ]


def test_a_first_password_is_read_from_standard_input_and_not_shown(jemmo: Jemmo) -> None:
    words = ("user", "add", "ada@example.org", "--org", "acme", "--password-stdin")
    done = jemmo(*words, stdin="a long first password\n")
    assert Account.objects.get().check_password("a long first password")
    assert "password" not in done.out


def test_a_password_is_replaced_only_on_request(jemmo: Jemmo) -> None:
    words = ("user", "add", "ada@example.org", "--org", "acme", "--password-stdin", "--json")
    first = jemmo(*words, stdin="a long first password\n")
    assert first.last == {
        "email": "ada@example.org",
        "org": "acme",
        "role": "recruiter",
        "has_access": True,
    }
    assert (
        jemmo(*words, stdin="a long first password\n").status == 0
    )  # repeating the command changes nothing

    refused = jemmo(*words, "--role", "admin", stdin="another long password\n")
    assert (refused.status, refused.last["error"]["code"]) == (4, "password_exists")
    assert "--reset-password" in refused.err
    assert Account.objects.get().check_password("a long first password")
    assert Membership.objects.get().role == "recruiter"
    elsewhere = ("user", "add", "ada@example.org", "--org", "new", "--password-stdin")
    assert jemmo(*elsewhere, stdin="another long password\n").status == 4
    assert Membership.objects.count() == 1

    assert jemmo(*words, "--reset-password", stdin="another long password\n").status == 0
    assert Account.objects.get().check_password("another long password")
