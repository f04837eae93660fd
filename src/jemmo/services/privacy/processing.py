"""Builds an organization's record of processing activities (Art. 30 GDPR) from its settings."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from msgspec import Struct

from jemmo import conninfo
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.access import Action
from jemmo.domain.outgoing import State
from jemmo.domain.retention import Cause, Retention
from jemmo.domain.validation import split_address
from jemmo.services.base import costly
from jemmo.services.base.retention_policy import retention_policy_of
from jemmo.services.notifications import mailing
from jemmo.store.connections.connections import PARTED
from jemmo.store.db import scope
from jemmo.store.models import (
    AccessEvent,
    ApiToken,
    Connection,
    Erasure,
    FileVersion,
    Membership,
    Organisation,
    OrganisationNotices,
    OutgoingEndpoint,
    Talent,
)
from jemmo.store.privacy import data_categories

YEAR = timedelta(days=365)


class Source(Struct, frozen=True):
    """An ATS that provides people."""

    connection: Connection
    label: str


class Category(Struct, frozen=True):
    """A kind of data, and the number of records with it."""

    name: str
    count: int


class Processing(Struct, frozen=True, kw_only=True):
    """A record of processing activities.

    ``database`` and ``mail`` are host names, empty for this machine or if there is no mail server. ``programs`` are the
    valid API tokens, ``webhooks`` the hosts that outgoing webhooks are sent to.
    """

    org: Organisation
    at: datetime
    contacts: list[str]
    sources: list[Source]
    categories: list[Category]
    people: int
    members: dict[str, int]
    database: str
    files: str
    files_kind: str
    programs: list[ApiToken]
    webhooks: list[str]
    chat: str
    mail: str
    retention: Retention
    requests: dict[str, int]


def record(org: Organisation, *, now: datetime) -> Processing:
    """Build the record. Its numbers include everyone, even people whom the reader may not see. Raises ``Crowded``."""
    with costly.places().place(org.id), scope.acting_in(scope.organization_scope(org.id)):
        return _record(org, now)


def _sources(org: Organisation) -> QuerySet[Connection]:
    """Return connections in use, and disconnected ones whose people are still stored."""
    holds_people = Exists(Talent.objects.filter(connection=OuterRef("pk")))
    connections = org.connections.filter(~Q(state__in=PARTED) | holds_people)
    return connections.order_by("created_at")


def _record(org: Organisation, now: datetime) -> Processing:
    held = data_categories.counts(org)
    people = held.pop("people")
    kind, place = _files()
    notices = OrganisationNotices.objects.filter(org=org).first()
    members = Membership.objects.filter(org=org)
    managers = members.filter(role__in=("owner", "admin")).select_related("account")
    return Processing(
        org=org,
        at=now,
        contacts=sorted(manager.account.email for manager in managers),
        sources=[
            Source(
                connection,
                CONNECTORS[connection.provider].label if connection.provider in CONNECTORS else "",
            )
            for connection in _sources(org)
        ],
        categories=[
            *(Category(name, count) for name, count in held.items() if count),
            *_stored(org),
        ],
        people=people,
        members=dict(members.values_list("role").annotate(n=Count("id")).order_by("role")),
        database=_database(),
        files=place,
        files_kind=kind,
        programs=_programs(org, now),
        webhooks=_webhook_hosts(org),
        chat=notices.chat_host if notices else "",
        mail=mailing.server(),
        retention=retention_policy_of(org),
        requests=_requests(org, now),
    )


def _stored(org: Organisation) -> list[Category]:
    count = FileVersion.objects.filter(org=org, state="stored").count()
    return [Category("files", count)] if count else []


def _requests(org: Organisation, now: datetime) -> dict[str, int]:
    """Count the last year's requests, and the people erased by retention, up to a hundred per certificate."""
    recent = Erasure.objects.filter(org=org, at__gte=now - YEAR)
    counts = {str(Cause.REQUEST): recent.filter(kind=Cause.REQUEST).count()}
    erased = recent.filter(kind=Cause.RETENTION).values_list("removed", flat=True)
    counts[str(Cause.RETENTION)] = sum(removed.get("talents", 0) for removed in erased)
    exported = AccessEvent.objects.filter(
        org=org, at__gte=now - YEAR, action=Action.SUBJECT_EXPORTED
    )
    counts["exports"] = exported.values("account", "at").distinct().count()
    return counts


def _programs(org: Organisation, now: datetime) -> list[ApiToken]:
    valid = ApiToken.objects.filter(org=org, revoked_at=None).exclude(expires_at__lte=now)
    return list(valid.order_by("created_at", "id"))


def _webhook_hosts(org: Organisation) -> list[str]:
    active = OutgoingEndpoint.objects.filter(org=org, state=State.ACTIVE)
    return sorted(
        {split_address(url).hostname or "" for url in active.values_list("url", flat=True)}
    )


def _database() -> str:
    """Return the database server's host; empty when it runs on this machine."""
    host = conninfo.parse(os.environ.get("DATABASE_URL", "")).get("host", "")
    return "" if host in ("localhost", "127.0.0.1", "::1") or host.startswith(("/", "@")) else host


def _files() -> tuple[str, str]:
    """Return the kind of file storage, and the bucket's name."""
    scheme, separator, rest = os.environ.get("JEMMO_FILES", "").partition("://")
    return (
        (scheme, rest.split("/")[0])
        if separator and scheme in ("supabase", "s3")
        else ("folder", "")
    )
