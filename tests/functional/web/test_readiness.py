"""`/readyz` lists the problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import Client


def change(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute(statement.encode())


@pytest.fixture
def worker(database_url: str) -> None:
    change(database_url, "INSERT INTO procrastinate_workers DEFAULT VALUES")


def ask(client: Client) -> tuple[int, Any]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_everything_works(anonymous: Client, worker: None) -> None:
    status, found = ask(anonymous)
    assert (status, found["ready"]) == (200, True), found


def test_no_worker(anonymous: Client, worker: None, database_url: str) -> None:
    change(
        database_url, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
    )
    status, found = ask(anonymous)
    assert status == 503
    assert "no worker" in found["checks"]["worker"]
    assert found["checks"]["database"] == "ok"


def test_a_migration_is_missing(anonymous: Client, worker: None, owner_url: str) -> None:
    change(owner_url, "DELETE FROM django_migrations WHERE app = 'sessions'")
    status, found = ask(anonymous)
    assert status == 503
    assert "have not been applied" in found["checks"]["migrations"]


def test_a_broken_keyset(
    anonymous: Client, worker: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "keyset.json"
    broken.write_text("nonsense")
    broken.chmod(0o600)
    monkeypatch.setenv("JEMMO_KEYSET", str(broken))
    status, found = ask(anonymous)
    assert status == 503
    assert found["checks"]["keyset"] != "ok"


def test_no_database(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"], "NAME", "there_is_no_such_database")
    connections.close_all()
    status, found = ask(anonymous)
    assert status == 503
    assert found["checks"]["database"] == "Jemmo's database no longer exists."


def test_tables_of_a_newer_jemmo(anonymous: Client, worker: None, owner_url: str) -> None:
    change(
        owner_url,
        "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_future', now())",
    )
    status, found = ask(anonymous)
    assert status == 503
    assert "newer version of Jemmo" in found["checks"]["migrations"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_load_balancers_ask_by_address(anonymous: Client, worker: None, path: str) -> None:
    assert anonymous.get(path, headers={"host": "192.0.2.10:8000"}).status_code == 200
