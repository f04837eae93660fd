"""Spans contain durations but identify nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from jemmo import tracing
from jemmo.connectors.refusals import refusals
from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.rest_client import Downloads, Hosts, RestClient
from jemmo.rest_client.routes import template


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    stop = tracing.use(SimpleSpanProcessor(exporter))
    yield exporter
    stop()


@pytest.fixture
async def ats() -> AsyncIterator[str]:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"[]", status=404 if "gone" in request.path else 200)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


SETUP = """
import json, os, sys
os.environ.update(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", JEMMO_SECRET_KEY="x" * 40)
from jemmo import bootstrap, tracing
bootstrap.setup()
import jemmo.asgi, jemmo.cli.operations.working, jemmo.rest_client
with tracing.span("sync", connection="c"):
    pass
print(json.dumps([name for name in sys.modules if name.startswith("opentelemetry")]))
"""


def test_without_the_setting_nothing_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SETUP], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError) as refusal:
        tracing.setup()
    assert "jemmo[otel]" in refusal.value.next_step
    assert tracing.ENDPOINT in refusal.value.next_step


@pytest.mark.parametrize("address", ["localhost:4318", "grpc://localhost:4317", "http://[oops"])
def test_an_invalid_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, address)
    with pytest.raises(ConfigError) as refusal:
        tracing.setup()
    assert tracing.ENDPOINT in refusal.value.message


def test_only_the_class_of_an_exception_is_sent(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="example"), tracing.span("sync", provider="jarvi"):
        raise ValueError("maelle@example.com is no number")

    (span,) = spans.get_finished_spans()
    assert dict(span.attributes or {}) == {"jemmo.provider": "jarvi", "error.type": "ValueError"}
    assert not span.events
    assert span.status.description is None


def test_a_span_has_only_listed_facts(spans: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), tracing.span("sync", email="maelle@example.com"):
        pass


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.example.com/v1/candidates/4711?filter[email]=a@example.com", "/v1/candidates/{}"),
        ("https://api.example.com/company/Y2Fl/applicant/maelle-dupont", "/company/{}/applicant/{}"),
        ("https://api.example.com/v3/application_stages?ids=1,2", "/v3/application_stages"),
        ("https://acme.example.com/maelle@example.com/notes", "/{}/notes"),
        ("https://[oops", "/{}"),
    ],
)  # fmt: skip
def test_a_path_is_shown_without_ids(url: str, shown: str) -> None:
    assert template(url) == shown


async def test_requests_to_an_ats(ats: str, spans: InMemorySpanExporter) -> None:
    refuse = refusals("Acme", key_help="", status_page="https://status.example.com")
    client = RestClient(ats, headers={"X-Key": "k-secret"}, refuse=refuse, pacer=None)
    try:
        await client.get("v1/jobs?title=Chef", len)
        with pytest.raises(JemmoError):
            await client.search("gone/maelle", {"email": "maelle@example.com"}, len)
        await Downloads(Hosts(ats)).fetch(f"{ats}/maelle-cv.pdf?sig=k-secret", max_bytes=10)
    finally:
        await client.close()

    assert [(span.name, _shown(span)) for span in spans.get_finished_spans()] == [
        ("GET /v1/jobs", {"url.template": "/v1/jobs", "http.response.status_code": 200}),
        ("POST /{}/{}", {"url.template": "/{}/{}", "http.response.status_code": 404}),
        ("GET file", {}),
    ]
    sent = "".join(span.to_json() for span in spans.get_finished_spans())
    assert not [word for word in ("k-secret", "Chef", "maelle") if word in sent]


def _shown(span: Any) -> dict[str, Any]:
    common = ("http.request.method", "server.address")
    return {key: value for key, value in span.attributes.items() if key not in common}
