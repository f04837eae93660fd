"""A running first sync in a real Chromium: its progress updates by itself, and nothing around it moves."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fakes.browsing import apart, overflows, violations
from fakes.showcase import Showcase
from playwright.sync_api import Page, expect

from jemmo.store.models import Connection, Lease, StreamCheckpoint, SyncRun

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
EXPECTED = {"jobs": 5, "talents": 1000, "applications": 1000}


def begin(connection_id: UUID) -> None:
    Connection.objects.filter(id=connection_id).update(expected_totals=EXPECTED)
    now = datetime.now(UTC)
    run = SyncRun.objects.create(
        connection_id=connection_id,
        mode="initial",
        status="running",
        started_at=now - timedelta(hours=1),
    )
    hour = now + timedelta(hours=1)
    Lease.objects.create(connection_id=connection_id, token=uuid4(), run_id=run.id, expires_at=hour)
    read(connection_id, 200)


def read(connection_id: UUID, talents: int) -> None:
    StreamCheckpoint.objects.filter(connection_id=connection_id, stream="talents").update(
        mode="initial", seen=talents, total=1000, done=False
    )
    running = SyncRun.objects.filter(connection_id=connection_id, status="running")
    running.update(report={"streams": {"talents": {"fetched": talents}}})


def end(connection_id: UUID) -> None:
    Lease.objects.filter(connection_id=connection_id).delete()
    SyncRun.objects.filter(connection_id=connection_id, status="running").update(status="succeeded")


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 390])
def test_progress_updates_without_a_reload_and_without_layout_shifts(
    showcase: Showcase, opens: Opens, width: int
) -> None:
    connection = apart(lambda: Connection.objects.get(org=showcase.org))
    apart(lambda: begin(connection.id))
    page = opens(
        f"/settings/organization/ats/{connection.id}/",
        role="recruiter",
        viewport={"width": width, "height": 900},
    )
    told, tiles = page.locator(".state-line"), page.locator(".tiles").first
    expect(told).to_contain_text("200 of about 2,005 records · about 10 h left")
    before = tiles.bounding_box()
    page.evaluate("window.neverReloaded = true")
    assert violations(page) == []
    assert overflows(page, page.url, (width,)) == []

    apart(lambda: read(connection.id, 1000))

    expect(told).to_contain_text("1,000 of about 2,005 records · about 65 min left")
    assert tiles.bounding_box() == before
    assert page.get_by_role("progressbar").get_attribute("value") == "1000"

    apart(lambda: end(connection.id))

    expect(told).not_to_contain_text("records")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_contain_text(re.compile("Initial sync"))
    assert page.evaluate("window.neverReloaded")
