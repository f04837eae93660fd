"""Reads a list's query: page, order and `where`. Some filters are silently ignored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from jemmo.sandbox.jarvi.moments import parse
from jemmo.sandbox.jarvi.refusal import Refusal
from jemmo.sandbox.jarvi.switches import Switches
from jemmo.sandbox.mixing import mix

Get = Callable[[str], Any]
Test = Callable[[Get, int], bool]
MOMENTS = {"createdAt", "updatedAt", "deletedAt", "addedAt", "publishedAt"}
SORTABLE = {"createdAt", "updatedAt", "id", "name", "firstName", "lastName"}
DEFAULT_LIMIT, MOST, MOST_OFFERS = 100, 1000, 2000
LEAK_IN = 100  # one non-talent in a hundred passes the filter for talents


@dataclass(slots=True)
class Query:
    """One list request as Jarvi understands it, which may differ from what was meant."""

    limit: int
    offset: int
    order: tuple[tuple[str, bool], ...]
    tests: list[Test] = field(default_factory=list)


def read_query(kind: str, text: str, switches: Switches) -> Query:
    """Read a query; raises ``Refusal`` where Jarvi answers with an error."""
    params = dict(parse_qsl(text, keep_blank_values=True))
    order = _order(params.get(switches.order_param, "")) if switches.order_param != "none" else ()
    asked = _whole(params.get("limit"), DEFAULT_LIMIT)
    if kind == "profiles" and asked > DEFAULT_LIMIT and order:
        raise Refusal(500, "Internal server error")
    forced = switches.forced_page == "all" or (
        switches.forced_page == "profiles" and kind == "profiles"
    )
    most = MOST_OFFERS if kind == "offers" else MOST
    return Query(
        limit=DEFAULT_LIMIT if forced else max(1, min(asked, most)),
        offset=max(0, _whole(params.get("offset"), 0)),
        order=order,
        tests=_conditions(kind, _object(params.get("where", "")), switches),
    )


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


def _object(text: str) -> dict[str, Any]:
    """Return a JSON object; anything else is ignored, as unknown filters are."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (name, str(way).lower().startswith("desc"))
        for name, way in _object(text).items()
        if name in SORTABLE
    )


def _conditions(kind: str, where: dict[str, Any], switches: Switches) -> list[Test]:
    tests: list[Test] = []
    for name, condition in where.items():
        if name == "_and" and isinstance(condition, list):
            for branch in condition:
                tests += _conditions(kind, branch, switches)
        elif name == "_or" and isinstance(condition, list):
            tests.append(_any_of(kind, condition, switches))
        elif isinstance(condition, dict):
            tests += [_test(kind, name, op, value, switches) for op, value in condition.items()]
    return tests


def _any_of(kind: str, branches: list[Any], switches: Switches) -> Test:
    likes = sum(
        "_ilike" in test for branch in branches if isinstance(branch, dict) for test in branch.values()
        if isinstance(test, dict)
    )  # fmt: skip
    if kind == "companies" and likes > 1:
        raise Refusal(500, "Internal server error")
    tests = [_conditions(kind, branch, switches) for branch in branches if isinstance(branch, dict)]
    return lambda get, row: any(all(test(get, row) for test in branch) for branch in tests)


def _test(kind: str, name: str, op: str, value: Any, switches: Switches) -> Test:
    if name == "phones" and op == "_search":
        return lambda get, _: str(value) in json.dumps(get("phoneNumbers"))
    if name == "associations" and isinstance(value, dict) and op == "companyId":
        return lambda get, _: str(value.get("_eq")) in json.dumps(get("associations"))
    inert = (
        (name == "updatedAt" and switches.updated_filter == "ignored")
        or (name == "id" and switches.id_filter == "ignored")
        or (name == "isTalent" and switches.talent_filter == "ignored")
        or (kind == "profiles" and name == "deletedAt")
    )
    if inert:
        return _always
    if op not in COMPARE:
        if switches.unknown_filter == "refused":
            raise _bad_request()
        return _unknown(switches)
    if name == "isTalent" and op == "_eq" and value is True:
        return _talents(switches)
    return _compared(name, COMPARE[op], value, _unknown(switches))


def _always(_get: Get, _row: int) -> bool:
    return True


def _bad_request() -> Refusal:
    return Refusal(400, "Bad request")


def _refuse(_get: Get, _row: int) -> bool:
    raise _bad_request()


def _unknown(switches: Switches) -> Test:
    if switches.unknown_filter == "refused":
        return _refuse
    if switches.unknown_filter == "wrong":
        return lambda _, row: mix(9783, row) % 4 != 0
    return _always


def _talents(switches: Switches) -> Test:
    leaks, loses = switches.talent_filter == "leaky", switches.talent_filter == "lossy"

    def test(get: Get, row: int) -> bool:
        if get("isTalent"):
            return not loses or mix(41, row) % 40 != 0
        return leaks and mix(17, row) % LEAK_IN == 0

    return test


def _compared(name: str, compare: Callable[[Any, Any], bool], value: Any, other: Test) -> Test:
    def test(get: Get, row: int) -> bool:
        actual = get(name)
        if actual is MISSING:
            return other(get, row)
        try:
            if name in MOMENTS and isinstance(value, str) and isinstance(actual, str):
                return compare(parse(actual), parse(value))
            return compare(actual, value)
        except (TypeError, ValueError):
            return False

    return test


MISSING = object()
"""What `get` returns for a field that the kind does not have."""

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda actual, value: bool(actual == value),
    "_neq": lambda actual, value: bool(actual != value),
    "_in": lambda actual, value: actual in value,
    "_gt": lambda actual, value: bool(actual > value),
    "_gte": lambda actual, value: bool(actual >= value),
    "_lt": lambda actual, value: bool(actual < value),
    "_lte": lambda actual, value: bool(actual <= value),
    "_ilike": lambda actual, value: str(value).strip("%").lower() in str(actual).lower(),
    "_is_null": lambda actual, value: (actual is None) == value,
}
