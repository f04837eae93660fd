"""Limits on the number of pages that listen for events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from fakes.showcase import Showcase

from jemmo.services.notifications import live
from jemmo.store.db import sessions
from jemmo.store.models import Membership

Open = Callable[[str, UUID], None]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """A function that simulates open pages without a server."""
    hub = live.Hub("")
    hubs: dict[Any, live.Hub] = {None: hub}
    monkeypatch.setattr(live, "_hubs", hubs)
    monkeypatch.setattr(live, "MAX_PER_SESSION", 2)
    monkeypatch.setattr(live, "MAX_PER_ACCOUNT", 3)
    return lambda session, account: hub.pages.add(live.Subscription("org", session, 1, account))


def test_sessions_and_accounts_have_a_limit(opened: Open) -> None:
    account, other = uuid4(), uuid4()
    for session in ("one", "one", "two"):
        assert live.has_room(session, account)
        opened(session, account)

    assert not live.has_room("one", other)
    assert not live.has_room("three", account)
    assert live.has_room("three", other)


def test_a_page_beyond_the_limit_does_not_reconnect(
    opened: Open, recruiter: Client, showcase: Showcase
) -> None:
    account = Membership.objects.get(org=showcase.org, role="recruiter").account_id
    session = sessions.hashed(str(recruiter.session.session_key))

    assert recruiter.get("/events/").status_code == 200
    for _ in range(2):
        opened(session, account)
    assert recruiter.get("/events/").status_code == 204


def test_a_database_notification_cannot_sign_anyone_out(opened: Open) -> None:
    """Every database role can send NOTIFY, so it must not trigger what only this process may decide."""
    opened("one", uuid4())
    hub = next(iter(live._hubs.values()))
    (page,) = hub.pages
    for kind in ("signed_out", "hello", "resync"):
        hub.tell(f'{{"org": "org", "kind": "{kind}"}}')
    assert page.queue.empty()
    hub.tell('{"org": "org", "kind": "sync_ended"}')
    assert page.queue.get_nowait() == {"org": "org", "kind": "sync_ended"}
