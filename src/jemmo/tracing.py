"""Traces: how long requests, syncs and tasks take, sent with OpenTelemetry. Never personal data, never a key.

Off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; then nothing is imported, and a span costs a function call. ``FACTS``
lists everything that a span may contain besides its name and times.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Literal, ParamSpec, TypeVar

from jemmo.domain.errors import ConfigError
from jemmo.environment import address

P = ParamSpec("P")
T = TypeVar("T")
Fact = str | int

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
EXPORT_SECONDS = (
    3.0  # retries included; a process that ends while its collector is down waits this long
)
ERROR = "error.type"  # an exception's class or a word of ours; a message may contain the values that caused it
FACTS = {
    "method": "http.request.method",
    "route": "http.route",
    "template": "url.template",
    "host": "server.address",
    "status": "http.response.status_code",
    "provider": "jemmo.provider",
    "connection": "jemmo.connection_id",
    "run": "jemmo.run_id",
    "mode": "jemmo.sync.mode",
    "outcome": "jemmo.sync.status",
    "failure": "jemmo.sync.failure",
    "task": "jemmo.task",
    "queue": "jemmo.queue",
    "event": "jemmo.event",
    "database": "db.system.name",
    "operation": "db.operation.name",
    "table": "db.collection.name",
    "error": ERROR,
}
"""The attribute for each fact. The names outside ``jemmo`` are OpenTelemetry's own."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"  # OpenTelemetry's name for a method that a client made up

Kind = Literal["internal", "server", "client", "consumer"]


class Span:
    """A span in progress; without tracing, an object that does nothing."""

    def __init__(self, recorded: Any = None) -> None:
        self._recorded = recorded

    def note(self, **facts: Fact | None) -> None:
        """Add facts that became known only now, without those that are ``None``."""
        if self._recorded is not None:
            self._recorded.set_attributes(_attributes(facts))

    def rename(self, name: str) -> None:
        if self._recorded is not None:
            self._recorded.update_name(name)

    def fail(self, error: BaseException) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an optional package

        self._recorded.set_attribute(ERROR, type(error).__name__)
        self._recorded.set_status(StatusCode.ERROR)


NO_SPAN = Span()
_current: ContextVar[Span] = ContextVar("span", default=NO_SPAN)
_nothing = nullcontext(NO_SPAN)
_tracer: Any = None


def is_on() -> bool:
    return _tracer is not None


def setup() -> None:
    """Start tracing if it is configured, once per process.

    Raises ``ConfigError`` for an invalid address, or if the packages are missing.
    """
    if is_on() or not os.environ.get(ENDPOINT, "").strip():
        return
    if address(ENDPOINT).scheme not in {"http", "https"}:
        raise ConfigError("environment", variant="address", variable=ENDPOINT)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
    except ImportError:
        raise ConfigError("not_installed", variant="otel") from None
    logging.getLogger("opentelemetry").setLevel(
        logging.ERROR
    )  # one line per failure, none per retry
    timeout = None if os.environ.get(TIMEOUT) else EXPORT_SECONDS
    use(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout)))


def use(processor: Any) -> Callable[[], None]:
    """Send spans to this ``SpanProcessor``. Returns a function that sends the last ones and turns tracing off.

    The provider is our own, not the global one: other packages, such as the MCP server's, would use that one for spans
    whose attributes we don't control.
    """
    global _tracer  # noqa: PLW0603 - one per process
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above

    name = os.environ.get("OTEL_SERVICE_NAME", "").strip() or "jemmo"
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("jemmo")

    def stop() -> None:
        global _tracer  # noqa: PLW0603 - as above
        _tracer = None
        provider.shutdown()

    return stop


def span(name: str, kind: Kind = "internal", **facts: Fact | None) -> AbstractContextManager[Span]:
    """A span while the block lasts. Names are fixed texts or routes, since they are sent too."""
    return _nothing if _tracer is None else _recorded(name, kind, facts)


def current() -> Span:
    """The innermost span of this task or thread."""
    return _current.get()


def traced(name: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Decorate a coroutine function whose calls are spans."""

    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @functools.wraps(function)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            with span(name):
                return await function(*args, **kwargs)

        return call

    return decorate


def known_method(method: str) -> str:
    return method if method in METHODS else OTHER


@contextmanager
def _recorded(name: str, kind: Kind, facts: dict[str, Fact | None]) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind  # noqa: PLC0415 - as above

    with _tracer.start_as_current_span(
        name,
        kind=SpanKind[kind.upper()],
        attributes=_attributes(facts),
        record_exception=False,
        set_status_on_exception=False,
    ) as recorded:
        open_span = Span(recorded)
        token = _current.set(open_span)
        try:
            yield open_span
        except BaseException as error:
            open_span.fail(error)
            raise
        finally:
            _current.reset(token)


def _attributes(facts: dict[str, Fact | None]) -> dict[str, Fact]:
    return {FACTS[name]: value for name, value in facts.items() if value is not None}
