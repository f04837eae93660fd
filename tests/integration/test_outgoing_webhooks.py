"""Outgoing webhooks are signed, in order, sent at least once, and never contain personal data."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from fakes.company import Company
from fakes.running import run_source
from fakes.showcase import EMAIL, PHONE, Showcase, _acme
from fakes.source import SPECS, FakeSource
from fakes.webhook_receiver import Receiver, receiving
from standardwebhooks import Webhook, WebhookVerificationError

from jemmo.domain.errors import ConfigError
from jemmo.domain.notices import Kind
from jemmo.domain.outgoing import Answer, Event, MessageState, OffReason, State
from jemmo.domain.streams import Mode
from jemmo.files.choose import open_storage
from jemmo.services.notifications.alerts import notify
from jemmo.services.operations import pruning
from jemmo.services.outgoing import delivery, endpoints, outcomes
from jemmo.services.outgoing.delivery import OutgoingWorker
from jemmo.services.outgoing.endpoints import Choice, NewEndpoint
from jemmo.services.privacy import erasure
from jemmo.store.db import scope
from jemmo.store.feed import triggers
from jemmo.store.feed.entities import CONTACTS, ENTITIES, FOR_ALL
from jemmo.store.models import (
    Connection,
    FeedChange,
    FeedPosition,
    Job,
    Notification,
    OutgoingAttempt,
    OutgoingEndpoint,
    OutgoingMessage,
    Talent,
)
from jemmo.store.outgoing import queue
from jemmo.vault import default_vault

HOUR = timedelta(hours=1)


class Clock:
    """The worker's clock, which a test moves forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as (one,):
        monkeypatch.setenv("JEMMO_WEBHOOK_HOSTS", one.host)
        yield one


@pytest.fixture
def worker(database_url: str, clock: Clock) -> OutgoingWorker:
    return OutgoingWorker(database_url, default_vault(), clock=clock)


def made(showcase: Showcase, url: str, *events: str, **filters: Any) -> NewEndpoint:
    choice = Choice(name="Match", url=url, events=events or tuple(Event), **filters)
    return endpoints.create(showcase.org, choice, vault=default_vault(), now=datetime.now(UTC))


def send(worker: OutgoingWorker) -> None:
    """Send everything that is due, with an empty scope, since the worker sets its own."""

    async def drained() -> None:
        with scope.acting_in(scope.NOBODY):
            await worker.drain()

    asyncio.run(drained())


def rename(showcase: Showcase, title: str) -> None:
    Job.objects.filter(org=showcase.org, remote_id="dev").update(title=title)


def fresh(endpoint: OutgoingEndpoint) -> OutgoingEndpoint:
    return OutgoingEndpoint.objects.get(pk=endpoint.pk)


def company_of(showcase: Showcase, database_url: str) -> Company:
    return Company(database_url, showcase.org.connections.get().id)


def test_a_changed_record_arrives_signed_and_without_content(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    rename(showcase, "Secret Title")
    send(worker)

    (headers, body) = receiver.requests[0]
    Webhook(new.secret).verify(body, headers)
    event = json.loads(body)
    assert event["type"] == "records.changed"
    job = showcase.job("dev")
    (change,) = event["data"]["changes"]
    assert (change["entity"], change["id"], change["op"]) == ("jobs", str(job.id), "updated")
    assert change["fields"] == ["title"]
    assert change["connection_id"] == str(job.connection_id)
    assert b"Secret" not in body
    sent = OutgoingMessage.objects.get()
    assert sent.state == MessageState.DELIVERED
    assert headers["webhook-id"] == f"msg_{sent.pk.hex}"
    send(worker)
    assert len(receiver.requests) == 1


def test_the_documented_check_of_a_signature_works(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "outgoing-webhooks.md").read_text()
    documented: dict[str, Any] = {}
    exec(re.findall(r"```python\n(import .*?)```", page, re.DOTALL)[0], documented)
    new = made(showcase, receiver.url, Event.RECORDS)
    second = endpoints.rotate(new.endpoint, vault=default_vault(), now=datetime.now(UTC))
    rename(showcase, "Checked")
    send(worker)

    headers, body = receiver.requests[0]
    is_genuine = documented["is_genuine"]
    assert is_genuine(new.secret, headers, body)
    assert is_genuine(second, headers, body)
    assert not is_genuine(new.secret, headers, body + b" ")
    assert not is_genuine("whsec_" + "A" * 44, headers, body)
    old = str(int(headers["webhook-timestamp"]) - 3600)
    assert not is_genuine(new.secret, {**headers, "webhook-timestamp": old}, body)
    for event in Event:
        assert f"| `{event}` |" in page


def test_no_payload_contains_personal_data(
    showcase: Showcase, database_url: str, receiver: Receiver, worker: OutgoingWorker
) -> None:
    """Everything that can happen to a person happens, and the payloads contain only ids and our own codes."""
    made(showcase, receiver.url)
    talent = showcase.talent("elodie")
    Talent.objects.filter(id=talent.id).update(first_name="Renamed", headline=EMAIL)
    source = FakeSource(_acme(), specs=SPECS)
    asyncio.run(run_source(source, company_of(showcase, database_url), Mode.RECONCILE))
    send(worker)
    erasure.erase(showcase.org, [talent.id], vault=default_vault(), storage=open_storage())
    send(worker)

    types = {body["type"] for body in receiver.bodies()}
    assert types >= {"records.changed", "sync.finished", "person.erased"}
    whole = b"".join(body for _, body in receiver.requests).decode().lower()
    for private in (EMAIL, PHONE, "elodie", "renamed", "private@", talent.remote_id):
        assert str(private).lower() not in whole
    assert str(talent.id) in whole


def test_all_events_are_sent(
    showcase: Showcase, database_url: str, receiver: Receiver, worker: OutgoingWorker
) -> None:
    made(showcase, receiver.url)
    connection = showcase.org.connections.get()
    with transaction.atomic():
        for kind in (Kind.LATE, Kind.SLOW):
            notify(showcase.org, kind, connection=connection, fold=kind)
        error = {"code": "deletions_paused", "message": "x", "next_step": "x"}
        notify(showcase.org, Kind.ATTENTION, connection=connection, error=error)
    Connection.objects.filter(id=connection.id).update(state="paused")
    Connection.objects.filter(id=connection.id).update(state="active")
    source = FakeSource(_acme(), specs=SPECS)
    asyncio.run(run_source(source, company_of(showcase, database_url), Mode.INCREMENTAL))
    send(worker)

    (late,) = receiver.bodies("sync.late")
    assert late["data"]["connection_id"] == str(connection.id)
    assert receiver.bodies("sync.slow")
    (issue,) = receiver.bodies("data.issue")
    assert issue["data"]["issue"] == "deletions_paused"
    states = [body["data"]["state"] for body in receiver.bodies("connection.changed")]
    assert sorted(states) == ["active", "paused"]
    (sync,) = receiver.bodies("sync.finished")
    assert sync["data"]["status"] == "succeeded"
    assert isinstance(sync["data"]["changed"], dict)


def test_rejected_records_are_an_issue(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    made(showcase, receiver.url, Event.ISSUE)
    run = showcase.run()
    run.status, run.report = "running", {"streams": {"talents": {"rejected": 3, "fetched": 9}}}
    run.save()
    run.status = "succeeded"
    run.save()
    send(worker)
    (issue,) = receiver.bodies()
    assert issue["data"]["rejected"] == {"talents": 3}
    assert issue["data"]["run_id"] == str(run.id)


def test_an_endpoint_receives_only_its_chosen_events(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    connection = showcase.org.connections.get()
    other = Connection.objects.get(org=showcase.stranger)
    made(showcase, receiver.url, Event.RECORDS, entities=["talents"])
    rename(showcase, "Other")
    Connection.objects.filter(id=connection.id).update(state="paused")
    send(worker)
    assert receiver.requests == []

    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(headline="x")
    send(worker)
    assert [body["data"]["changes"][0]["entity"] for body in receiver.bodies()] == ["talents"]

    with pytest.raises(ConfigError):
        made(showcase, receiver.url, Event.RECORDS, connections=[other.id])


def test_only_updates_of_chosen_fields_are_sent(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS, update_fields=["jobs.title"])
    job = Job.objects.filter(org=showcase.org, remote_id="dev")
    job.update(pitch="Ship")
    send(worker)
    assert receiver.requests == []
    assert fresh(new.endpoint).after == FeedPosition.objects.get(org=showcase.org).seq

    job.update(pitch="Ship more", title="Developer")
    Talent.objects.filter(org=showcase.org, remote_id="elodie").update(headline="x")
    send(worker)
    job.update(remote_deleted_at=datetime.now(UTC))
    send(worker)
    told = [change for body in receiver.bodies() for change in body["data"]["changes"]]
    assert [(change["entity"], change["op"], sorted(change["fields"])) for change in told][:2] == [
        ("jobs", "updated", ["pitch", "title"]),
        ("talents", "updated", ["headline"]),
    ]
    assert ("jobs", "deleted") in {(change["entity"], change["op"]) for change in told}

    for wrong in ("jobs.salary", "talents.emails", "title"):
        with pytest.raises(ConfigError):
            made(showcase, receiver.url, Event.RECORDS, update_fields=[wrong])


def test_every_field_that_an_update_names_can_be_chosen() -> None:
    """The fields are taken from the triggers' source. Contact details are named only to tokens that may see them."""
    for name in FOR_ALL:
        named = set(re.findall(r"THEN '(\w+)' END", triggers._changed(ENTITIES[name])))
        assert named
        assert named <= {*ENTITIES[name].fields, *CONTACTS}


def test_a_connection_that_was_not_chosen_is_left_out(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    chosen = made(showcase, receiver.url, connections=[showcase.org.connections.get().id]).endpoint
    OutgoingEndpoint.objects.filter(pk=chosen.pk).update(connections=[uuid4()])
    rename(showcase, "Other")
    Connection.objects.filter(org=showcase.org).update(state="paused")
    send(worker)
    assert receiver.requests == []
    assert fresh(chosen).after == FeedPosition.objects.get(org=showcase.org).seq


def test_confidential_records_and_contact_details_are_not_sent(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    Job.objects.filter(org=showcase.org, remote_id="dev").update(visibility="CONFIDENTIAL")
    made(showcase, receiver.url, Event.RECORDS)
    rename(showcase, "Still secret")
    send(worker)
    assert receiver.requests == []


def test_another_organizations_changes_stay_there(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    made(showcase, receiver.url)
    Job.objects.filter(org=showcase.stranger).update(title="Theirs")
    Connection.objects.filter(org=showcase.stranger).update(state="paused")
    send(worker)
    assert receiver.requests == []


def test_changes_come_in_order_without_gaps_whatever_the_receiver_does(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker, clock: Clock
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    start = new.endpoint.after
    for number, answer in enumerate([500, 200, 503, 503, 200, 302, 200, 200]):
        rename(showcase, f"Title {number}")
        receiver.answers = [answer]
        send(worker)
        clock.ahead += HOUR
        send(worker)

    ends: list[int] = []
    taken: dict[str, Any] = {}
    for body, identifier in zip(receiver.bodies(), receiver.ids(), strict=True):
        taken.setdefault(identifier, body)
        assert taken[identifier] == body  # a retry has the same body
    for body in taken.values():
        assert body["data"]["after"] == (ends[-1] if ends else start)
        ends.append(body["data"]["next_after"])
    told = [change["seq"] for body in taken.values() for change in body["data"]["changes"]]
    assert told == list(
        FeedChange.objects.filter(org=showcase.org).order_by("seq").values_list("seq", flat=True)
    )


def test_many_changes_are_batches(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    made(showcase, receiver.url, Event.RECORDS, entities=["talents"])
    count = Talent.objects.filter(org=showcase.org).update(headline="New")
    copies = [
        Talent(
            org=showcase.org,
            connection=showcase.org.connections.get(),
            remote_id=f"more-{number}",
            first_name="A",
        )
        for number in range(150)
    ]
    Talent.objects.bulk_create(copies)
    send(worker)
    bodies = receiver.bodies()
    told = [change["id"] for body in bodies for change in body["data"]["changes"]]
    assert len(bodies) > 1
    assert max(len(body) for _, body in receiver.requests) < 40_000
    assert {str(talent.id) for talent in copies} <= set(told)
    assert len(told) == len(set(told)) <= count + len(copies)


def test_a_worker_that_dies_after_sending_sends_again_with_the_same_id(
    showcase: Showcase,
    receiver: Receiver,
    worker: OutgoingWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made(showcase, receiver.url, Event.RECORDS)
    rename(showcase, "Once")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "note_outcome", die)
        patch.setattr(queue, "release", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            send(worker)
    send(worker)
    assert len(receiver.requests) == 1  # the dead worker's claim is still valid
    OutgoingEndpoint.objects.update(busy_until=datetime.now(UTC) - HOUR)
    send(worker)
    assert len(receiver.requests) == 2
    assert len(set(receiver.ids())) == 1
    assert receiver.requests[0][1] == receiver.requests[1][1]


@pytest.mark.long
def test_retries_end_after_a_day_and_a_failed_message_is_sent_again_on_request(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker, clock: Clock
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    receiver.status, receiver.text = 500, "no: jane@example.com <b>"
    rename(showcase, "Unlucky")
    send(worker)
    for _ in range(60):
        clock.ahead += HOUR / 2
        send(worker)
    message = OutgoingMessage.objects.get()
    assert message.state == MessageState.FAILED
    assert 8 <= message.attempts <= 14
    tries = OutgoingAttempt.objects.filter(message=message)
    assert max(attempt.at for attempt in tries) - min(attempt.at for attempt in tries) <= 24 * HOUR
    first = tries.first()
    assert first is not None
    assert (first.status, first.error) == (500, "status")
    assert "jane@" not in first.response

    receiver.status = 200
    assert endpoints.replay(new.endpoint, now=clock()) == 1
    send(worker)
    assert set(receiver.ids()) == {f"msg_{message.pk.hex}"}
    assert fresh(new.endpoint).failures == 0


@pytest.mark.long
def test_an_endpoint_that_fails_for_days_is_switched_off_after_a_warning(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker, clock: Clock
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    receiver.status = 500
    told: list[tuple[int, str]] = []
    for hour in range(7 * 24):
        rename(showcase, f"Hour {hour}")
        send(worker)
        seen = Notification.objects.filter(org=showcase.org, kind__startswith="endpoint_")
        told += [(hour, notice.kind) for notice in seen.order_by("id")[len(told) :]]
        clock.ahead += HOUR
    assert [kind for _, kind in told] == ["endpoint_failing", "endpoint_off"]
    assert 24 <= told[0][0] <= 30
    assert told[0][0] + 96 <= told[1][0] <= told[0][0] + 102
    endpoint = fresh(new.endpoint)
    assert (endpoint.state, endpoint.off_reason) == (State.OFF, OffReason.FAILING)

    receiver.status = 200
    asked = len(receiver.requests)
    send(worker)
    assert len(receiver.requests) == asked
    endpoints.switch(endpoint, on=True, now=clock())
    send(worker)
    titles = receiver.bodies("records.changed")[-1]["data"]
    assert titles["next_after"] == FeedPosition.objects.get(org=showcase.org).seq


def test_a_410_switches_an_endpoint_off_immediately(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    receiver.status = 410
    rename(showcase, "Gone")
    send(worker)
    assert (fresh(new.endpoint).state, fresh(new.endpoint).off_reason) == ("off", "gone")
    notice = Notification.objects.get(kind="endpoint_off")
    assert notice.facts["reason"] == "gone"
    assert receiver.url not in str(notice.facts)


def test_retry_after_is_honored_within_bounds(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker, clock: Clock
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    receiver.answers, receiver.headers = [429, 503], {"Retry-After": "600"}
    rename(showcase, "Busy")
    send(worker)
    clock.ahead += timedelta(seconds=590)
    send(worker)
    assert len(receiver.requests) == 1
    clock.ahead += timedelta(seconds=15)
    until = format_datetime(datetime.now(UTC) + timedelta(days=365), usegmt=True)
    receiver.headers = {"Retry-After": until}
    send(worker)
    held = fresh(new.endpoint).held_until
    assert held is not None
    assert held - clock() <= HOUR
    clock.ahead += HOUR
    send(worker)
    assert OutgoingMessage.objects.get().state == MessageState.DELIVERED


def test_rotation_signs_with_both_secrets_for_a_day(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker, clock: Clock
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    second = endpoints.rotate(new.endpoint, vault=default_vault(), now=clock())
    assert second.startswith("whsec_")
    rename(showcase, "Both")
    send(worker)
    headers, body = receiver.requests[-1]
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (new.secret, second):
        Webhook(secret).verify(body, headers)

    clock.ahead += 25 * HOUR
    rename(showcase, "New alone")
    send(worker)
    headers, body = receiver.requests[-1]
    Webhook(second).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new.secret).verify(body, headers)

    sealed = bytes(fresh(new.endpoint).sealed_secret)
    assert second.encode() not in sealed


def test_a_lost_position_in_the_feed_is_reported(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    new = made(showcase, receiver.url, Event.RECORDS)
    OutgoingEndpoint.objects.filter(pk=new.endpoint.pk).update(after=5)
    rename(showcase, "Later")
    send(worker)
    (lost,) = receiver.bodies()
    assert lost["type"] == "records.expired"
    assert lost["data"]["after"] == FeedPosition.objects.get(org=showcase.org).seq


def test_a_paused_endpoint_receives_test_events(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    new = made(showcase, receiver.url, Event.LATE)
    OutgoingEndpoint.objects.update(held_until=datetime.now(UTC) + HOUR)
    endpoints.send_test(new.endpoint, now=datetime.now(UTC))
    send(worker)
    assert [body["type"] for body in receiver.bodies()] == ["test"]


def test_a_test_event_is_sent_before_waiting_messages(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    """A failing endpoint is paused after each attempt, so an older message would be tried instead of the test."""
    new = made(showcase, receiver.url, Event.RECORDS)
    receiver.status = 500
    rename(showcase, "Waiting")
    send(worker)
    OutgoingMessage.objects.update(next_try_at=datetime.now(UTC) - HOUR)
    endpoints.send_test(new.endpoint, now=datetime.now(UTC))
    send(worker)
    assert [body["type"] for body in receiver.bodies()] == ["records.changed", "test"]


def test_an_erasure_waits_for_an_endpoint_that_is_off(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    """Its receiver still has the erased person's data."""
    new = made(showcase, receiver.url, Event.ERASED, Event.CONNECTION)
    endpoints.switch(new.endpoint, on=False, now=datetime.now(UTC))
    talent = showcase.talent("elodie")
    erasure.erase(showcase.org, [talent.id], vault=default_vault(), storage=open_storage())
    Connection.objects.filter(org=showcase.org).update(state="paused")
    send(worker)
    assert not receiver.requests

    endpoints.switch(new.endpoint, on=True, now=datetime.now(UTC))
    send(worker)
    (erased,) = receiver.bodies()
    assert erased["data"]["talent_ids"] == [str(talent.id)]


def test_an_erasure_deletes_stored_responses(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    made(showcase, receiver.url)
    receiver.text = "thanks for Elodie"
    rename(showcase, "Told")
    send(worker)
    assert OutgoingAttempt.objects.exclude(response="").exists()
    talent = showcase.talent("elodie")
    done = erasure.erase(showcase.org, [talent.id], vault=default_vault(), storage=open_storage())
    assert not OutgoingAttempt.objects.exclude(response="").exists()
    send(worker)
    (erased,) = receiver.bodies("person.erased")
    assert erased["data"] == {
        "erasure_id": str(done.id),
        "cause": "request",
        "talent_ids": [str(talent.id)],
    }
    assert erasure.is_genuine(showcase.org.erasures.get(id=done.id), vault=default_vault())


def test_old_messages_are_forgotten_and_the_feed_is_kept_for_endpoints(
    showcase: Showcase, receiver: Receiver, worker: OutgoingWorker
) -> None:
    made(showcase, receiver.url, Event.RECORDS)
    rename(showcase, "Old")
    send(worker)
    failed = OutgoingMessage.objects.get()
    ages = {"delivered": 8, "failed": 8, "waiting": 31}
    old = {
        state: OutgoingMessage.objects.create(
            org=showcase.org,
            endpoint=failed.endpoint,
            event="test",
            state=state,
            created_at=datetime.now(UTC) - timedelta(days=days),
        )
        for state, days in ages.items()
    }
    FeedPosition.objects.update(used_at=datetime.now(UTC) - timedelta(days=30))
    pruning.forget_old()
    left = set(OutgoingMessage.objects.values_list("pk", flat=True))
    assert left == {failed.pk, old["failed"].pk}
    assert FeedPosition.objects.filter(org=showcase.org).exists()


def test_a_response_after_the_endpoint_was_deleted_is_harmless(
    showcase: Showcase, receiver: Receiver
) -> None:
    new = made(showcase, receiver.url)
    message = endpoints.send_test(new.endpoint, now=datetime.now(UTC))
    endpoints.delete(new.endpoint, now=datetime.now(UTC))
    outcomes.note_outcome(message, Answer(status=200), datetime.now(UTC))
    assert not OutgoingAttempt.objects.exists()


def test_completing_a_message_of_a_run_that_is_gone_changes_nothing(showcase: Showcase) -> None:
    message = OutgoingMessage(event=Event.SYNC, data={"run_id": str(uuid4())})
    delivery.complete(message)
    assert "changed" not in message.data
