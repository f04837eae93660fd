"""Limits visitors' connections: how many are open at the same time, and how long a request may take to start.

uvicorn itself accepts connections until no file can be opened, and waits forever for a request's head.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from jemmo.environment import number
from jemmo.store.db import budget
from jemmo.web.frame import limits

log = logging.getLogger(__name__)
HEAD_SECONDS = 15.0
LOG_EVERY = 60.0  # seconds
CROWDED = "Too many connections are open"
NO_FILES = "socket.accept() out of system resource"
"""The start of asyncio's message, logged once per waiting connection."""
THIS_MACHINE = ("127.0.0.1", "::1")


class Visitor(H11Protocol):
    """A connection. A visitor with a slot is served; beyond ``limit_concurrency`` others get a 503 or are closed.

    Without a proxy in front, one address has at most half of the slots. Addresses of this machine may use all of them,
    since they may be a proxy or the operator.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        beyond = self._beyond(transport)
        self.limit_concurrency = None  # uvicorn would also refuse connections that came first
        super().connection_made(transport)
        if beyond >= 0:
            log.warning("%s (JEMMO_WEB_CLIENTS): %d", CROWDED, len(self.connections))
            self.app = _later
        if beyond >= budget.WEB_CLIENTS_REFUSED:
            transport.abort()
        else:
            self._watch_head()

    def _beyond(self, transport: asyncio.Transport) -> int:
        """How many connections exceed the limit, or this address's share; negative within both."""
        most = self.config.limit_concurrency or budget.WEB_CLIENTS
        beyond = len(self.connections) - most
        share = most // 2
        if len(self.connections) < share or number("JEMMO_PROXIES", 0):
            return beyond  # everyone comes from the same proxy, which has its own limits
        host = (transport.get_extra_info("peername") or ("",))[0]
        if host in THIS_MACHINE:
            return beyond
        peers = [getattr(protocol, "client", None) or ("", 0) for protocol in self.connections]
        own: int = sum(peer[0] == host for peer in peers)
        return max(beyond, own - share)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._watch_head()

    def _watch_head(self) -> None:
        """Start or stop waiting for the rest of a head. Each further byte does not extend the time."""
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._forget_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


async def _later(_scope: Any, _receive: Any, send: Any) -> None:
    await limits.answer(send, 503, retry_after="10", closes=True)


class Seldom(logging.Filter):
    """Logs a message that many connections would repeat only once a minute."""

    def __init__(self, beginning: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._beginning, self._clock = beginning, clock
        self._again = -LOG_EVERY

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.getMessage().startswith(self._beginning):
            return True
        now = self._clock()
        if now < self._again:
            return False
        self._again = now + LOG_EVERY
        return True


def log_seldom() -> None:
    """Log connection errors at most once per minute."""
    logging.getLogger("asyncio").addFilter(Seldom(NO_FILES))
    log.addFilter(Seldom(CROWDED))
