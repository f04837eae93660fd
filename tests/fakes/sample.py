"""Selects the cases of a test marked ``sample`` that run in ``make test``; the others are marked ``long``."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import pytest


def leave_the_rest(items: Iterable[pytest.Item]) -> None:
    """Mark the cases that ``sample`` leaves out as ``long``, before ``-m`` deselects them.

    ``sample(2)`` keeps two cases, as far apart in the list as possible. The next test of the same file starts one case
    later, so that together they cover all cases. ``sample("a", "b")`` keeps the cases with these ids.
    """
    for _, of_file in groupby(filter(_sampled, items), lambda test: test.path):
        tests: dict[str, list[pytest.Item]] = {}
        for test in of_file:
            tests.setdefault(test.nodeid.partition("[")[0], []).append(test)
        for turn, cases in enumerate(tests.values()):
            for test in _left_out(cases, turn):
                test.add_marker(pytest.mark.long)


def _sampled(test: pytest.Item) -> bool:
    return bool(test.get_closest_marker("sample")) and not test.get_closest_marker("long")


def _left_out(cases: list[pytest.Item], turn: int) -> list[pytest.Item]:
    """Return the cases to skip; none if a single case was requested by its id."""
    mark = cases[0].get_closest_marker("sample")
    assert mark is not None
    if len(cases) == 1:
        return []
    if isinstance(mark.args[0], str):
        ids = {_case(test) for test in cases}
        assert ids >= set(mark.args), f"{cases[0].nodeid} has no such cases: {mark.args}"
        return [test for test in cases if _case(test) not in mark.args]
    kept = {
        (turn + number * len(cases) // mark.args[0]) % len(cases) for number in range(mark.args[0])
    }
    return [test for number, test in enumerate(cases) if number not in kept]


def _case(test: pytest.Item) -> str:
    return test.name.partition("[")[2].removesuffix("]")
