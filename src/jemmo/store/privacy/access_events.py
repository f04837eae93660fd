"""Reads and writes the log of access to personal data. Rows hold only ids; names depend on the reader's rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet

from jemmo.domain.access import Action
from jemmo.domain.typed_values import uuid_or_none
from jemmo.store.db.paging import query_text, search_terms, whole_number
from jemmo.store.db.query import execute
from jemmo.store.db.search import talents_matching
from jemmo.store.models import AccessEvent, Account, Membership, Organisation, Talent

PERIODS = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "quarter": timedelta(days=90),
}
PAGE = 50
OPERATOR = "operator"
MAX_PEOPLE = 200
_ACTIONS = {str(choice) for choice in Action}

# Log an access to a person, unless the same account has done the same since a given time.
_ADD_UNLESS_RECENT = """
    INSERT INTO access_event (org_id, account_id, action, talent, detail)
    SELECT %(org)s, %(account)s, %(action)s, %(talent)s, '{}'
    WHERE NOT EXISTS (SELECT FROM access_event e WHERE e.talent = %(talent)s AND e.at > %(since)s
        AND e.account_id = %(account)s AND e.action = %(action)s)"""


@dataclass(frozen=True, kw_only=True)
class AccessFilters:
    """The filters in the query string. ``person`` is a name, or an ATS or Jemmo id; ``after`` is the last row seen."""

    person: str = ""
    member: str = ""
    action: str = ""
    period: str = ""
    after: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> AccessFilters:
        action, period = query_text(query, "action"), query_text(query, "period")
        return cls(
            person=query_text(query, "person").strip()[:200],
            member=query_text(query, "member"),
            action=action if action in _ACTIONS else "",
            period=period if period in PERIODS else "",
            after=query_text(query, "after"),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.person or self.member or self.action or self.period)


@dataclass(frozen=True, kw_only=True)
class Line:
    """An event with its person and account, if they still exist."""

    event: AccessEvent
    talent: Talent | None


@dataclass(frozen=True, kw_only=True)
class Page:
    lines: list[Line]
    filters: AccessFilters
    more: str
    members: list[Account]


def add_unless_recent(
    org: Organisation, account: Account, action: Action, talent: UUID, *, since: datetime
) -> None:
    """Log an access to a person's record, unless the same access has been logged after ``since``."""
    ids = {"org": org.pk, "account": account.pk, "talent": talent}
    execute(_ADD_UNLESS_RECENT, {**ids, "action": action, "since": since})


def access_page(org: Organisation, filters: AccessFilters, *, now: datetime) -> Page:
    rows = _rows(org, filters, now)
    if (after := whole_number(filters.after)) is not None:
        rows = rows.filter(id__lt=after)
    listed = list(rows.order_by("-id")[: PAGE + 1])
    shown = listed[:PAGE]
    return Page(
        lines=_lines(org, shown),
        filters=filters,
        more=str(shown[-1].id) if len(listed) > PAGE else "",
        members=_members(org),
    )


def every(
    org: Organisation, filters: AccessFilters, *, now: datetime
) -> Iterator[tuple[AccessEvent, str]]:
    """All matching entries with the person's ATS id, newest first, read while they are written out."""
    rows = _rows(org, filters, now).order_by("-id").iterator(chunk_size=1000)
    while chunk := list(islice(rows, 1000)):
        ids = {event.talent for event in chunk if event.talent}
        people = Talent.objects.filter(org=org, id__in=ids)
        known: dict[UUID | None, str] = dict(people.values_list("id", "remote_id"))
        yield from ((event, known.get(event.talent, "")) for event in chunk)


def _rows(org: Organisation, filters: AccessFilters, now: datetime) -> QuerySet[AccessEvent]:
    rows = AccessEvent.objects.filter(org=org).select_related("account")
    if filters.person:
        rows = rows.filter(talent__in=_matching(org, filters.person))
    if filters.member == OPERATOR:
        rows = rows.filter(account=None)
    elif filters.member:
        rows = rows.filter(account=uuid_or_none(filters.member))
    if filters.action:
        rows = rows.filter(action=filters.action)
    if filters.period:
        rows = rows.filter(at__gte=now - PERIODS[filters.period])
    return rows


def _matching(org: Organisation, person: str) -> list[UUID]:
    """The people with this id or name. Erased people are found only by our own id."""
    own, terms = uuid_or_none(person), search_terms(person)
    known = Q(remote_id=person)
    if own:
        known |= Q(id=own)
    elif terms:
        known |= talents_matching(org, terms)
    ids = list(Talent.objects.filter(known, org=org).values_list("id", flat=True)[:MAX_PEOPLE])
    return [*ids, own] if own else ids


def _lines(org: Organisation, events: list[AccessEvent]) -> list[Line]:
    ids = {row.talent for row in events if row.talent}
    people = {row.id: row for row in Talent.objects.filter(org=org, id__in=ids)}
    return [
        Line(event=row, talent=people.get(row.talent) if row.talent else None) for row in events
    ]


def _members(org: Organisation) -> list[Account]:
    """The members to choose from."""
    now = Membership.objects.filter(org=org).values("account")
    return list(Account.objects.filter(id__in=now).order_by("email"))
