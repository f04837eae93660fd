"""Row ids are UUIDs of version 7."""

from __future__ import annotations

import time

from jemmo.store.db.ids import new_ids


def test_ids_are_version_7_and_unique() -> None:
    found = new_ids(5000)
    assert len(set(found)) == 5000
    assert {one.version for one in found} == {7}
    assert {one.variant for one in found} == {"specified in RFC 4122"}


def test_each_id_sorts_after_the_previous_one() -> None:
    found = new_ids(5000)
    assert found == sorted(found)


def test_ids_contain_their_time() -> None:
    before = time.time_ns() // 1_000_000
    (one,) = new_ids(1)
    after = time.time_ns() // 1_000_000
    assert before <= one.int >> 80 <= after


def test_later_batches_sort_behind_earlier_ones() -> None:
    first = new_ids(10)
    while time.time_ns() // 1_000_000 <= first[0].int >> 80:
        continue
    assert max(first) < min(new_ids(10))


def test_zero_ids_can_be_requested() -> None:
    assert new_ids(0) == []
