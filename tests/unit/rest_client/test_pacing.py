"""The pacer stays within the ATS's limit for any pattern of requests, and eventually lets every request through."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.ports import PaceState
from jemmo.rest_client import Pacer
from jemmo.rest_client.pacing import MAX_HOLD, RateLimitStatus
from jemmo.services.files.download import FILES_PART
from jemmo.services.sync.runner import QUOTA_BESIDE_REFETCHES
from jemmo.store.sync.quota import SENT_AT_ONCE

waits = st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=300)


shares = st.floats(0.05, 1)


@given(waits, st.integers(1, 60), st.floats(0.5, 60), shares, shares)
def test_no_window_exceeds_the_limit(
    gaps: list[float], limit: int, per: float, share: float, at_once: float
) -> None:
    pacer, now, slots = Pacer(limit, per, share=share, at_once=at_once), 0.0, []
    for gap in gaps:
        now += gap
        slots.append(pacer.reserve(now))
    allowed = max(1, int(limit * share))
    for first, last in zip(slots, slots[allowed:]):
        assert last - first >= per - 1e-6


@given(waits, st.integers(1, 60), st.floats(0.5, 60), shares)
def test_no_request_is_sent_early_or_overtakes_another(
    gaps: list[float], limit: int, per: float, at_once: float
) -> None:
    pacer, now, before = Pacer(limit, per, at_once=at_once), 0.0, 0.0
    for gap in gaps:
        now += gap
        slot = pacer.reserve(now)
        assert slot >= now
        assert slot >= before
        before = slot


@given(st.integers(2, 60), st.floats(0.5, 60), st.integers(1, 500), shares)
def test_nobody_waits_longer_than_necessary(
    limit: int, per: float, count: int, at_once: float
) -> None:
    pacer = Pacer(limit, per, at_once=at_once)
    slots = [pacer.reserve(0.0) for _ in range(count)]
    assert slots[-1] <= per * (count / pacer.window + 1) + 1e-6


def test_a_small_company_is_read_at_once() -> None:
    pacer = Pacer(50, 10)
    assert {pacer.reserve(0.0) for _ in range(49)} == {0.0}
    assert pacer.reserve(0.0) == pytest.approx(10.0)


def test_requests_follow_evenly_once_the_window_is_used_up() -> None:
    pacer = Pacer(50, 10)
    slots = [pacer.reserve(0.0) for _ in range(150)]
    assert {round(later - earlier, 6) for earlier, later in pairwise(slots[49:])} == {
        round(10 / 49, 6)
    }


def test_a_share_leaves_the_rest_to_other_tools() -> None:
    pacer = Pacer(100, 10, share=0.2)
    assert [pacer.reserve(0.0) for _ in range(19)] == [0.0] * 19
    assert pacer.reserve(0.0) > 0


def test_the_atss_own_count_slows_requests_down() -> None:
    pacer = Pacer(50, 10)
    pacer.apply_status(0.0, RateLimitStatus(limit=50, remaining=0, reset=7.0))
    assert pacer.reserve(0.0) == 7.0


def test_a_nonsensical_wait_is_ignored() -> None:
    pacer = Pacer(50, 10)
    pacer.apply_status(0.0, RateLimitStatus(limit=50, remaining=0, reset=1e9))
    assert pacer.reserve(0.0) <= 100.0


def test_the_rest_of_a_window_may_be_in_milliseconds() -> None:
    pacer = Pacer(50, 10)
    pacer.apply_status(0.0, RateLimitStatus(limit=50, remaining=0, reset=8000.0))
    assert pacer.reserve(0.0) == 8.0


@given(st.floats(0, 1e300))
def test_no_key_is_blocked_longer_than_documented(seconds: float) -> None:
    pacer = Pacer(50, 10)
    pacer.hold(5.0, seconds)
    assert pacer.reserve(5.0) <= 5.0 + MAX_HOLD


def test_a_smaller_limit_reported_by_the_ats_is_respected() -> None:
    pacer = Pacer(50, 10)
    pacer.apply_status(0.0, RateLimitStatus(limit=5, remaining=4, reset=10))
    slots = [pacer.reserve(0.0) for _ in range(12)]
    for first, last in zip(slots, slots[5:]):
        assert last - first >= 10 - 1e-6


def test_a_pause_is_waited_out() -> None:
    pacer = Pacer(50, 10)
    pacer.hold(0.0, 3.0)
    assert pacer.reserve(1.0) == 3.0
    assert pacer.reserve(4.0) == 4.0


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 2)), min_size=1, max_size=200),
    st.integers(1, 30),
    st.floats(0.5, 20),
)
def test_processes_with_the_same_key_share_one_limit(
    asked: list[tuple[float, int]], limit: int, per: float
) -> None:
    pacers = [Pacer(limit, per) for _ in range(3)]
    state, slots = PaceState(now=0.0, sent=[]), []
    for gap, which in asked:
        state.now += gap
        pacers[which].share_in(state)
        slots.append(pacers[which].reserve(state.now))
        pacers[which].share_out(state)
        state.now = max(state.now, slots[-1])  # each waits for its slot before it asks again
    for first, last in zip(slots, slots[limit:]):
        assert last - first >= per - 1e-6


def test_reservations_by_a_fast_clock_block_nobody() -> None:
    pacer = Pacer(5, 10)
    year = 365 * 86400.0
    pacer.share_in(PaceState(now=100.0, sent=[year] * 5, held_until=year))
    assert pacer.reserve(100.0) <= 100.0 + 900.0


def _in_turn(state: PaceState, pacer: Pacer, now: float) -> float:
    """Return when a request of a process with a shared pace may be sent."""
    state.now = now
    pacer.share_in(state)
    slot = pacer.reserve(now)
    pacer.share_out(state)
    return slot


def test_delayed_requests_are_spread_over_the_window() -> None:
    pacer = Pacer(50, 10, at_once=0.3)
    slots = [pacer.reserve(0.0) for _ in range(150)]

    assert slots[13] == 0.0 < slots[14]
    assert slots[48] < 10.0 <= slots[49]
    assert max(later - earlier for earlier, later in pairwise(slots)) <= 3 * 10 / 49 + 1e-9
    assert slots[-1] <= 10 * 150 / 49 + 1e-6


def test_an_even_pace_leaves_room_for_others() -> None:
    state = PaceState(now=0.0, sent=[], held_until=0.0, limit=None)
    sync, other = Pacer(50, 10, at_once=0.3), Pacer(50, 10)
    for _ in range(20):
        _in_turn(state, sync, 0.0)
    before = _in_turn(state, sync, state.sent[-1])
    for _ in range(15):
        _in_turn(state, other, before)
    now = max(state.sent)
    assert _in_turn(state, sync, now) - now > 10 / 49


@pytest.mark.parametrize("first_look", [0.0, 2.0, 9.0, 15.0])
def test_a_refetch_is_sent_immediately_during_syncs_and_downloads(
    first_look: float,
) -> None:
    """One webhook every 0.6 seconds for a minute, as for one of ten organizations with a thousand in total."""
    state = PaceState(now=0.0, sent=[], held_until=0.0, limit=None)
    sync = Pacer(50, 10, share=0.9 * QUOTA_BESIDE_REFETCHES, at_once=SENT_AT_ONCE)
    files = Pacer(50, 10, share=0.9 * FILES_PART, at_once=SENT_AT_ONCE)
    look = Pacer(50, 10, share=0.9)
    sent: list[float] = []
    waited: list[float] = []
    sync_at = files_at = 0.0
    look_at, heard = first_look, first_look
    while heard < first_look + 60:
        now = min(sync_at, files_at, look_at)
        if look_at == now:
            slot = _in_turn(state, look, now)
            waited.append(slot - heard)
            heard += 0.6
            look_at = max(slot, heard)
        elif sync_at == now:
            slot = sync_at = _in_turn(state, sync, now) + 0.001
        else:
            slot = files_at = _in_turn(state, files, now) + 0.001
        sent.append(slot)

    assert max(waited) < 2.0
    assert sum(1 for one in waited if one > 0.1) < len(waited) / 10
    sent.sort()
    for first, last in zip(sent, sent[45:]):
        assert last - first >= 10 - 0.01


def test_refetches_slow_a_sync_down_only_slightly() -> None:
    pacer = Pacer(50, 10, share=0.9 * QUOTA_BESIDE_REFETCHES, at_once=SENT_AT_ONCE)
    slots = [pacer.reserve(0.0) for _ in range(1000)]

    assert slots[-1] <= 1.1 * 1000 / (5 * 0.9)


def test_a_request_that_will_not_wait_reserves_nothing() -> None:
    pacer = Pacer(1, 60)
    assert pacer.reserve(0.0) == 0.0
    assert [pacer.reserve(0.0, patience=10) for _ in range(2)] == [60.0, 60.0]
    assert pacer.reserve(55.0, patience=10) == 60.0
    assert pacer.reserve(55.0) == 120.0
