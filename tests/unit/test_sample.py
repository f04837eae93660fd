"""``sample`` in ``make test``: each test runs a few cases, and all tests of a file together cover every case."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

FILE = """
import pytest

pytestmark = pytest.mark.sample(2)
some = pytest.mark.parametrize("letter", "abcdef")

@some
def test_one(letter): pass

@some
def test_two(letter): pass

@some
def test_three(letter): pass

@pytest.mark.sample("b", "e")
@some
def test_named(letter): pass

def test_alone(): pass
"""


@pytest.fixture
def collected(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, dict[str, str]]:
    """Return the cases of each test in ``FILE``: those that run under ``run``, and the others under ``long``."""
    from fakes.sample import leave_the_rest

    path = tmp_path / "test_letters.py"
    path.write_text(FILE)
    module = pytest.Module.from_parent(request.session, path=path)
    functions = [test for test in module.collect() if isinstance(test, pytest.Function)]
    leave_the_rest(functions)
    letters: dict[str, dict[str, str]] = defaultdict(lambda: {"run": "", "long": ""})
    for test in functions:
        kind = "long" if test.get_closest_marker("long") else "run"
        letters[test.originalname][kind] += test.callspec.id if hasattr(test, "callspec") else "-"
    return letters


def test_each_case_is_either_run_or_long(collected: dict[str, dict[str, str]]) -> None:
    assert collected["test_one"] == {"run": "ad", "long": "bcef"}
    assert collected["test_two"] == {"run": "be", "long": "acdf"}
    assert collected["test_three"] == {"run": "cf", "long": "abde"}


def test_cases_that_are_named_run(collected: dict[str, dict[str, str]]) -> None:
    assert collected["test_named"] == {"run": "be", "long": "acdf"}


def test_a_test_without_cases_runs(collected: dict[str, dict[str, str]]) -> None:
    assert collected["test_alone"] == {"run": "-", "long": ""}
