"""A first sync shows its progress and time left: the same on the card, in the tooltip and on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from fakes.markup import collapsed
from fakes.showcase import Showcase

from jemmo.services.connections.status import overview
from jemmo.store.models import Connection, Job, Lease, StreamCheckpoint, SyncRun

SignedIn = Callable[[str], Client]
EXPECTED = {"jobs": 40, "talents": 1200, "applications": 1960}


@pytest.fixture
def reading(showcase: Showcase) -> Connection:
    """A first sync that has read 400 of 3,200 records in 10 seconds, so 70 seconds are left."""
    connection = Connection.objects.get(org=showcase.org)
    Connection.objects.filter(id=connection.id).update(expected_totals=EXPECTED)
    StreamCheckpoint.objects.filter(connection=connection).delete()
    now = datetime.now(UTC)
    lines = {"jobs": {"fetched": 40}, "talents": {"fetched": 360}, "stages": {"fetched": 99}}
    run = SyncRun.objects.create(
        connection=connection,
        mode="initial",
        status="running",
        started_at=now - timedelta(seconds=10),
        report={"streams": lines},
    )
    Lease.objects.create(
        connection=connection, token=uuid4(), run_id=run.id, expires_at=now + timedelta(hours=1)
    )
    for stream, seen, total, done in (("jobs", 40, 40, True), ("talents", 360, 1200, False)):
        StreamCheckpoint.objects.create(
            connection=connection, stream=stream, mode="initial", seen=seen, total=total, done=done
        )
    return connection


def places(client: Client, connection: Connection) -> dict[str, str]:
    addresses = {
        "card": reverse("ats"),
        "page": reverse("ats_connection", args=[connection.id]),
        "hover of jobs": reverse("jobs"),
        "hover of talents": reverse("talents"),
    }
    return {name: client.get(address).content.decode() for name, address in addresses.items()}


def test_progress_is_the_same_everywhere(reading: Connection, recruiter: Client) -> None:
    for place, page in places(recruiter, reading).items():
        assert "400 of about 3,200 records · about 2 min left" in page, place

    bar = re.search(r'<progress max="(\d+)" value="(\d+)"', places(recruiter, reading)["card"])
    assert bar
    assert bar.groups() == ("3200", "400")


def test_progress_is_shown_in_french(reading: Connection, recruiter: Client) -> None:
    with translation.override("fr"):
        recruiter.cookies["django_language"] = "fr"
        page = places(recruiter, reading)["card"].replace("\xa0", " ").replace("\u202f", " ")

    assert "400 sur environ 3 200 fiches · encore environ 2 min" in page


def test_it_says_when_the_last_30_days_are_ready(reading: Connection, recruiter: Client) -> None:
    assert not overview(reading.org)[0].recent_ready
    run = SyncRun.objects.get(connection=reading, status="running")
    run.report = {**run.report, "recent_ready": True}
    run.save(update_fields=["report"])

    for place, page in places(recruiter, reading).items():
        assert " · the last 30 days are ready" in page, place
    with translation.override("fr"):
        recruiter.cookies["django_language"] = "fr"
        assert "les 30 derniers jours sont prêts" in places(recruiter, reading)["card"]
    assert overview(reading.org)[0].recent_ready


def test_an_ats_that_does_not_count_is_not_guessed_at(
    reading: Connection, recruiter: Client
) -> None:
    Connection.objects.filter(id=reading.id).update(expected_totals={})

    for place, page in places(recruiter, reading).items():
        assert "400 records read" in page, place
        assert not re.search(r"min(ute)? left", page), place
        assert "<progress" not in page, place


def asked_again(client: Client, connection: Connection, was: str) -> tuple[str, str | None]:
    address = reverse("ats_progress", args=[connection.id])
    answer = client.get(address, {"was": was}, headers={"HX-Request": "true"})
    return answer.content.decode(), answer.headers.get("HX-Retarget")


def test_during_a_sync_only_the_progress_is_refreshed(
    reading: Connection, recruiter: Client
) -> None:
    text, target = asked_again(recruiter, reading, "syncing")

    assert target is None
    assert collapsed(text).startswith('<div class="progress"')
    assert "was=syncing" in text
    assert "<section" not in text


def test_the_card_counts_records_of_a_running_sync(reading: Connection, recruiter: Client) -> None:
    before = in_jemmo(asked_again(recruiter, reading, "syncing")[0])
    listed = Job.objects.filter(connection=reading, excluded_reason=None, remote_deleted_at=None)
    assert before == listed.count() > 1

    Job.objects.filter(id=listed.values("id")[:1]).update(excluded_reason="job_draft")

    assert in_jemmo(asked_again(recruiter, reading, "syncing")[0]) == before - 1
    assert in_jemmo(recruiter.get(reverse("ats")).content.decode()) == before - 1


def in_jemmo(page: str) -> int:
    """Return the number of jobs on the card."""
    (number,) = re.findall(r"<dt>In Jemmo</dt>\s*<dd>\s*([0-9]+) jobs?,", page)
    return int(number)


def test_a_sync_that_ended_while_the_page_was_made_loads_nothing(
    reading: Connection, recruiter: Client
) -> None:
    """The lease was read before the sync ended and its row afterwards. Neither page may keep polling."""
    SyncRun.objects.filter(connection=reading).update(status="succeeded", scope="jobs")
    assert Lease.objects.filter(connection=reading).exists()

    for page in ("jobs", "talents"):
        assert "dot-loading" not in recruiter.get(reverse(page)).content.decode(), page


@pytest.mark.parametrize("was", ["queued", "syncing"])
def test_the_whole_card_is_refreshed_when_a_sync_starts_or_ends(
    reading: Connection, recruiter: Client, was: str
) -> None:
    if was == "syncing":
        Lease.objects.filter(connection=reading).delete()
        SyncRun.objects.filter(connection=reading).update(status="succeeded")

    text, target = asked_again(recruiter, reading, was)

    assert target == f"#connection-{reading.id}"
    assert collapsed(text).startswith('<section class="card connection"')
    assert ("was=" in text) is (was == "queued")
