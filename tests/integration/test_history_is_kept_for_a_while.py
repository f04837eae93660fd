"""Past syncs, notifications and rejected records are deleted once nobody needs them, and not before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now
from fakes.company import company, in_thread
from fakes.running import run_source
from fakes.source import FakeSource

from jemmo.domain.notices import Kind
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.records import Talent
from jemmo.domain.streams import Mode, Stream
from jemmo.services.operations import pruning
from jemmo.store.models import (
    Connection,
    Notification,
    Organisation,
    Rejection,
    SyncRun,
    WebhookDelivery,
)

OLD, NEW = timedelta(days=200), timedelta(days=2)


@pytest.fixture
def connection(database_url: str) -> Connection:
    org = Organisation.objects.create(slug="acme")
    made: Connection = Connection.objects.create(
        org=org, provider="teamtailor", sealed_key=b"x", key_set_at=now() - 2 * OLD
    )
    return made


def run(connection: Connection, age: timedelta, **more: str) -> SyncRun:
    made: SyncRun = SyncRun.objects.create(
        connection=connection,
        **{"mode": "incremental", "status": "succeeded", **more},
        started_at=now() - age,
        finished_at=now() - age,
    )
    return made


def test_the_last_run_of_each_kind_and_outcome_stays(connection: Connection) -> None:
    older = OLD + timedelta(hours=6)
    kept = [
        run(connection, NEW),
        run(connection, NEW + timedelta(hours=6)),
        run(connection, OLD, mode="initial"),
        run(connection, OLD, status="failed"),
        run(connection, OLD, scope="jobs"),
        run(connection, OLD, status="running"),
        run(connection, older, status="running"),
    ]
    for gone in ({}, {"mode": "initial"}, {"status": "failed"}, {"scope": "jobs"}):
        Rejection.objects.create(
            connection=connection, stream="jobs", remote_id=str(gone), code="x", message="",
            run=run(connection, older, **gone),
        )  # fmt: skip

    assert pruning.forget_old()["runs"] == 4

    assert set(SyncRun.objects.all()) == set(kept)
    assert Rejection.objects.filter(run=None).count() == 4  # still rejected, only the run is gone


def test_batches_continue_until_nothing_old_is_left(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    for hours in range(7):
        run(connection, OLD + timedelta(hours=hours))
    assert pruning.forget_old()["runs"] == 6


def test_zero_days_keep_everything(connection: Connection, settings: object) -> None:
    settings.HISTORY_DAYS = 0  # type: ignore[attr-defined]
    for age in (OLD, 2 * OLD):
        run(connection, age)
    assert not pruning.forget_old()["runs"]
    assert SyncRun.objects.count() == 2


def test_open_notifications_and_reminders_of_todays_key_stay(connection: Connection) -> None:
    def notification(kind: Kind, age: timedelta, fold: str | None = None) -> Notification:
        at = now() - age
        made: Notification = Notification.objects.create(
            org=connection.org,
            connection=connection,
            kind=kind,
            fold=fold,
            created_at=at,
            last_at=at,
        )
        return made

    notification(Kind.DONE, OLD)
    notification(Kind.KEY, 3 * OLD)  # about a key that has been replaced since
    kept = [
        notification(Kind.DONE, NEW),
        notification(Kind.FAILED, OLD, "failed:x"),
        notification(Kind.KEY, OLD),
    ]

    assert pruning.forget_old()["notifications"] == 2
    assert set(Notification.objects.all()) == set(kept)


def test_webhooks_are_kept_for_a_week(connection: Connection) -> None:
    for days in (6, 8, 9):
        WebhookDelivery.objects.create(
            connection=connection, outcome="accepted", event="x", sealed_body=b"",
            received_at=now() - timedelta(days=days),
        )  # fmt: skip

    assert pruning.forget_old()["webhooks"] == 2
    assert WebhookDelivery.objects.count() == 1


def test_a_rejection_stays_as_long_as_it_is_current(connection: Connection) -> None:
    for remote_id, age in (("1", OLD), (None, OLD)):
        made = Rejection.objects.create(
            connection=connection, stream="jobs", remote_id=remote_id, code="x", message=""
        )
        Rejection.objects.filter(id=made.id).update(at=now() - age)

    assert pruning.forget_old()["rejections"] == 1
    assert Rejection.objects.get().remote_id == "1"


async def test_the_next_reconcile_drops_rejected_records_that_the_ats_deleted(
    database_url: str,
) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")
    good, odd = Talent(remote_id="1"), Talent(remote_id="x" * 5000)
    await run_source(FakeSource({Stream.TALENTS: [[good, odd]]}), found, Mode.INITIAL)
    assert await in_thread(Rejection.objects.count) == 1

    report = await run_source(FakeSource({Stream.TALENTS: [[good, odd]]}), found, Mode.RECONCILE)
    assert report.status is RunStatus.SUCCEEDED
    assert await in_thread(Rejection.objects.count) == 1

    await run_source(FakeSource({Stream.TALENTS: [[good]]}), found, Mode.RECONCILE)
    assert await in_thread(Rejection.objects.count) == 0
