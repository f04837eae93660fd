"""Requests are traced by route, since URLs may contain IDs, searches and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.test import Client
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from jemmo import tracing
from jemmo.store.db.traces import statement_span

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
    visitor = Client()  # loads the middleware, which is only active while tracing is on
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


@pytest.mark.usefixtures("showcase")
def test_statements_are_named_by_their_tables(spans: InMemorySpanExporter) -> None:
    database = connections.create_connection("default")  # traced from its start, as in a process
    with database.cursor() as cursor:
        cursor.execute("SELECT id FROM talent WHERE first_name = %s", ["Maelle"])
    database.close()
    [statement] = [span for span in spans.get_finished_spans() if "talent" in span.name]
    assert statement.name == "SELECT talent"
    assert statement.attributes == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.collection.name": "talent",
    }


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ('INSERT INTO "session" (key) VALUES (%s)', "INSERT session"),
        (b"UPDATE checkpoint SET done = true", "UPDATE checkpoint"),
        ("WITH held AS (UPDATE lease SET at = now() RETURNING 1) SELECT 1", "WITH lease"),
        ("SELECT count(*) FROM unnest(%s::uuid[])", "SELECT"),
        ("", "statement"),
        (object(), "statement"),
    ],
)
def test_a_statement_is_named(spans: InMemorySpanExporter, statement: object, name: str) -> None:
    with statement_span(statement):
        pass
    assert [span.name for span in spans.get_finished_spans()] == [name]
