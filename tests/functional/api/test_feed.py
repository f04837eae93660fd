"""The feed: everything that a copy needs to stay complete, and to verify that it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.db.models import Model, QuerySet
from fakes import programs
from fakes.showcase import Showcase

from jemmo.api import feed_streams
from jemmo.api.document import LISTS
from jemmo.services.accounts import tokens
from jemmo.store.db import scope
from jemmo.store.db.scope import Scope
from jemmo.store.feed import housekeeping
from jemmo.store.feed.entities import ENTITIES
from jemmo.store.models import (
    AccessEvent,
    ApiToken,
    Application,
    Attachment,
    Department,
    FeedPosition,
    FeedReader,
    Job,
    Note,
    Organisation,
    Stage,
    Talent,
    TalentContacts,
)

NOW = datetime.now(UTC)
RIGHTS: tuple[list[str], ...] = (
    [],
    ["contacts", "confidential"],
    ["contacts", "confidential", "notes"],
)


def content_of(answer: Any) -> bytes:
    if not getattr(answer, "is_async", False):
        return bytes(answer.getvalue())

    async def read() -> bytes:
        return b"".join([part async for part in answer])

    return asyncio.run(read())


class Consumer:
    """A client that keeps a copy of every record by id, as returned by the API."""

    def __init__(self, org: Organisation, *scopes: str, connection: UUID | None = None) -> None:
        made = tokens.create(
            org, ["records", *scopes], name="test", now=NOW, connection_id=connection
        )
        self.token, self.secret = made.token, made.secret
        self.entities = [name for name in ENTITIES if name != "notes" or name in scopes]
        self.copy: dict[str, dict[str, Any]] = {}
        self.seq = 0

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        with scope.acting_in(scope.NOBODY):
            headers = {"Authorization": f"Bearer {self.secret}", **headers}
            answer = programs.client().get(f"/api/v1/{path}", headers=headers)
            content = content_of(answer)
        assert answer.status_code == status, content
        return json.loads(content)

    def lines(self, path: str) -> list[Any]:
        with scope.acting_in(scope.NOBODY):
            headers = {"Authorization": f"Bearer {self.secret}"}
            answer = programs.client().get(f"/api/v1/{path}", headers=headers)
            return [json.loads(line) for line in content_of(answer).splitlines()]

    def begin(self) -> Consumer:
        for name in self.entities:
            *rows, last = self.lines(f"snapshot/{name}")
            self.copy |= {row["id"]: {**row, "entity": name} for row in rows}
            self.seq = self.seq or last["seq"]
        return self

    def follow(self, limit: int = 40) -> list[tuple[str, str, str]]:
        """Update the copy, and return what happened."""
        news = []
        while True:
            page = self.get(f"changes?after={self.seq}&limit={limit}&include=record")
            for change in page["data"]:
                assert change["seq"] > self.seq
                self.seq = change["seq"]
                news.append((change["op"], change["entity"], change["id"]))
                if change["op"] == "deleted":
                    del self.copy[change["id"]]
                elif change["record"]:
                    assert (change["op"] == "created") == (change["id"] not in self.copy)
                    self.copy[change["id"]] = {**change["record"], "entity": change["entity"]}
            self.seq = page["next_after"]
            if len(page["data"]) < limit:
                return news

    def digest(self) -> dict[str, Any]:
        """Compute the digest as documented."""
        totals = {name: {"count": 0, "digest": 0} for name in self.entities}
        for key, record in self.copy.items():
            total = totals[record["entity"]]
            total["count"] += 1
            version = sha256(f"{key}:{record['modified_at']}".encode()).digest()
            total["digest"] = (total["digest"] + int.from_bytes(version)) % 2**256
        return {
            name: {"count": total["count"], "digest": f"{total['digest']:064x}"}
            for name, total in totals.items()
        }

    def prove(self) -> None:
        proof = self.get("digest")
        assert proof == {"seq": self.seq, "entities": self.digest()}

    def compare(self) -> None:
        """Compare every field of every record with the lists."""
        listed = {
            row["id"]: {**row, "entity": name}
            for name in self.entities
            for row in self.get(f"{name.replace('_', '-')}?limit=500")["data"]
        }
        assert listed == self.copy


@pytest.fixture(params=RIGHTS, ids=str)
def consumer(request: pytest.FixtureRequest, showcase: Showcase) -> Consumer:
    return Consumer(showcase.org, *request.param).begin()


@pytest.fixture
def reader(showcase: Showcase) -> Consumer:
    return Consumer(showcase.org, "contacts", "confidential", "notes").begin()


def _one(model: type[Model], remote_id: str, **values: Any) -> Callable[[Showcase], object]:
    """Change a record without updating its version, as no statement of ours should."""
    return lambda showcase: (
        QuerySet(model).filter(org=showcase.org, remote_id=remote_id).update(**values)
    )


def _all(model: type[Model], **values: Any) -> Callable[[Showcase], object]:
    return lambda showcase: QuerySet(model).filter(org=showcase.org).update(**values)


def _delete(*models: type[Model]) -> Callable[[Showcase], object]:
    return lambda showcase: [QuerySet(model).filter(org=showcase.org).delete() for model in models]


EVENTS: dict[str, Callable[[Showcase], object]] = {
    "job renamed": _one(Job, "dev", title="Developer"),
    "job excluded": _one(Job, "dev", excluded_reason="job_archived"),
    "job shown": _all(Job, excluded_reason=None),
    "job confidential": _one(Job, "dev", visibility="CONFIDENTIAL"),
    "job open again": _one(Job, "dev", visibility="PUBLIC"),
    "job tagged": _one(Job, "dev", tags=["new"]),
    "department renamed": _one(Department, "eng", name="Engineers"),
    "stage renamed": _one(Stage, "talk", name="Other"),
    "talent private": _one(Talent, "elodie", is_private=True),
    "talent excluded": _one(Talent, "elodie", excluded_reason="talent_archived"),
    "talent shown": _all(Talent, excluded_reason=None),
    "talent open again": _one(Talent, "elodie", is_private=False),
    "talent deleted": _one(Talent, "elodie", remote_deleted_at=NOW),
    "talent back": _all(Talent, remote_deleted_at=None),
    "note rewritten": _one(Note, "of-elodie", body="Shorter"),
    "note sealed": _one(Note, "of-elodie", sealed_texts=None),
    "note deleted": _one(Note, "of-elodie", remote_deleted_at=NOW),
    "note back": _one(Note, "of-elodie", remote_deleted_at=None),
    "do not contact": _one(Talent, "elodie", do_not_contact_at=NOW),
    "file fetched": _all(Attachment, fetch_status="STORED", size=9),
    "nothing": _all(Job, content_hash=b"other"),
    "search read anew": _all(Talent, search=None),
    "applications deleted": _delete(Application),
    "notes deleted": _delete(Note),
    "everything deleted": _delete(Stage, TalentContacts, Attachment, Talent, Job, Department),
}


def test_the_feed_covers_what_can_be_listed() -> None:
    assert ENTITIES.keys() == LISTS.keys()


@pytest.mark.sample(1)
def test_a_copy_follows_every_kind_of_change(consumer: Consumer, showcase: Showcase) -> None:
    for name, happen in EVENTS.items():
        happen(showcase)
        news = consumer.follow()
        consumer.prove()
        if name in {"department renamed", "search read anew"}:
            consumer.compare()
        assert name not in {"nothing", "search read anew"} or not news
    assert not {row["entity"] for row in consumer.copy.values()} - {"users", "reject_reasons"}


def test_a_snapshot_matches_the_lists(consumer: Consumer) -> None:
    assert consumer.copy
    consumer.prove()
    consumer.compare()
    assert consumer.follow() == []


def test_changes_depend_on_the_readers_rights(showcase: Showcase) -> None:
    """A record that becomes visible is reported as created, a hidden one as deleted."""
    everything = Consumer(showcase.org, "contacts", "confidential").begin()
    records = Consumer(showcase.org).begin()
    job = str(showcase.job("dev").id)
    EVENTS["job confidential"](showcase)
    EVENTS["job renamed"](showcase)

    assert ("updated", "jobs", job) in everything.follow()
    assert ("deleted", "jobs", job) in records.follow()
    assert {change[0] for change in records.follow()} == set()

    EVENTS["job open again"](showcase)
    assert ("updated", "jobs", job) in everything.follow()
    assert ("created", "jobs", job) in records.follow()


def test_notes_require_the_right_to_read_them(showcase: Showcase) -> None:
    """Notes about a private talent require both rights, and a hidden talent has none."""
    readers = {
        rights: Consumer(showcase.org, *rights).begin()
        for rights in (("confidential",), ("notes",), ("notes", "confidential"))
    }
    note = Note.objects.get(org=showcase.org, remote_id="of-elodie")
    steps = (
        ("note rewritten", "updated", "updated"),
        ("talent private", "deleted", None),
        ("note sealed", None, "updated"),
        ("talent excluded", None, "deleted"),
        ("talent shown", None, "created"),
        ("talent open again", "created", None),
        ("note deleted", "deleted", "deleted"),
    )
    for name, *expected in steps:
        EVENTS[name](showcase)
        seen = [
            [op for op, entity, key in reader.follow() if key == str(note.id)]
            for reader in readers.values()
        ]
        assert seen == [[], *([op] if op else [] for op in expected)], name
        for reader in readers.values():
            reader.prove()
    without = readers["confidential",]
    for path in ("snapshot/notes", "digest?entity=notes"):
        assert without.get(path, 403)["code"] == "scope_missing"
    assert "notes" not in without.get("digest")["entities"]


def test_marking_a_person_as_not_to_be_contacted_changes_their_notes(showcase: Showcase) -> None:
    reader = Consumer(showcase.org, "contacts", "notes").begin()
    with scope.acting_in(Scope(org=showcase.org.id)):
        EVENTS["do not contact"](showcase)
        assert not Note.objects.exists()
    changes = reader.get(f"changes?after={reader.seq}&include=record")["data"]
    notes = [change for change in changes if change["entity"] == "notes"]
    assert [note["fields"] for note in notes] == [["body"]] * 2
    assert all("+33" not in (note["record"]["body"] or "") for note in notes)


def test_a_feed_of_a_version_with_other_entities_starts_over(showcase: Showcase) -> None:
    reader = Consumer(showcase.org, "notes").begin()
    origin = FeedPosition.objects.get(org=showcase.org).origin
    assert origin.endswith(",notes")
    FeedPosition.objects.update(origin=origin.removesuffix(",notes"))
    reader.get(f"changes?after={reader.seq}", 410)


def test_changed_contact_fields_are_only_named_to_authorized_readers(showcase: Showcase) -> None:
    readers = [Consumer(showcase.org, *scopes).begin() for scopes in ([], ["contacts"])]
    talent = showcase.talent("elodie")
    TalentContacts.objects.filter(talent=talent).update(hashes=[1, 2])
    Talent.objects.filter(id=talent.id).update(headline="New", first_name="E.")

    named = [
        change["fields"]
        for reader in readers
        for change in reader.get(f"changes?after={reader.seq}")["data"]
    ]

    own = {"headline", "first_name", "full_name"}
    assert [set(fields) for fields in named] == [own, {*own, "emails", "phones", "links"}]


def test_an_unknown_number_is_refused(showcase: Showcase) -> None:
    reader = Consumer(showcase.org).begin()
    for number in (0, 1, reader.seq - 1, reader.seq + 1, 2**62):
        problem = reader.get(f"changes?after={number}", 410)
        assert problem["code"] == "cursor_expired"
        assert "snapshot" in problem["next_step"]
    assert reader.get(f"digest?at={reader.seq + 1}", 410)["code"] == "cursor_expired"
    stranger = Consumer(showcase.stranger).begin()
    stranger.get(f"changes?after={reader.seq}", 410)


def test_nonsensical_requests_are_refused(showcase: Showcase) -> None:
    reader = Consumer(showcase.org)
    for path in (
        *("changes?after=-1", "changes?after=x", f"changes?after={2**63}", "changes?limit=0"),
        *("changes?limit=1001", "changes?wait=31", "changes?wait=nan", "changes?include=talents"),
        *("snapshot/people", "snapshot/resumes", "snapshot/jobs?from=1", "snapshot/jobs?include=x"),
        *("digest?entity=people", "digest?parts=2", "digest?entity=jobs&parts=257", "digest?at=x"),
        f"digest?from={uuid4()}",
    ):
        assert reader.get(path, 422)["code"] == "bad_parameter", path
    made = tokens.create(showcase.org, ["files"], name="none", now=NOW)
    reader.secret = made.secret
    for path in ("changes", "snapshot/jobs", "digest"):
        assert reader.get(path, 403)["code"] == "scope_missing"


def test_without_a_number_the_feed_starts_now(showcase: Showcase) -> None:
    reader = Consumer(showcase.org)
    page = reader.get("changes")
    assert page["data"] == []
    EVENTS["job renamed"](showcase)
    news = reader.get(f"changes?after={page['next_after']}")
    assert [change["fields"] for change in news["data"]] == [["title"]]
    assert news["data"][0]["seq"] == news["next_after"] == page["next_after"] + 1


def test_a_token_with_other_rights_starts_over(showcase: Showcase) -> None:
    reader = Consumer(showcase.org).begin()
    EVENTS["job renamed"](showcase)
    again = Consumer(showcase.org)  # a rotated token with the same rights
    assert len(again.get(f"changes?after={reader.seq}")["data"]) == 1
    Consumer(showcase.org, "contacts").get(f"changes?after={reader.seq}", 410)

    ApiToken.objects.filter(pk=reader.token.pk).update(scopes=["records", "confidential"])
    reader.get(f"changes?after={reader.seq}", 410)
    reader.copy.clear()
    reader.seq = 0
    reader.begin().prove()
    assert FeedReader.objects.get(token=reader.token).rights == ["confidential"]


def test_a_restored_database_is_recognized(showcase: Showcase) -> None:
    reader = Consumer(showcase.org).begin()
    FeedPosition.objects.update(origin="another server")
    reader.get(f"changes?after={reader.seq}", 410)
    before, reader.seq = reader.seq, 0
    assert reader.begin().seq > before


def test_old_changes_and_unread_feeds_are_deleted(showcase: Showcase) -> None:
    reader = Consumer(showcase.org).begin()
    start = reader.seq
    EVENTS["job renamed"](showcase)
    EVENTS["job tagged"](showcase)
    now = datetime.now(UTC)
    with scope.acting_in(scope.EVERYTHING):
        assert housekeeping.forget(now - timedelta(days=1))["changes"] == 0
        EVENTS["file fetched"](showcase)
        reader.follow()
        FeedPosition.objects.update(used_at=now + timedelta(days=1))
        assert housekeeping.forget(datetime.now(UTC))["changes"] == 2
        reader.get(f"changes?after={start}", 410)
        reader.follow()
        reader.prove()
        FeedPosition.objects.update(used_at=now - timedelta(days=8))
        counts = housekeeping.forget(now - timedelta(days=7))
    assert counts["feeds"] == 1
    assert not FeedPosition.objects.exists()
    reader.get(f"changes?after={reader.seq}", 410)


def test_ranges_reveal_half_a_copy(showcase: Showcase) -> None:
    """A few digests are enough to find missing, superfluous and outdated records."""
    reader = Consumer(showcase.org).begin()
    whole = dict(reader.copy)
    talents = sorted(key for key, row in whole.items() if row["entity"] == "talents")
    for key in talents[::2]:
        del reader.copy[key]
    reader.copy[talents[1]] = {**whole[talents[1]], "modified_at": "2020-01-01T00:00:00Z"}
    surplus = str(uuid4())
    reader.copy[surplus] = {**whole[talents[3]], "id": surplus}

    proof = reader.get("digest?entity=talents&parts=8")
    assert proof["entities"]["talents"] != reader.digest()["talents"]
    for part in proof["parts"]:
        mine = {
            key
            for key, row in reader.copy.items()
            if row["entity"] == "talents"
            and (part["from"] or "") <= key
            and (part["to"] is None or key < part["to"])
        }
        held = Consumer.__new__(Consumer)
        held.entities = reader.entities
        held.copy = {key: reader.copy[key] for key in mine}
        if held.digest()["talents"] != {"count": part["count"], "digest": part["digest"]}:
            bounds = "&".join(f"{name}={part[name]}" for name in ("from", "to") if part[name])
            *rows, _ = reader.lines(f"snapshot/talents?{bounds}")
            for key in mine:
                del reader.copy[key]
            reader.copy |= {row["id"]: {**row, "entity": "talents"} for row in rows}
    assert reader.copy == whole
    reader.prove()


def test_a_digest_is_available_for_an_earlier_number(showcase: Showcase) -> None:
    reader = Consumer(showcase.org).begin()
    before = reader.digest()
    for name in ("job renamed", "talent private", "applications deleted"):
        EVENTS[name](showcase)
    assert reader.get(f"digest?at={reader.seq}") == {"seq": reader.seq, "entities": before}
    assert reader.get("digest")["entities"] != before


def test_reading_people_is_logged(showcase: Showcase) -> None:
    reader = Consumer(showcase.org)
    reader.lines("snapshot/talents")
    detail = {"what": "talents", "token": str(reader.token.pk)}
    assert AccessEvent.objects.filter(org=showcase.org, detail__contains=detail).count() == 1


def test_too_many_streams_of_a_token_are_refused(showcase: Showcase) -> None:
    reader = Consumer(showcase.org)
    with ExitStack() as held:
        for _ in range(feed_streams.MOST_STREAMS):
            held.enter_context(feed_streams.opened(reader.token))
        assert reader.get("snapshot/jobs", 429)["code"] == "too_many_streams"
    assert reader.lines("snapshot/jobs")[-1] == {"seq": reader.get("changes")["next_after"]}


def test_the_end_of_a_token_ends_its_stream(showcase: Showcase) -> None:
    reader = Consumer(showcase.org)
    page = reader.get("changes")
    with scope.acting_in(scope.NOBODY):
        headers = {"Authorization": f"Bearer {reader.secret}", "Accept": "text/event-stream"}
        path = f"/api/v1/changes?after={page['next_after']}"
        answer: Any = programs.client().get(path, headers=headers)
    EVENTS["job renamed"](showcase)

    async def read() -> list[bytes]:
        parts = []
        async for part in answer:
            parts.append(part)
            if b"event: change" in part:
                await asyncio.to_thread(revoke)
        return parts

    def revoke() -> None:
        ApiToken.objects.filter(pk=reader.token.pk).update(revoked_at=NOW)
        Talent.objects.filter(org=showcase.org).update(headline="Wake up")
        connections.close_all()

    parts = asyncio.run(read())
    assert sum(b"event: change" in part for part in parts) == 1
    assert f"id: {page['next_after'] + 1}\n".encode() in b"".join(parts)


def test_a_waiting_client_gets_a_change_immediately(showcase: Showcase) -> None:
    reader = Consumer(showcase.org)
    page = reader.get("changes")
    with scope.acting_in(scope.NOBODY):
        headers = {"Authorization": f"Bearer {reader.secret}"}
        path = f"/api/v1/changes?after={page['next_after']}&wait=30"
        answer = programs.client().get(path, headers=headers)
    assert answer.streaming
    EVENTS["job renamed"](showcase)
    news = json.loads(content_of(answer))
    assert [change["fields"] for change in news["data"]] == [["title"]]
