"""Metrics of all processes, read from the tables on request. Processes keep no counts of their own.

Labels are ids and our own words, never a person, a company or a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from jemmo.store.db import task_queue
from jemmo.store.db.query import fetch_rows, fetch_value
from jemmo.store.operations import metrics

WINDOW = timedelta(hours=24)


def rendered() -> bytes:
    """Return the metrics in Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Tables())
    return generate_latest(registry)


class _Tables(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _queues()
        yield from _connections()
        yield from _keys()
        yield from _runs()
        yield from _quota()
        yield _gauge(
            "webhook_hints_waiting",
            "Records mentioned by webhooks that are waiting to be refetched.",
            [],
            [((), float(fetch_value(metrics.WAITING_HINTS)))],
        )
        yield _gauge(
            "outgoing_webhooks",
            "Outgoing webhooks that are waiting, or that failed and are kept.",
            ["state"],
            (((state,), count) for state, count in fetch_rows(metrics.OUTGOING)),
        )


def _queues() -> Iterator[GaugeMetricFamily]:
    rows = fetch_rows(task_queue.LENGTHS)
    yield _gauge(
        "queue_tasks",
        "Tasks that are waiting (todo) or running (doing).",
        ["queue", "status"],
        (((queue, status), count) for queue, status, count, _ in rows),
    )
    yield _gauge(
        "queue_oldest_seconds",
        "Age of the oldest waiting task.",
        ["queue"],
        (((queue,), age) for queue, status, _, age in rows if status == "todo"),
    )
    yield _gauge(
        "workers",
        "Worker processes active within the last minute.",
        [],
        [((), float(fetch_value(task_queue.WORKERS)))],
    )


def _connections() -> Iterator[GaugeMetricFamily]:
    rows = fetch_rows(metrics.CONNECTIONS)
    names = ["connection", "provider"]
    yield _gauge(
        "connection_state",
        "1 for the connection's current state.",
        [*names, "state"],
        (((key, provider, state), 1) for key, provider, state, *_ in rows),
    )
    yield _gauge(
        "connection_failures",
        "Number of consecutive failed syncs.",
        names,
        (((key, provider), failures) for key, provider, _, failures, *_ in rows),
    )
    yield _gauge(
        "connection_lag_seconds",
        "Age of the oldest data that pages show.",
        names,
        (((key, provider), lag) for key, provider, _, _, lag, *_ in rows if lag is not None),
    )
    yield _gauge(
        "connection_overdue_seconds",
        "Time since an overdue sync should have started.",
        names,
        (
            ((key, provider), max(0.0, due or 0.0))
            for key, provider, state, _, _, due, running in rows
            if state == "active" and not running
        ),
    )


def _keys() -> Iterator[GaugeMetricFamily]:
    rows = fetch_rows(metrics.KEYS)
    names = ["connection", "provider"]
    yield _gauge(
        "connection_key_age_days",
        "Time since the API key was set.",
        names,
        (((key, provider), age) for key, provider, age, _ in rows),
    )
    yield _gauge(
        "connection_key_expires_days",
        "Time until the API key expires, if the ATS reports it. Negative once it has expired.",
        names,
        (((key, provider), left) for key, provider, _, left in rows if left is not None),
    )


def _runs() -> Iterator[GaugeMetricFamily]:
    rows = fetch_rows(metrics.RUNS, [WINDOW])
    names = ["provider", "mode", "status", "failure"]
    yield _gauge(
        "sync_runs_24h",
        "Runs started in the last 24 hours. failure is the class of the error.",
        names,
        ((labels, count) for *labels, count, _ in rows),
    )
    asked: dict[str, int] = {}
    for provider, *_, requests in rows:
        asked[provider] = asked.get(provider, 0) + int(requests or 0)
    yield _gauge(
        "ats_requests_24h",
        "Requests to the ATS in the last 24 hours.",
        ["provider"],
        (((provider,), count) for provider, count in asked.items()),
    )
    yield _gauge(
        "records_24h",
        "Records in runs of the last 24 hours.",
        ["provider", "stream", "outcome"],
        ((labels, count) for *labels, count in fetch_rows(metrics.RECORDS, [WINDOW])),
    )


def _quota() -> Iterator[GaugeMetricFamily]:
    rows = fetch_rows(metrics.QUOTA)
    yield _gauge(
        "ats_requests_last_minute",
        "Requests sent with an API key, by key digest.",
        ["key"],
        (((key,), sent) for key, _, _, sent, _ in rows),
    )
    yield _gauge(
        "ats_limit",
        "Requests per window, as reported by the ATS.",
        ["key"],
        (((key,), limit) for key, limit, *_ in rows if limit is not None),
    )
    yield _gauge(
        "ats_held_seconds",
        "Time until the next request to the ATS is allowed.",
        ["key"],
        (((key,), held) for key, _, held, *_ in rows),
    )
    yield _gauge(
        "ats_requests_left",
        "Requests left for a key in the current window.",
        ["key"],
        (((key,), left) for key, *_, left in rows if left is not None),
    )
    yield _gauge(
        "ats_seconds_used_24h",
        "Processing time used, if the ATS reports it.",
        ["connection", "provider"],
        (
            ((key, provider), used)
            for key, provider, used in fetch_rows(metrics.TIME_USED, [WINDOW])
        ),
    )


def _gauge(
    name: str, text: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[object], Any]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"jemmo_{name}", text, labels=list(labels))
    for values, number in rows:
        family.add_metric([str(label) for label in values], float(number))
    return family
