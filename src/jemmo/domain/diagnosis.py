"""What is wrong with an organisation's syncs, and what is likely to help. The help bubble opens with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from jemmo.domain.freshness import oldest

OVERDUE = timedelta(hours=24)


class Facts(Struct, frozen=True, kw_only=True):
    """One connection as the tables show it. ``since`` is when its present error was met."""

    id: str
    name: str
    state: str
    running: bool
    last_success_at: datetime | None
    error: Mapping[str, Any] | None
    since: datetime | None
    decision: Mapping[str, Any] | None = None
    files_error: Mapping[str, Any] | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """``kind`` is a key of ``jemmo.web.frame.labels``; ``error`` is the error in a run's report, if there is one."""

    kind: str
    serious: bool = False
    connection_id: str = ""
    name: str = ""
    at: datetime | None = None
    error: Mapping[str, Any] | None = None


def findings(connections: Iterable[Facts], *, now: datetime) -> list[Finding]:
    """What needs attention, the serious first; a single reassurance when nothing does."""
    known = list(connections)
    if not known:
        return [Finding(kind="nothing_connected")]
    found = [finding for one in known for finding in _of(one, now)]
    if not found:
        return [Finding(kind="well", at=oldest(one.last_success_at for one in known))]
    return sorted(found, key=lambda one: not one.serious)


def _of(one: Facts, now: datetime) -> list[Finding]:
    about = partial(Finding, connection_id=one.id, name=one.name)
    said = partial(about, error=one.error)
    found = []
    if one.state == "refused":
        found.append(said(kind="refused", serious=True, at=one.since))
    elif one.state == "paused":
        found.append(about(kind="paused"))
    elif one.error:
        found.append(said(kind="failed", serious=True, at=one.since))
    elif one.running:
        found.append(about(kind="running"))
    elif one.last_success_at is None:
        found.append(about(kind="never"))
    elif now - one.last_success_at > OVERDUE:
        found.append(about(kind="overdue", at=one.last_success_at))
    if one.files_error and not one.error:
        found.append(about(kind="files", error=one.files_error))
    if one.decision:
        found.append(about(kind="held", error=one.decision))
    return found
