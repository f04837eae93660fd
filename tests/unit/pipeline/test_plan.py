"""A sync's mode, a stream's start, and the checkpoint after a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jemmo.domain.streams import Checkpoint, Mode, Stream, StreamSpec
from jemmo.pipeline.plan import advance, begin_pass, choose_mode, end_pass, start_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JOBS, TALENTS = Stream.JOBS, Stream.TALENTS
CHANGING = StreamSpec(name=JOBS, cursor="updated-at", lag=timedelta(minutes=15))
WHOLE = StreamSpec(name=JOBS)
READ = Checkpoint(stream=JOBS, watermark=NOON, complete=True)


def turn(point: Checkpoint, **page: object) -> Checkpoint:
    told = {"fetched": 10, "repeats": 0, "cursor": None, "total": None, "covers": True, **page}
    return advance(point, **told)  # type: ignore[arg-type]


class TestChooseMode:
    def test_the_requested_mode_wins(self) -> None:
        assert choose_mode(Mode.RECONCILE, {}, [JOBS]) is Mode.RECONCILE

    def test_a_stream_that_was_never_read_makes_it_initial(self) -> None:
        assert choose_mode(None, {JOBS: READ}, [JOBS, TALENTS]) is Mode.INITIAL

    def test_an_interrupted_initial_sync_stays_initial(self) -> None:
        begun = Checkpoint(stream=TALENTS, mode=Mode.INITIAL, cursor="2", pass_started_at=NOON)
        assert choose_mode(None, {JOBS: READ, TALENTS: begun}, [JOBS, TALENTS]) is Mode.INITIAL

    def test_a_read_that_proved_nothing_is_followed_by_a_reconcile(self) -> None:
        assert choose_mode(None, {JOBS: replace(READ, complete=False)}, [JOBS]) is Mode.RECONCILE

    def test_otherwise_only_changes_are_read(self) -> None:
        assert choose_mode(None, {JOBS: READ}, [JOBS]) is Mode.INCREMENTAL


class TestBeginPass:
    def test_a_first_pass_starts_now_at_the_first_page(self) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        assert (point.pass_started_at, point.cursor, point.seen) == (NOON, None, 0)

    def test_a_running_pass_continues_at_its_page_and_keeps_its_start(self) -> None:
        begun = Checkpoint(
            stream=JOBS, mode=Mode.INITIAL, cursor="page 3", pass_started_at=NOON, seen=60
        )
        later = NOON + timedelta(hours=3)
        assert begin_pass(CHANGING, begun, Mode.INITIAL, later) == begun

    def test_another_mode_starts_over_and_keeps_the_watermark(self) -> None:
        begun = replace(READ, mode=Mode.INITIAL, cursor="page 3", pass_started_at=NOON, seen=60)
        point = begin_pass(CHANGING, begun, Mode.RECONCILE, NOON + timedelta(hours=3))
        assert (point.cursor, point.seen, point.watermark) == (None, 0, NOON)

    def test_a_stream_already_read_by_an_initial_sync_is_not_reread(self) -> None:
        done = replace(READ, mode=Mode.INITIAL, pass_started_at=NOON, done=True)
        assert begin_pass(CHANGING, done, Mode.INITIAL, NOON).done

    def test_an_interrupted_incremental_sync_rereads_changes_of_finished_streams(
        self,
    ) -> None:
        done = replace(READ, mode=Mode.INCREMENTAL, pass_started_at=NOON, done=True)
        later = NOON + timedelta(hours=6)
        point = begin_pass(CHANGING, done, Mode.INCREMENTAL, later)
        assert (point.done, point.pass_started_at, point.watermark) == (False, later, NOON)


class TestStartOf:
    def test_an_initial_pass_reads_everything(self) -> None:
        point = begin_pass(CHANGING, READ, Mode.INITIAL, NOON)
        assert start_of(CHANGING, point).since is None

    def test_an_incremental_pass_reads_from_the_watermark_less_the_lag(self) -> None:
        point = begin_pass(CHANGING, READ, Mode.INCREMENTAL, NOON + timedelta(days=1))
        assert start_of(CHANGING, point).since == NOON - timedelta(minutes=15)

    def test_an_initial_pass_starts_with_the_last_30_days(self) -> None:
        begun = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        taken_up = begin_pass(CHANGING, begun, Mode.INITIAL, NOON + timedelta(days=3))
        assert start_of(CHANGING, taken_up).recent == NOON - timedelta(days=30)

    @pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.RECONCILE])
    def test_only_initial_passes_start_with_recent_records(self, mode: Mode) -> None:
        point = begin_pass(CHANGING, READ, mode, NOON)
        assert start_of(replace(CHANGING, thin_sweep=False), point).recent is None

    def test_a_stream_without_a_cursor_is_read_in_full(self) -> None:
        point = begin_pass(WHOLE, READ, Mode.INCREMENTAL, NOON)
        assert start_of(WHOLE, point).since is None

    def test_a_reconcile_reads_everything_if_listing_ids_costs_as_much(self) -> None:
        point = begin_pass(CHANGING, READ, Mode.RECONCILE, NOON)
        assert start_of(CHANGING, point).since is not None
        assert start_of(replace(CHANGING, thin_sweep=False), point).since is None


class TestAdvance:
    def test_the_watermark_moves_with_the_last_page_to_the_start_of_the_pass(self) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        point = turn(point, cursor="2")
        assert (point.watermark, point.done) == (None, False)
        point = turn(point)
        assert (point.watermark, point.done, point.complete) == (NOON, True, True)

    def test_a_pass_with_fewer_records_than_counted_is_not_complete(self) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        assert not turn(point, fetched=10, total=11).complete
        assert turn(point, fetched=11, total=11).complete

    def test_repeats_do_not_count_as_seen(self) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        assert not turn(point, fetched=11, repeats=1, total=11).complete

    def test_one_incomplete_page_makes_the_whole_pass_incomplete(self) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        point = turn(point, cursor="2", covers=False)
        point = turn(point, cursor="3")
        assert not turn(point).complete

    def test_an_incomplete_page_also_counts_after_another_run_resumes(self) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        point = turn(point, cursor="2", covers=False)
        point = begin_pass(CHANGING, point, Mode.INITIAL, NOON + timedelta(hours=1))
        assert not turn(point).complete

    def test_a_complete_pass_can_follow_an_incomplete_one(self) -> None:
        point = begin_pass(
            CHANGING, replace(READ, complete=False), Mode.RECONCILE, NOON + timedelta(hours=1)
        )
        assert turn(turn(point, cursor="2")).complete

    @given(
        st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=20),
        st.integers(0, 400) | st.none(),
    )
    def test_a_pass_is_complete_if_every_page_is_covered_and_every_counted_record_seen(
        self, pages: list[tuple[int, bool]], total: int | None
    ) -> None:
        point = begin_pass(CHANGING, None, Mode.INITIAL, NOON)
        for place, (fetched, covers) in enumerate(pages):
            cursor = None if place == len(pages) - 1 else str(place)
            point = turn(point, fetched=fetched, covers=covers, cursor=cursor, total=total)
        seen = sum(fetched for fetched, _ in pages)
        assert point.complete == (
            all(covers for _, covers in pages) and (total is None or seen >= total)
        )
        assert point.watermark == NOON


class TestCountsAreHints:
    """The ATS's count may be wrong, or change while the list is read."""

    def test_records_counted_only_later_are_read_next_time(self) -> None:
        point = begin_pass(CHANGING, READ, Mode.INCREMENTAL, NOON + timedelta(hours=1))
        point = turn(point, fetched=50, cursor="2", total=80, whole=False)
        point = turn(point, fetched=30, total=81, whole=False)
        assert (point.complete, point.watermark) == (True, NOON + timedelta(hours=1))

    def test_a_count_that_stays_slightly_too_high_is_retried_once(self) -> None:
        first = turn(begin_pass(CHANGING, None, Mode.INITIAL, NOON), fetched=60, total=61)
        assert (first.complete, first.short) == (False, 1)
        again = begin_pass(CHANGING, end_pass(first), Mode.RECONCILE, NOON + timedelta(hours=1))
        assert turn(again, fetched=59, total=60).complete
        assert not turn(again, fetched=58, total=60).complete

    def test_an_incremental_pass_that_is_slightly_short_is_repeated_once(self) -> None:
        point = begin_pass(CHANGING, READ, Mode.INCREMENTAL, NOON + timedelta(hours=1))
        point = turn(point, fetched=80, total=81, whole=False)
        assert (point.complete, point.watermark) == (True, NOON)
        point = begin_pass(CHANGING, end_pass(point), Mode.INCREMENTAL, NOON + timedelta(hours=2))
        point = turn(point, fetched=80, total=81, whole=False)
        assert (point.complete, point.watermark) == (True, NOON + timedelta(hours=2))

    @pytest.mark.parametrize(("read", "counted"), [(50, 900), (1000, 1020), (60, 67), (0, 3)])
    def test_a_possibly_truncated_list_is_never_complete(self, read: int, counted: int) -> None:
        point = READ
        for mode in (Mode.RECONCILE, Mode.INCREMENTAL, Mode.INCREMENTAL, Mode.RECONCILE):
            point = begin_pass(CHANGING, point, mode, NOON + timedelta(hours=1))
            whole = mode is Mode.RECONCILE
            point = end_pass(turn(point, fetched=read, total=counted, whole=whole))
            assert not point.complete


def test_only_the_watermark_and_its_proof_are_kept_between_passes() -> None:
    point = end_pass(turn(begin_pass(CHANGING, None, Mode.INITIAL, NOON)))
    assert point == Checkpoint(stream=JOBS, watermark=NOON, seen=10, complete=True, synced_at=NOON)


@pytest.mark.parametrize("mode", Mode)
def test_a_watermark_never_moves_back(mode: Mode) -> None:
    point = begin_pass(CHANGING, READ, mode, NOON + timedelta(hours=1))
    for cursor in ("2", "3", None):
        point = turn(point, cursor=cursor)
        assert point.watermark is not None
        assert point.watermark >= NOON


def test_a_pass_without_proof_does_not_change_a_streams_age() -> None:
    later = NOON + timedelta(hours=3)
    point = begin_pass(CHANGING, replace(READ, synced_at=NOON), Mode.INCREMENTAL, later)
    assert end_pass(turn(point, covers=False)).synced_at == NOON
    assert end_pass(turn(point)).synced_at == later


class TestALongerHistory:
    """Jemmo reads talents and applications from a limit; one that is chosen later may lie further back onward."""

    YEAR_AGO = NOON - timedelta(days=365)
    LONG_AGO = NOON - timedelta(days=3650)
    LIMITED = replace(READ, stream=TALENTS, reaches=YEAR_AGO)
    SPEC = StreamSpec(name=TALENTS, cursor="updated_at")

    @pytest.mark.parametrize(
        ("limit", "mode"),
        [
            (YEAR_AGO, Mode.INCREMENTAL),
            (NOON, Mode.INCREMENTAL),
            (LONG_AGO, Mode.INITIAL),
            (None, Mode.INITIAL),
        ],
    )
    def test_a_longer_history_is_read_like_a_first_sync(
        self, limit: datetime | None, mode: Mode
    ) -> None:
        assert choose_mode(None, {TALENTS: self.LIMITED}, [TALENTS], limit) is mode

    def test_the_pass_starts_over_and_stays_initial_until_its_end(self) -> None:
        begun = begin_pass(self.SPEC, self.LIMITED, Mode.INITIAL, NOON, self.LONG_AGO)
        assert (begun.watermark, begun.reaches) == (None, self.LONG_AGO)
        assert choose_mode(None, {TALENTS: begun}, [TALENTS], self.LONG_AGO) is Mode.INITIAL
        later = NOON + timedelta(hours=1)
        assert begin_pass(self.SPEC, begun, Mode.INITIAL, later, self.LONG_AGO) == begun
        assert begin_pass(self.SPEC, begun, Mode.INITIAL, later, self.YEAR_AGO) == begun
        anew = begin_pass(self.SPEC, replace(begun, cursor="5"), Mode.INITIAL, later, None)
        assert (anew.cursor, anew.reaches, anew.pass_started_at) == (None, None, later)

    def test_other_passes_and_streams_are_unaffected(self) -> None:
        for mode in (Mode.INCREMENTAL, Mode.RECONCILE):
            point = begin_pass(self.SPEC, self.LIMITED, mode, NOON, self.LONG_AGO)
            assert (point.reaches, point.watermark) == (self.YEAR_AGO, self.LIMITED.watermark)
        assert begin_pass(CHANGING, None, Mode.INITIAL, NOON, self.YEAR_AGO).reaches is None
