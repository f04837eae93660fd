"""Properties of refetch requests, floods and missing webhooks."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import (
    SILENT_AFTER,
    Bucket,
    Health,
    Outcome,
    RefetchRequest,
    coalesce,
    health,
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


def test_missing_webhooks_are_reported_after_several_changes() -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC)
    assert health(None, 100) is Health.NEVER
    assert health(None, 100, refused=1) is Health.REFUSED
    assert health(then, 0, refused=1) is Health.HEALTHY
    assert health(then, SILENT_AFTER - 1) is Health.HEALTHY
    assert health(then, SILENT_AFTER) is Health.SILENT


def test_a_webhook_is_accepted_exactly_with_status_200_or_as_a_duplicate() -> None:
    for outcome in Outcome:
        assert outcome.is_taken == (outcome.status == 200) or outcome is Outcome.DUPLICATE
        assert outcome.is_taken or not outcome.is_kept
