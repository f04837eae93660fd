"""`/metrics` exposes data from the tables, but only to authorized monitoring."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from fakes.showcase import EMAIL, Showcase
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from jemmo.services.outgoing import endpoints
from jemmo.services.outgoing.endpoints import Choice
from jemmo.store.models import Pace, QuotaUse
from jemmo.vault import default_vault

TOKEN = {"Authorization": "Bearer right"}


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = "right"


Samples = dict[str, list[tuple[dict[str, str], float]]]


def read(client: Client, **headers: str) -> Samples:
    answer = client.get("/metrics", headers={**TOKEN, **headers})
    assert answer.status_code == 200
    found: Samples = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        found[family.name] = [(one.labels, one.value) for one in family.samples]
    return found


def test_outgoing_webhooks_that_wait_or_failed_are_counted(
    showcase: Showcase, anonymous: Client
) -> None:
    choice = Choice(name="x", url="https://app.example.com/", events=["sync.late"])
    now = datetime.now(UTC)
    made = endpoints.create(showcase.org, choice, vault=default_vault(), now=now)
    endpoints.send_test(made.endpoint, now=now)
    assert read(anonymous)["jemmo_outgoing_webhooks"] == [({"state": "waiting"}, 1.0)]


def test_connections_runs_and_records_are_measured(showcase: Showcase, anonymous: Client) -> None:
    found = read(anonymous)

    connection = str(showcase.run().connection_id)
    states = {one["connection"]: one["state"] for one, _ in found["jemmo_connection_state"]}
    assert states[connection] == "active"
    assert found["jemmo_workers"] == [({}, 0.0)]
    assert {"jemmo_sync_runs_24h", "jemmo_records_24h", "jemmo_queue_tasks"} <= set(found)
    assert sum(count for _, count in found["jemmo_sync_runs_24h"]) > 0


def test_the_rest_of_a_quota_is_measured(showcase: Showcase, anonymous: Client) -> None:
    now = time.time()
    sent = [now - 120, now - 8, now - 3, now - 1]
    Pace.objects.create(key=b"digest", sent=sent, told_limit=50, per=10.0, held_until=now + 30)
    one = showcase.org.connections.get()
    for ago in (1, 2, 30):
        at = datetime.now(UTC) - timedelta(hours=ago)
        QuotaUse.objects.create(connection=one, at=at, seconds=2.5)

    found = read(anonymous)

    assert found["jemmo_ats_requests_left"] == [({"key": b"digest".hex()}, 47.0)]
    assert found["jemmo_ats_requests_last_minute"] == [({"key": b"digest".hex()}, 3.0)]
    (held,) = found["jemmo_ats_held_seconds"]
    assert 0 < held[1] <= 30
    (used,) = found["jemmo_ats_seconds_used_24h"]
    assert used == ({"connection": str(one.id), "provider": one.provider}, 5.0)


def test_metrics_name_nobody(showcase: Showcase, anonymous: Client) -> None:
    text = anonymous.get("/metrics", headers=TOKEN).content.decode()
    for secret in (EMAIL, "Acme", "acme", "Müller"):
        assert secret not in text
    assert not re.search(r"@|api_key", text)


@pytest.mark.parametrize("given", [None, "Bearer guess", "Bearer ", "right", "Bearer ü"])
def test_others_get_a_404(given: str | None, anonymous: Client, settings: Settings) -> None:
    headers = {"Authorization": given} if given else {}
    assert anonymous.get("/metrics", headers=headers).status_code == 404
    settings.METRICS_TOKEN = ""  # behind a local proxy, all requests come from this machine
    assert anonymous.get("/metrics", headers=headers, REMOTE_ADDR="127.0.0.1").status_code == 404


def test_an_operator_may_open_it_to_all(anonymous: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.METRICS_OPEN = "", True
    assert anonymous.get("/metrics").status_code == 200


def test_a_token_opens_it_from_elsewhere(anonymous: Client) -> None:
    answer = anonymous.get("/metrics", headers=TOKEN, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 200
