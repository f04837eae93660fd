"""How many database connections each process may hold, and how long it waits for one.

docs/operations.md has the same numbers for operators, with the total of ``jemmo up``. By default, a Postgres server
accepts 100 connections, as does the embedded one, and keeps three of them for superusers.
"""

from __future__ import annotations

import resource

from msgspec import Struct

from jemmo.environment import number

WEB_CONNECTIONS = "JEMMO_WEB_CONNECTIONS"
WEB_DEFAULT, WEB_LEAST = 12, 4
WEB_CLIENTS = 800  # visitors' connections per web process, unless JEMMO_WEB_CLIENTS is set
WEB_CLIENTS_REFUSED = 64  # further connections that get a 503 with Retry-After
OTHER_FILES = 128  # file descriptors that a web process needs for anything else
WORKER_CONCURRENCY = 4  # default number of simultaneous syncs per worker
COMMAND = 5  # for a command that runs a sync; most commands need only one

PAGE_WAIT = 10.0  # seconds that a page waits for a thread before it gets a 503
PROBE_WAIT = 5.0  # the same for /readyz and /metrics
WEBHOOK_WAIT = 5.0  # the same for a webhook; ATSs give up after 10 seconds or more
# Seconds to get a connection from Django's pool; exceeded only if Postgres does not answer
CONNECT_WAIT = 4.0


class Web(Struct, frozen=True, kw_only=True):
    """A process that serves pages."""

    pages: int
    """Pages answered at the same time, each with a thread and a connection of Django's pool."""
    webhooks: int
    downloads: int
    """Long downloads written at the same time. If they have no threads of their own, they use those of the pages."""
    probes: int = 1
    """/readyz and /metrics, which must never wait behind pages."""
    events: int = 1
    """LISTEN for all open pages."""

    @property
    def threads(self) -> int:
        """Threads that may use the database, and so the size of Django's pool."""
        return self.pages + self.downloads + self.probes

    @property
    def total(self) -> int:
        return self.threads + self.webhooks + self.events


def web() -> Web:
    """The budget of a web process: ``JEMMO_WEB_CONNECTIONS``, divided up."""
    total = number(WEB_CONNECTIONS, WEB_DEFAULT, least=WEB_LEAST)
    webhooks = min(max(1, total // 3), 4)
    downloads = min(total // 6, 2)
    return Web(pages=total - webhooks - downloads - 2, webhooks=webhooks, downloads=downloads)


def web_clients() -> int:
    """The number of visitors' connections per web process, limited by the files it may open."""
    most = number("JEMMO_WEB_CLIENTS", WEB_CLIENTS, least=10)
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return most
    return max(10, min(most, files - WEB_CLIENTS_REFUSED - OTHER_FILES))


class Worker(Struct, frozen=True, kw_only=True):
    """A worker. ``concurrency`` is the number of simultaneous syncs."""

    concurrency: int = WORKER_CONCURRENCY
    syncing: int = 1
    """The final work of each sync, in the main thread."""
    clock: int = 1
    """The scheduler, in its own thread."""
    notifications: int = 1
    """E-mail and chat, in their own thread, because they wait for other servers."""
    housekeeping: int = 2
    """Slow work, in its own threads."""
    outgoing: int = 2
    """Outgoing webhooks, in their own threads."""
    queue: int = 3
    """Taking and finishing tasks: the queue's own pool, without its listening connections."""
    queue_events: int = 3
    """LISTEN for new tasks: one for syncs and files, one for short tasks, one for notifications."""
    per_sync: int = 1
    """The session of a sync or a download."""
    shared: int = 1
    """Rate limits, leases and checks for waiting work: all short transactions of the process."""
    refetches: int = 4
    """Connections refetched for webhooks at the same time."""
    refetch_events: int = 1
    """LISTEN for webhooks."""
    outgoing_events: int = 1
    """LISTEN for outgoing webhooks."""

    @property
    def threads(self) -> int:
        """Threads that may use the database, and so the size of Django's pool."""
        short = self.syncing + self.clock + self.notifications
        return short + self.housekeeping + self.outgoing

    @property
    def total(self) -> int:
        steady = self.threads + self.queue + self.queue_events + self.shared
        hooks = self.refetches + self.refetch_events + self.outgoing_events
        return steady + hooks + self.per_sync * self.concurrency


SUPERVISOR = 1  # `jemmo up` itself


def everything() -> int:
    """The number of connections that ``jemmo up`` may use with all its parts."""
    return SUPERVISOR + web().total + Worker().total
