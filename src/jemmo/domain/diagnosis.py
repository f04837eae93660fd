"""Finds what is wrong with an organization's syncs and suggests a fix. Shown first in the help bubble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from jemmo.domain.freshness import oldest
from jemmo.domain.key_care import KEY_REFUSALS

OVERDUE = timedelta(hours=24)


class ConnectionFacts(Struct, frozen=True, kw_only=True):
    """A connection's state as stored.

    ``begun``: its first sync has started. ``since`` is the end of the sync that failed with the current error; ``None``
    if no sync did. ``late``: a sync is due and hasn't started. ``slow``: the current sync takes much longer than
    earlier ones.
    """

    id: str
    name: str
    state: str
    begun: bool
    running: bool
    last_success_at: datetime | None
    error: Mapping[str, Any] | None
    since: datetime | None
    decision: Mapping[str, Any] | None = None
    files_error: Mapping[str, Any] | None = None
    late: bool = False
    slow: bool = False


class Finding(Struct, frozen=True, kw_only=True):
    """A problem, or the reassurance that there is none.

    ``kind`` is a key of ``jemmo.web.frame.labels``; ``error`` is the error from a run's report, if any.
    """

    kind: str
    serious: bool = False
    connection_id: str = ""
    name: str = ""
    at: datetime | None = None
    error: Mapping[str, Any] | None = None


def findings(connections: Iterable[ConnectionFacts], *, now: datetime) -> list[Finding]:
    """Return what needs attention, most serious first, or a single reassurance if nothing does."""
    known = list(connections)
    if not known:
        return [Finding(kind="nothing_connected")]
    listing = [finding for case in known for finding in _of(case, now)]
    if not listing:
        return [Finding(kind="well", at=oldest(case.last_success_at for case in known))]
    return sorted(listing, key=lambda case: not case.serious)


def _of(facts: ConnectionFacts, now: datetime) -> list[Finding]:
    about = partial(Finding, connection_id=facts.id, name=facts.name)
    with_error = partial(about, error=facts.error)
    listing = []
    if facts.state == "paused":
        listing.append(about(kind="paused" if facts.begun else "not_started"))
    elif facts.state == "refused" or (facts.error and facts.error["code"] in KEY_REFUSALS):
        listing.append(with_error(kind="refused", serious=True, at=facts.since))
    elif facts.error:
        listing.append(with_error(kind="failed", serious=True, at=facts.since))
    elif facts.running:
        listing.append(about(kind="slow" if facts.slow else "running"))
    elif facts.last_success_at is None:
        listing.append(about(kind="never"))
    elif now - facts.last_success_at > OVERDUE and not facts.late:
        listing.append(about(kind="overdue", at=facts.last_success_at))
    return [*listing, *_additional(facts)]


def _additional(facts: ConnectionFacts) -> list[Finding]:
    """Return the findings that may accompany any state, unless the state already implies them."""
    about = partial(Finding, connection_id=facts.id, name=facts.name)
    listing = []
    if facts.error and facts.slow:
        listing.append(about(kind="slow"))
    if facts.late:
        listing.append(about(kind="late", serious=True))
    if facts.files_error and not facts.error:
        listing.append(about(kind="files", error=facts.files_error))
    if facts.decision:
        listing.append(about(kind="held", error=facts.decision))
    return listing
