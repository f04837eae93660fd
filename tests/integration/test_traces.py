"""Traces reach a collector over HTTP, contain durations, and identify nobody."""

from __future__ import annotations

import json

import pytest
from fakes.collector import attributes, collector
from fakes.company import company
from fakes.processes import begin, finish, jemmo

from jemmo.sandbox import run_sandbox

pytestmark = pytest.mark.one_server


async def test_a_sync_and_its_requests_are_traced_without_values(database_url: str) -> None:
    async with (
        run_sandbox(talents=15, seed=5, switches={"rate_limit": False}) as ats,
        collector() as traces,
    ):
        acme = await company(database_url, base_url=ats.base_url, key=ats.key)
        done = await jemmo(
            "sync", "--org", "acme", "--json", env={"OTEL_EXPORTER_OTLP_ENDPOINT": traces.url}
        )
        assert done.status == 0, done.err

        sync = await traces.named("sync")
        assert attributes(sync) == {
            "jemmo.connection_id": str(acme.id),
            "jemmo.provider": "teamtailor",
            "jemmo.run_id": done.last["run_id"],
            "jemmo.sync.mode": "initial",
            "jemmo.sync.status": "succeeded",
        }
        read = await traces.named("GET /v1/candidates")
        assert (read.trace_id, read.parent_span_id) == (sync.trace_id, sync.span_id)
        assert attributes(read) == {
            "http.request.method": "GET",
            "server.address": "127.0.0.1",
            "url.template": "/v1/candidates",
            "http.response.status_code": 200,
        }
        written = await traces.named("WITH talent")
        assert attributes(written)["db.system.name"] == "postgresql"
        sent = b"".join(traces.bodies)
        secrets = {ats.key, "page[", "%5B", "acme"}
        async for line in ats.provider.truth("candidates", ats.base_url):
            record = json.loads(line)
            known = record.get("attributes", record)
            personal = ("first-name", "last-name", "email", "phone", "linkedin-url")
            secrets |= {str(known[name]) for name in personal if known.get(name)}
            secrets.add(str(record["id"]))
        assert len(secrets) > 40
        assert not {value for value in secrets if len(value) > 3 and value.encode() in sent}


@pytest.mark.long
async def test_a_worker_traces_its_tasks_and_stops_even_without_the_collector(
    database_url: str,
) -> None:
    async with collector() as traces:
        worker = await begin("worker", env={"OTEL_EXPORTER_OTLP_ENDPOINT": traces.url})
        task = await traces.named("start_due_syncs")
    worker.terminate()
    done = await finish(worker)

    assert attributes(task) == {"jemmo.task": "start_due_syncs", "jemmo.queue": "schedule"}
    assert done.status == 0, done.err
