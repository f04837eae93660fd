"""Properties of refetch requests, floods and missing webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import (
    SILENT_AFTER,
    Bucket,
    Health,
    Outcome,
    Reception,
    RefetchRequest,
    coalesce,
    health_message,
)

REQUESTS = st.lists(
    st.builds(
        RefetchRequest,
        stream=st.sampled_from([Stream.JOBS, Stream.TALENTS]),
        remote_id=st.sampled_from("abc"),
        destroyed=st.booleans(),
    )
)


def keys(requests: list[RefetchRequest]) -> set[tuple[Stream, str]]:
    return {(request.stream, request.remote_id) for request in requests}


@given(REQUESTS, st.randoms())
def test_the_same_records_are_refetched_in_any_order(
    requests: list[RefetchRequest], chance: object
) -> None:
    shuffled = list(requests)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert keys(coalesce(shuffled)) == keys(coalesce(requests)) == keys(requests)


@given(REQUESTS)
def test_each_record_is_refetched_once_and_the_last_event_counts(
    requests: list[RefetchRequest],
) -> None:
    found = coalesce(requests)
    assert len(found) == len(keys(requests))
    last = {(request.stream, request.remote_id): request for request in requests}
    assert set(found) == set(last.values())
    assert coalesce(found) == found


@given(REQUESTS, REQUESTS)
def test_coalescing_in_parts_changes_nothing(
    one: list[RefetchRequest], other: list[RefetchRequest]
) -> None:
    assert coalesce([*coalesce(one), *coalesce(other)]) == coalesce([*one, *other])


@given(
    st.floats(1, 100),
    st.floats(0.1, 100),
    st.lists(st.floats(-10, 10, allow_nan=False), max_size=200),
)
def test_the_flood_limit_is_never_exceeded(burst: float, rate: float, waits: list[float]) -> None:
    bucket, now, passed = Bucket(burst, rate), 0.0, 0.0
    let = 0
    for wait in waits:  # clocks may also jump back
        passed += max(0.0, wait)
        now += wait
        let += bucket.take(now)
    assert let <= burst + passed * rate + 1e-6


MADE = datetime(2026, 1, 1, tzinfo=UTC)
EARLIER, BEFORE, LATER = (MADE + timedelta(hours=hours) for hours in (-1, 1, 2))


@pytest.mark.parametrize(
    ("accepted", "refused", "missed", "health"),
    [
        (None, None, 100, Health.NEVER),
        (None, BEFORE, 100, Health.REFUSED),
        (LATER, BEFORE, 0, Health.HEALTHY),
        (BEFORE, LATER, 0, Health.REFUSED),
        (BEFORE, LATER, 100, Health.REFUSED),
        (LATER, None, SILENT_AFTER - 1, Health.HEALTHY),
        (LATER, None, SILENT_AFTER, Health.SILENT),
        (LATER, None, None, Health.RECEIVED),
        (BEFORE, LATER, None, Health.REFUSED),
        (EARLIER, None, 0, Health.NEVER),  # at the replaced address
        (None, EARLIER, 0, Health.NEVER),
        (EARLIER, BEFORE, 0, Health.REFUSED),
    ],
)
def test_the_latest_webhook_at_the_address_shows_whether_webhooks_work(
    accepted: datetime | None, refused: datetime | None, missed: int | None, health: Health
) -> None:
    reception = Reception(
        made_at=MADE, last_delivery_at=accepted, refused_at=refused, missed=missed
    )
    assert reception.health is health


@pytest.mark.parametrize(
    ("refused_as", "next_step"),
    [
        (Outcome.WRONGLY_SIGNED, "Check the signature key"),
        (Outcome.KEY_MISSING, "Check the signature key"),
        (Outcome.NOT_JSON, "what is sent to this address"),
    ],
)
def test_a_refusal_names_its_own_next_step(refused_as: Outcome, next_step: str) -> None:
    """An ATS that doesn't sign its webhooks has no signature key to check."""
    message = health_message(
        Health.REFUSED, supported=True, set_up=True, refused_as=str(refused_as)
    )
    assert next_step in message


def test_a_webhook_is_accepted_exactly_with_status_200_or_as_a_duplicate() -> None:
    for outcome in Outcome:
        assert outcome.is_taken == (outcome.status == 200) or outcome is Outcome.DUPLICATE
        assert outcome.is_taken or not outcome.is_kept
