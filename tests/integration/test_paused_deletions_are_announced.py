"""Each new pause of deletions is a notification of its own, which is unread and sent."""

from __future__ import annotations

import pytest
from fakes.company import Company, company, in_thread
from fakes.running import run_source
from fakes.source import FakeSource

from jemmo.domain.records import Department, Record, Talent
from jemmo.domain.streams import Mode, Stream, StreamSpec
from jemmo.services.accounts import accounts
from jemmo.services.connections import paused_deletions
from jemmo.store.connections import paused_deletions as held
from jemmo.store.models import Connection, Notification, Organisation

PAUSES = "sync_attention"


@pytest.fixture
async def found(database_url: str) -> Company:
    found = await company(database_url, base_url="https://ats.example.com")
    org = await in_thread(Organisation.objects.get)
    await in_thread(lambda: accounts.add_member(org, "owner@example.com", "owner", None))
    await lists(found)
    return found


async def lists(found: Company, talents: int = 60, departments: int = 40) -> None:
    """Compare with an ATS that lists this many of its talents and departments."""
    records: dict[Stream, list[list[Record]]] = {
        Stream.TALENTS: [
            [Talent(remote_id=f"t{number:02}", first_name="T") for number in range(talents)]
        ],
        Stream.DEPARTMENTS: [
            [Department(remote_id=f"d{number:02}", name="D") for number in range(departments)]
        ],
    }
    specs = [StreamSpec(name=stream) for stream in records]
    await run_source(FakeSource(records, specs=specs), found, Mode.RECONCILE)


async def sent(found: Company) -> list[tuple[int, int]]:
    """How often each notification about a pause was repeated and sent, newest last."""
    return await in_thread(
        lambda: [
            (notification.times, notification.deliveries.count())
            for notification in Notification.objects.filter(
                connection=found.id, kind=PAUSES
            ).order_by("id")
        ]
    )


async def test_a_pause_that_nobody_decides_is_sent_once(found: Company) -> None:
    await lists(found, talents=15)
    await lists(found, talents=15)

    assert await sent(found) == [(2, 1)]


async def test_a_pause_after_a_decision_is_sent_again(found: Company) -> None:
    await lists(found, talents=15)
    await in_thread(lambda: paused_deletions.keep(Connection.objects.get(id=found.id), "talents"))

    await lists(found, talents=15)

    assert await sent(found) == [(1, 1), (1, 1)]


async def test_a_pause_after_one_that_resolved_itself_is_sent_again(found: Company) -> None:
    await lists(found, talents=15)
    await lists(found)

    await lists(found, talents=15)

    assert await sent(found) == [(1, 1), (1, 1)]


async def test_a_pause_of_another_stream_is_sent_although_the_first_waits(found: Company) -> None:
    await lists(found, talents=15)

    await lists(found, talents=15, departments=5)
    await in_thread(lambda: paused_deletions.keep(Connection.objects.get(id=found.id), "talents"))
    waiting = await in_thread(lambda: held.waiting(Connection.objects.get(id=found.id)))
    assert [row.stream for row in waiting] == ["departments"]
    await lists(found, departments=5)

    assert await sent(found) == [(1, 1), (2, 1)]
