"""Every URL of the web application, filled with values of the right kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:(?P<kind>[a-z]+):)?(?P<name>\w+)>")
REGEX = re.compile(r"\(\?P<(?P<name>\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)")
EXAMPLES = {
    "uuid": "b9cb0248-07be-4174-985b-83c161d65ee2",
    "uuidstr": "b9cb0248-07be-4174-985b-83c161d65ee2",
    "int": "1",
    "slug": "talents",
    "str": "nothing",
    "path": "nothing",
}


def addresses(known: Mapping[str, Any] | None = None) -> Iterator[tuple[str, str]]:
    """Yield the name and path of every pattern. ``known`` has values by parameter name; others get an example."""
    yield from _of(get_resolver(), "/", known or {})


def _of(resolver: URLResolver, prefix: str, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _of(one, path, known)
        elif isinstance(one, URLPattern):
            yield one.name or path, _filled(path, known)


def _filled(path: str, known: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        kind = found.groupdict().get("kind") or "str"
        return str(known.get(found["name"], EXAMPLES[kind]))

    filled = PARAMETER.sub(value, REGEX.sub(value, path))
    return re.sub(r"[\^$?]|\\Z|\\", "", filled)
