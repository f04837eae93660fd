"""A disconnected account that is connected again goes on syncing, however it was connected."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from fakes.company import in_thread
from pytest_django import Settings

from jemmo.connectors.registry import CONNECTORS
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.accounts import accounts
from jemmo.services.connections import connections
from jemmo.store.db import task_queue
from jemmo.store.models import Account, Connection, Organisation, SyncRun
from jemmo.vault import default_vault
from jemmo.web.connections.forms import PREFIX

pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("served")]
KEY = f"key-{'0' * 20}"


@pytest.fixture(autouse=True)
def _reachable(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("JEMMO_ATS_HOSTS", "127.0.0.1")
    settings.JEMMO_ATS_HOSTS = ["127.0.0.1"]


def owner() -> Client:
    org = accounts.ensure_organisation("acme")
    member = Account.objects.filter(email="owner@example.com").first()
    browser = Client()
    browser.force_login(
        member
        or accounts.add_member(org, "owner@example.com", "owner", "long enough 12", verified=True)
    )
    return browser


def text_of(content: bytes) -> str:
    plain = re.sub(r"<[^>]*>", " ", content.decode().partition('<main id="main"')[2])
    return " ".join(plain.replace("&#x27;", "'").split())


def posted(name: str, *arguments: object, **data: object) -> str:
    answer = owner().post(reverse(name, args=arguments), data, follow=True)
    assert answer.status_code == 200
    return text_of(answer.content)


def through_the_wizard(ats: SandboxServer) -> str:
    options = {PREFIX + option.name: option.default for option in CONNECTORS["teamtailor"].options}
    form = {**options, f"{PREFIX}pacing": "off", "key": KEY, "base_url": ats.base_url}
    return posted("ats_connect", "teamtailor", new_id=uuid4(), **form)


def connection() -> Connection:
    return Connection.objects.select_related("org").get()


def disconnected(*, begun: bool = True) -> None:
    if begun:
        SyncRun.objects.create(
            connection=connection(), mode="initial", status="succeeded", report={}
        )
    connections.disconnect(connection(), delete=False)


def is_syncing() -> bool:
    active = connection()
    return active.state == "active" and task_queue.is_sync_due([str(active.id)], ("",))


async def test_an_account_connected_again_syncs_at_once(database_url: str) -> None:
    async with run_sandbox(talents=3, key=KEY, switches={"rate_limit": "false"}) as ats:
        await in_thread(lambda: _through_every_way_back(ats))


def _through_every_way_back(ats: SandboxServer) -> None:
    assert "The first sync" in through_the_wizard(ats)
    disconnected(begun=False)
    assert "The key works and has been encrypted and stored. " in through_the_wizard(ats)
    assert connection().state == "paused"

    disconnected()
    assert connection().old_key_hint == KEY[-4:]
    page = through_the_wizard(ats)
    assert "Connected again. A sync is starting." in page
    assert "The first sync has already started" not in page
    assert "may still work" not in page  # it's the key in use
    assert is_syncing()

    disconnected()
    form = text_of(owner().get(reverse("ats_key", args=[connection().id])).content)
    assert "Connect again" in form
    assert "must belong to the company whose records are already in Jemmo" in form
    for claim in ("Rotate", "old key", "the new key"):
        assert claim not in form
    page = posted("ats_key", connection().id, key=KEY, address=ats.base_url)
    assert "Connected again. A sync is starting." in page
    assert "may still work" not in page
    assert is_syncing()

    _stays_paused_in_an_organization_to_be_deleted(ats)


def _stays_paused_in_an_organization_to_be_deleted(ats: SandboxServer) -> None:
    Organisation.objects.update(deleted_at="2100-01-01T00:00:00Z")
    disconnected()
    assert "The key works and has been encrypted and stored." in through_the_wizard(ats)
    assert connection().state == "paused"
    connections.disconnect(connection(), delete=False)
    connections.rotate(connection(), KEY, vault=default_vault(), address=ats.base_url)
    assert connection().state == "paused"
