"""The explanation of why a record is or isn't in Jemmo, from the known facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from jemmo.domain.explanations import (
    KnownRecord,
    Missed,
    MissingReference,
    Reading,
    Reason,
    RecordFacts,
    RejectedRecord,
    Verdict,
    explain,
)
from jemmo.domain.rules import Exclusion

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TALENT = KnownRecord(
    kind="talent",
    id=uuid4(),
    remote_id="17",
    name="Camille Exemple",
    connection="Teamtailor",
    connection_id=uuid4(),
    changed_at=NOW,
    stored_at=NOW,
    read_all_at=None,
)
READING = Reading(
    connection="Teamtailor",
    state="active",
    running=False,
    failed=False,
    complete=True,
    read_all_at=NOW,
    last_success_at=NOW,
)


def verdict(held: KnownRecord, *, sees_contacts: bool = True) -> Verdict:
    (answer,) = explain(RecordFacts(known=[held], readings=[READING]), sees_contacts=sees_contacts)
    assert (answer.record is None) is (answer.verdict in {Verdict.WAITS, Verdict.DELETED})
    return answer.verdict


def test_outcomes_of_a_record() -> None:
    application = replace(TALENT, kind="application", owner=uuid4())
    archived = Exclusion.TALENT_ARCHIVED

    assert verdict(TALENT) is Verdict.SHOWN
    assert verdict(TALENT, sees_contacts=False) is Verdict.CONTACTS_HIDDEN
    assert verdict(replace(TALENT, kind="job"), sees_contacts=False) is Verdict.SHOWN
    assert verdict(replace(TALENT, excluded=archived)) is Verdict.EXCLUDED
    assert verdict(replace(application, excluded=archived)) is Verdict.EXCLUDED_TALENT
    assert verdict(replace(application, waits_for="talent 9")) is Verdict.WAITS
    assert verdict(replace(TALENT, excluded=archived, deleted_at=NOW)) is Verdict.DELETED


def test_only_existing_records_have_a_last_seen_time() -> None:
    later = NOW + timedelta(days=3)
    compared = replace(TALENT, read_all_at=later)
    missed = Missed(verdict=Verdict.DELETION_PAUSED, at=later)

    def seen(record: KnownRecord) -> datetime | None:
        (answer,) = explain(RecordFacts(known=[record]), sees_contacts=True)
        return answer.seen_at

    assert seen(compared) == later
    assert seen(replace(compared, read_all_at=None)) == NOW
    assert seen(replace(compared, deleted_at=later)) is None, (
        "the ATS had it before, at no known time"
    )
    assert seen(replace(compared, missed=missed)) is None


def test_rejections_and_pending_links_are_shown_with_the_stored_record() -> None:
    refused = RejectedRecord(
        stream="jobs", remote_id="17", connection="T", code="no_title", message="", at=NOW, times=2
    )
    awaited = MissingReference(stream="talents", remote_id="17", connection="T", since=NOW, by=3)

    answers = explain(
        RecordFacts(known=[TALENT], rejected=[refused], missing=[awaited]), sees_contacts=True
    )

    assert [one.verdict for one in answers] == [Verdict.SHOWN, Verdict.REJECTED, Verdict.AWAITED]
    assert (answers[1].code, answers[1].count, answers[2].count) == ("no_title", 2, 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, Reason.READ_ALL),
        ({"complete": False}, Reason.NOT_PROVED),
        ({"failed": True}, Reason.FAILED),
        ({"state": "refused", "failed": True}, Reason.REFUSED),
        ({"state": "paused"}, Reason.PAUSED),
        ({"state": "disconnected"}, Reason.DISCONNECTED),
        ({"read_all_at": None, "running": True}, Reason.FIRST_SYNC),
        ({"read_all_at": None}, Reason.NEVER_SYNCED),
        ({"read_all_at": None, "state": "paused"}, Reason.PAUSED),
    ],
)
def test_unseen_records_are_explained_by_each_connection(
    change: dict[str, Any], reason: Reason
) -> None:
    (answer,) = explain(RecordFacts(readings=[replace(READING, **change)]), sees_contacts=True)

    assert (answer.verdict, answer.reason) == (Verdict.NEVER_SEEN, reason)


def test_without_a_connection_there_is_no_explanation() -> None:
    assert explain(RecordFacts(), sees_contacts=True) == []
