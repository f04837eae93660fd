"""The reference page is public, has its frame in the reader's language, and loads only our own files."""

from __future__ import annotations

import re

from fakes import programs
from fakes.showcase import Showcase

from jemmo.api import reference
from jemmo.api.app import OPERATIONS
from jemmo.store.db import scope


def page(language: str = "en") -> str:
    with scope.acting_in(scope.NOBODY):
        response = programs.client().get("/api/v1/docs", headers={"Accept-Language": language})
    assert response.status_code == 200
    assert "script-src 'self'" in response["Content-Security-Policy"]
    return response.content.decode()


def test_it_has_every_operation_and_field(showcase: Showcase) -> None:
    shown = page()

    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in shown
    links = set(re.findall(r'href="#(\w+)"', shown))
    assert links <= set(re.findall(r' id="([\w-]+)"', shown))
    for name in ("Idempotency-Key", "RunRow", "Certificate", "updated_since", "SyncRequest"):
        assert name in shown
    assert "sha256(" in shown


def test_it_loads_nothing_from_elsewhere(showcase: Showcase) -> None:
    shown = page()
    loaded = re.findall(r'(?:src|href)="([^"#]*)"', shown)
    assert all(address.startswith("/") or address == "openapi.json" for address in loaded)
    assert "style=" not in shown
    assert "<script>" not in shown


def test_its_frame_is_translated(showcase: Showcase) -> None:
    shown = page("fr")
    assert "Référence de l’API" in shown
    assert "Paramètres" in shown
    assert "Request body" not in shown


def test_texts_of_the_document_are_shown_as_written() -> None:
    text = "One `<b>`.\n\n    a < b\n    c\n\nTwo."
    shown = "<p>One <code>&lt;b&gt;</code>.</p><pre>a &lt; b\nc</pre><p>Two.</p>"
    assert reference.formatted(text) == shown
    nested = {"type": "array", "items": {"anyOf": [{"type": "null"}, {"enum": ["<x>"]}]}}
    assert reference.type_of(nested) == "array of null or <code>&lt;x&gt;</code>"
