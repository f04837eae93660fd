"""How every connection is doing, in one look."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from jemmo.domain.key_care import Reminder
from jemmo.domain.status import colour
from jemmo.services import key_care
from jemmo.services.schedule import is_late, is_slow, next_sync_at
from jemmo.store.models import Application, Connection, Job, Organisation, Talent
from jemmo.store.selectors import files
from jemmo.store.selectors.connections import is_running
from jemmo.store.selectors.visible import SHOWN, SHOWN_APPLICATIONS


class ConnectionStatus(Struct, frozen=True, kw_only=True):
    """A line of ``jemmo status --json``. Counts are what people see: what rules hide is not in them.

    ``late`` says that a sync is due and none has started, ``slow`` that one takes much longer than those before,
    ``failures`` how many failed in a row; ``key_reminder`` what there is to do about the key.
    """

    id: UUID
    org: str
    provider: str
    state: str
    colour: str
    last_success_at: datetime | None
    next_sync_at: datetime | None
    key_age_days: int
    key_expires_at: datetime | None
    key_reminder: Reminder | None
    late: bool
    slow: bool
    failures: int
    error: dict[str, str] | None
    counts: dict[str, int]
    files: files.FileCounts


def overview(org: Organisation | None = None) -> list[ConnectionStatus]:
    """Every connection, or those of one organisation."""
    found = Connection.objects.select_related("org", "lease").order_by("org__slug", "created_at")
    if org is not None:
        found = found.filter(org=org)
    now = datetime.now(UTC)
    return [_status(connection, now) for connection in found]


def _status(connection: Connection, now: datetime) -> ConnectionStatus:
    return ConnectionStatus(
        id=connection.id,
        org=connection.org.slug,
        provider=connection.provider,
        state=connection.state,
        colour=colour(
            last_success_at=connection.last_success_at,
            last_error=connection.last_error,
            running=is_running(connection, now),
            now=now,
        ),
        last_success_at=connection.last_success_at,
        next_sync_at=next_sync_at(connection, now),
        key_age_days=(now - connection.key_set_at).days,
        key_expires_at=connection.key_expires_at,
        key_reminder=key_care.of(connection, now),
        late=is_late(connection, now),
        slow=is_slow(connection, now),
        failures=connection.failures,
        error=connection.last_error,
        counts=counts_of(connection),
        files=files.counts_of(connection),
    )


def counts_of(connection: Connection) -> dict[str, int]:
    """Visible jobs, talents, and the applications of those talents."""
    return {
        "jobs": Job.objects.filter(SHOWN, connection=connection).count(),
        "talents": Talent.objects.filter(SHOWN, connection=connection).count(),
        "applications": Application.objects.filter(
            SHOWN_APPLICATIONS, connection=connection
        ).count(),
    }
