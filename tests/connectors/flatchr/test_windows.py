"""Every day is covered exactly once, whatever the response sizes."""

from __future__ import annotations

import itertools
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.by_day.windows import LONGEST, MANY, Span, Walk, Window
from jemmo.connectors.flatchr.search import Search
from jemmo.connectors.moments import days

START = date(2025, 1, 1)
SUSPICIOUS = frozenset({100, 500, 1000})
SIZES = st.sampled_from([0, 3, 100, 299, 301, 500, 1000, MANY + 1])


@given(
    length=st.integers(1, 3000),
    span=st.integers(1, 9000),
    usual=st.integers(1, LONGEST),
    sizes=st.lists(SIZES, max_size=60),
)
def test_every_day_is_in_exactly_one_window(
    length: int, span: int, usual: int, sizes: list[int]
) -> None:
    end = START + days(length - 1)
    walk = Walk(day=START, end=end, span=span, usual=usual)
    used: list[Window] = []
    answers = iter(sizes)
    while not walk.is_done:
        window, size = walk.window, next(answers, 5)
        use, walk = walk.after(size, SUSPICIOUS)
        assert use is (size not in SUSPICIOUS or window.days == 1)
        if use:
            used.append(window)
    assert used[0].first == START
    assert used[-1].last == end
    assert all(b.first == a.last + days(1) for a, b in itertools.pairwise(used))


@given(answers=st.lists(st.sampled_from(sorted(SUSPICIOUS)), min_size=20))
def test_a_suspicious_window_halves_down_to_a_day(answers: list[int]) -> None:
    walk = Walk(day=START, end=START + days(400), span=31, usual=31)
    for size in answers[:5]:
        before = walk.window
        use, walk = walk.after(size, SUSPICIOUS)
        assert use is (before.days == 1)
        if not use:
            assert walk.window.first == before.first
            assert walk.window.days <= (before.days + 1) // 2


def test_a_walk_can_continue_from_any_position() -> None:
    whole = Walk(day=START, end=START + days(200), span=31, usual=31)
    for _ in range(3):
        _, whole = whole.after(5, SUSPICIOUS)
    again = Walk(day=whole.day, end=whole.end, span=whole.span, usual=31)
    assert again == whole


def test_requested_windows_are_slightly_wider_and_open_at_the_ends() -> None:
    span = Span(START, START + days(60), by_update=False)
    middle = Window(START + days(10), START + days(19))
    criteria = Search.filter.criteria
    assert criteria(span, middle, 1) == {"start": "01/10/25", "end": "01/21/25"}
    assert criteria(span, Window(START, span.end), 1) == {}
    changed = Span(START, START + days(2), by_update=True)
    assert criteria(changed, Window(START, changed.end), 1) == {"start_update": "01/01/25"}
