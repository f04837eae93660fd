"""An ATS that accepts requests but never responds doesn't delay other people's pages."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client
from fakes.company import move
from fakes.showcase import Showcase

from jemmo.store.models import Connection, SyncRun

BUSY = "A request from your organization is still waiting for a response from the ATS."
SignedIn = Callable[[str], Client]


@pytest.fixture
def hanging(showcase: Showcase, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The ATS of both companies, which accepts connections but reads nothing."""
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as ats:
        ats.settimeout(30)
        address = f"http://127.0.0.1:{ats.getsockname()[1]}"
        for connection in Connection.objects.all():
            move(connection, address)
        SyncRun.objects.all().delete()  # the plan is only shown before the first sync starts
        yield ats


def _get(browser: Client, path: str) -> int:
    try:
        return browser.get(path).status_code
    finally:
        connections.close_all()  # this thread's connections


def test_each_organization_waits_once_and_others_see_their_pages(
    showcase: Showcase, signed_in: SignedIn, hanging: socket.socket
) -> None:
    ours = Connection.objects.get(org=showcase.org).id
    theirs = Connection.objects.get(org=showcase.stranger).id
    admin, owner, outsider = (signed_in(role) for role in ("admin", "owner", "outsider"))
    path = f"/settings/organization/ats/{ours}"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(_get, admin, f"{path}/plan/")
        held, _ = hanging.accept()
        try:
            for _ in range(12):
                assert BUSY in owner.get(f"{path}/plan/").content.decode()
            assert BUSY in owner.post(f"{path}/test/").content.decode()
            assert BUSY in owner.post("/settings/quality/").content.decode()
            second = threads.submit(_get, outsider, f"/settings/organization/ats/{theirs}/plan/")
            other, _ = hanging.accept()
            try:
                assert Client().get("/accounts/login/").status_code == 200
            finally:
                hanging.close()
                other.close()
        finally:
            hanging.close()
            held.close()
        assert (first.result(), second.result()) == (200, 200)
    assert BUSY not in owner.get(f"{path}/plan/").content.decode()
