"""Reminders about old or expiring keys: once per step, on pages, by e-mail, on the command line and in metrics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from fakes.processes import jemmo
from fakes.showcase import Showcase
from pytest_django import Settings

from jemmo.services.connections import key_care
from jemmo.services.notifications import notifications
from jemmo.services.operations.metrics import rendered
from jemmo.store.models import Connection, Delivery, Notification
from jemmo.vault import default_vault
from jemmo.web.templatetags.times import day_in_words

SignedIn = Callable[[str], Client]
NOW = datetime.now(UTC) + timedelta(hours=1)  # after the members have joined


def aged(showcase: Showcase, *, days: int, left: float | None = None, old: str = "") -> Connection:
    Connection.objects.exclude(org=showcase.org).update(
        state="disconnected"
    )  # only this connection keeps its key
    connection: Connection = showcase.org.connections.get()
    connection.key_set_at = NOW - timedelta(days=days, hours=1)
    connection.key_expires_at = None if left is None else NOW + timedelta(days=left)
    connection.old_key_hint = old
    connection.save()
    return connection


def test_each_reminder_is_sent_once(showcase: Showcase) -> None:
    aged(showcase, days=90)
    assert key_care.queue_key_reminders(NOW) == 1
    assert key_care.queue_key_reminders(NOW + timedelta(hours=1)) == 0
    assert (
        key_care.queue_key_reminders(NOW + timedelta(days=90)) >= 1
    )  # again after the same interval
    aged(showcase, days=10, left=29.5)
    Notification.objects.all().delete()
    told = [key_care.queue_key_reminders(NOW + timedelta(days=day)) for day in range(31)]
    steps = list(Notification.objects.order_by("id").values_list("facts__step", flat=True))
    assert steps == ["expires:30", "expires:7", "expires:1", "expired"]
    assert sum(told) == 4


def test_a_new_key_restarts_the_reminders(showcase: Showcase) -> None:
    aged(showcase, days=10, left=5)
    assert key_care.queue_key_reminders(NOW) == 1
    connection = aged(showcase, days=0, left=6)
    Notification.objects.update(created_at=NOW - timedelta(days=8))
    assert key_care.queue_key_reminders(NOW) == 1
    connection.sealed_key, connection.state = b"", "disconnected"
    connection.save()
    assert key_care.queue_key_reminders(NOW + timedelta(days=200)) == 0


def test_managers_are_reminded_on_pages_and_by_email(
    showcase: Showcase, signed_in: SignedIn, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    connection = aged(showcase, days=20, left=6.9)
    expires = NOW + timedelta(days=6.9)
    showcase.org.time_zone = "Pacific/Kiritimati" if expires.hour >= 10 else "Pacific/Pago_Pago"
    showcase.org.save()
    local = expires.astimezone(ZoneInfo(showcase.org.time_zone)).date()
    assert local != expires.date()
    key_care.queue_key_reminders(NOW)
    assert notifications.send_due(vault=default_vault()) == 2
    assert sorted(one.to[0] for one in mail.outbox) == ["admin@acme.example", "owner@acme.example"]
    assert "expires soon" in mail.outbox[0].subject
    day = f"The key expires on {day_in_words(local)}."
    assert day in mail.outbox[0].body

    page = signed_in("admin").get("/notifications/").content.decode()
    assert day in page
    assert f"/settings/organization/ats/{connection.pk}/key/" in page
    viewer = signed_in("viewer").get("/notifications/").content.decode()
    assert f"/settings/organization/ats/{connection.pk}/key/" not in viewer
    card = signed_in("admin").get("/settings/organization/ats/").content.decode()
    assert "expires in 6 days" in card


def test_a_successful_sync_does_not_count_it_as_a_problem(
    showcase: Showcase, database_url: str
) -> None:
    import asyncio

    from fakes.company import Company
    from fakes.running import run_source
    from fakes.showcase import _acme
    from fakes.source import SPECS, FakeSource

    from jemmo.domain.streams import Mode

    connection = aged(showcase, days=100)
    key_care.queue_key_reminders(NOW)
    asyncio.run(
        run_source(
            FakeSource(_acme(), specs=SPECS), Company(database_url, connection.id), Mode.INCREMENTAL
        )
    )
    assert not Notification.objects.filter(kind="sync_recovered").exists()


def test_the_old_key_is_not_forgotten(showcase: Showcase, signed_in: SignedIn) -> None:
    aged(showcase, days=2, old="cdef")
    assert key_care.queue_key_reminders(NOW) == 1
    page = signed_in("owner").get("/notifications/").content.decode()
    assert "may still work" in page
    assert Delivery.objects.count() == 2


@pytest.mark.long
async def test_the_command_line_and_metrics_show_it(showcase: Showcase) -> None:
    from fakes.company import in_thread

    await in_thread(lambda: aged(showcase, days=95, left=12.5))
    status = await jemmo("status", "--org", "acme", "--json")
    told = status.last["connections"][0]
    assert told["key_age_days"] == 95
    assert told["key_reminder"]["step"] == "expires:30"
    assert told["key_expires_at"]
    line = await jemmo("status", "--org", "acme")
    assert "The API key expires in 12 days" in line.out
    measured = (await in_thread(rendered)).decode()
    assert 'jemmo_connection_key_age_days{connection="' in measured
    assert 'provider="teamtailor"} 12.' in measured
