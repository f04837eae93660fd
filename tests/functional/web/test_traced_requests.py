"""A request is traced by its route: a URL may hold IDs, searches and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from jemmo import tracing

if TYPE_CHECKING:
    from fakes.showcase import Showcase


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    stop = tracing.use(SimpleSpanProcessor(exporter))
    yield exporter
    stop()


@pytest.mark.usefixtures("static_files")
def test_requests_are_named_by_their_routes(
    showcase: Showcase, spans: InMemorySpanExporter
) -> None:
    visitor = Client()  # loads the middleware, which is there only while traces are on
    page = f"/talents/{showcase.org.pk}/"
    visitor.get(page, {"q": "maelle@example.com"})
    visitor.get("/api/v1/talents", {"q": "Maelle"}, headers={"Authorization": "Bearer k-secret"})
    visitor.get("/invitations/k-secret/")
    visitor.get("/maelle/k-secret")
    visitor.generic("K-SECRET", "/")

    finished = spans.get_finished_spans()
    assert [span.name for span in finished] == [
        "GET /talents/<uuid:talent_id>/",
        "GET /api/v1/talents",
        "GET /invitations/<str:token>/",
        "GET",
        "_OTHER /",
    ]
    sent = "".join(span.to_json() for span in finished).lower()
    assert not [word for word in ("k-secret", "maelle", str(showcase.org.pk)) if word in sent]
