"""Links that work without signing in are removed from pasted texts and from nginx's log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from jemmo.domain.key_shapes import without_keys

CONFIGURATION = Path(__file__).parents[3] / "deploy/nginx/jemmo.conf"
PARAMETER = re.compile(r"<(?:(?:str|path):)?(\w+)>|\(\?P<(\w+)>")
SECRETS = {"token", "ticket", "key"}
HARMLESS = {"uidb36", "entity", "file_id", "rest"}
NEVER_SENT = "accounts/^confirm-email/"  # allauth's, which asks nobody to confirm anything


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        elif not route.startswith("admin/"):
            yield from routes(pattern, route)


def parameters() -> Iterator[tuple[str, str]]:
    """Yield the path before each parameter that may contain any text, and its name."""
    for route in routes(get_resolver()):
        for match in PARAMETER.finditer(route):
            before = route[: match.start()].partition("(?P<")[0]
            yield before.replace("^", ""), match[1] or match[2]


def test_every_text_in_a_path_is_known_to_be_secret_or_not() -> None:
    assert {name for _, name in parameters()} == SECRETS | HARMLESS


def test_every_secret_link_is_removed_from_texts_and_from_the_log() -> None:
    paths = {path for path, name in parameters() if name in SECRETS}
    paths -= {NEVER_SENT.replace("^", "")}
    assert {"invitations/", "api/v1/files/content/"} <= paths
    logged = re.search(r'"~\*(\^.*?)" \$jemmo_start\[redacted\]', CONFIGURATION.read_text())
    assert logged
    for path in (*paths, "hooks/"):
        assert "abc" not in without_keys(f"/{path}abc-def/"), path
        assert re.match(logged[1].replace("?<", "?P<"), f"/{path}abc-def/", re.IGNORECASE), path
