"""Operations on logs, on rules, and on explanations of records.

Annotations are evaluated by django-ninja.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from msgspec import Struct
from ninja import Query

from jemmo.api import cursors, lists, records
from jemmo.api.access import ApiRequest
from jemmo.api.document import (
    ConnectionFilter,
    Cursor,
    Fields,
    Limit,
    answers_with,
    operation,
    page_schema,
    reference,
)
from jemmo.api.problems import bad_parameter
from jemmo.domain.enums import ApplicationStatus
from jemmo.domain.error_catalog import ErrorKind, Severity
from jemmo.domain.explanations import Explanation
from jemmo.domain.rules import RULES, Exclusion
from jemmo.domain.streams import Stream
from jemmo.domain.tokens import ApiScope
from jemmo.domain.validation import printable
from jemmo.services.connections import logs as service
from jemmo.services.connections.logs import LogRow, RejectionRow
from jemmo.services.records import explanations, rules
from jemmo.store.connections import logs
from jemmo.store.models import Rejection

LONGEST_QUERY = 200  # characters
REJECTION_ORDERS = {
    "-id": lists.by_number(descending=True),
    "id": lists.by_number(),
}
Since = Annotated[
    str | None,
    Query(description="Only entries since this time, such as 2026-11-30T08:00:00Z."),
]


class RuleRow(Struct, frozen=True, kw_only=True):
    """A rule of the organization. ``count`` is how many records it excludes, or would exclude if it were on."""

    rule: Exclusion
    excludes: bool
    count: int


class Rules(Struct, frozen=True, kw_only=True):
    """The organization's exclusion rules.

    An application counts as active if it has one of ``active_statuses``, and for ``hired_days`` days after a hire.
    """

    data: list[RuleRow]
    active_statuses: list[ApplicationStatus]
    hired_days: int


class Explanations(Struct, frozen=True, kw_only=True):
    """What happened to each matching record. If no record matches, why each connection might lack it."""

    data: list[Explanation]


answers_with(LogRow, RejectionRow, Rules, Explanations)


@operation(
    id="list_logs",
    fields=LogRow.__struct_fields__,
    address="/logs",
    summary="List errors and warnings of syncs",
    description="Returns the same entries as the Logs page, newest first. An entry from a "
    "running sync may appear later, with the time when the sync started.",
    schema=page_schema(reference("LogRow")),
    scopes=(ApiScope.RECORDS,),
    tag="logs",
)
def list_logs(
    request: ApiRequest,
    limit: Limit = 100,
    cursor: Cursor = None,
    updated_since: Since = None,
    fields: Fields = None,
    connection_id: ConnectionFilter = None,
    severity: Annotated[
        Severity | None, Query(description="Only entries of this severity.")
    ] = None,
    kind: Annotated[ErrorKind | None, Query(description="Only entries of this kind.")] = None,
    q: Annotated[
        str | None, Query(max_length=LONGEST_QUERY, description="Words from the entry, or an ID.")
    ] = None,
) -> HttpResponse:
    chosen = records.chosen_fields(LogRow.__struct_fields__, fields)
    filters = logs.LogFilters(
        connection=str(connection_id) if connection_id else "",
        severity=severity or "",
        kind=kind or "",
        q=printable(q or "").strip(),
        since=records.parse_time("updated_since", updated_since)
        if updated_since is not None
        else None,
        after=_place(cursor) if cursor is not None else "",
    )
    rows, more = service.rows(request.token.org, filters, now=timezone.now(), size=limit)
    return lists.rows_response(rows, chosen, cursors.seal("logs", more.encode()) if more else None)


@operation(
    id="list_rejections",
    fields=RejectionRow.__struct_fields__,
    address="/rejections",
    summary="List rejected records",
    description="Returns the records that Jemmo couldn't use, newest first, each with the reason.",
    schema=page_schema(reference("RejectionRow")),
    scopes=(ApiScope.RECORDS,),
    tag="logs",
)
def list_rejections(
    request: ApiRequest,
    limit: Limit = 100,
    cursor: Cursor = None,
    updated_since: Since = None,
    fields: Fields = None,
    sort: Annotated[
        Literal["-id", "id"], Query(description="The sort order. A leading `-` means newest first.")
    ] = "-id",
    connection_id: ConnectionFilter = None,
    stream: Annotated[Stream | None, Query(description="Only records of this type.")] = None,
    code: Annotated[
        str | None, Query(max_length=LONGEST_QUERY, description="Only records with this code.")
    ] = None,
    run_id: Annotated[UUID | None, Query(description="Only records from this sync.")] = None,
) -> HttpResponse:
    rows = lists.narrowed(
        Rejection.objects.filter(connection__org=request.token.org),
        connection_id=connection_id,
        stream=stream,
        code=None if code is None else printable(code),
        run_id=run_id,
    )
    if updated_since is not None:
        rows = rows.filter(at__gte=records.parse_time("updated_since", updated_since))
    return lists.page_of_rows(
        "rejections",
        rows,
        REJECTION_ORDERS,
        sort=sort,
        limit=limit,
        cursor=cursor,
        fields=fields,
        shape=RejectionRow,
        write=_rejections,
    )


@operation(
    id="explain_record",
    address="/why",
    summary="Explain why a record is or isn't in Jemmo",
    description="Returns an entry for each matching record. If no record matches, returns what each connection "
    "has read so far.",
    schema=reference("Explanations"),
    scopes=(ApiScope.RECORDS,),
    tag="logs",
    refusals=(503,),
)
def explain_record(
    request: ApiRequest,
    record: Annotated[
        str,
        Query(
            min_length=1,
            max_length=LONGEST_QUERY,
            description="The record's ID in Jemmo or in the ATS, or its link, title, or name.",
        ),
    ],
) -> HttpResponse:
    token = request.token
    answers = explanations.explain_record(
        token.org, record, now=timezone.now(), sees_contacts=ApiScope.CONTACTS in token.scopes
    )
    records.log_read(token, "talents")
    return records.json_response(Explanations(data=answers))


@operation(
    id="get_rules",
    address="/rules",
    summary="Get the rules that exclude records",
    description="Returns which rules are on and how many records each rule excludes.",
    schema=reference("Rules"),
    scopes=(ApiScope.ADMIN,),
    tag="rules",
)
def get_rules(request: ApiRequest) -> HttpResponse:
    org = request.token.org
    own, counts = rules.rules_of(org), rules.counts(org)
    rows = [
        RuleRow(
            rule=rule,
            excludes=not getattr(own, rules.SETTING[rule]),
            count=counts[rule],
        )
        for rule in RULES
    ]
    return records.json_response(
        Rules(data=rows, active_statuses=list(own.active_statuses), hired_days=own.hired_days)
    )


def _place(cursor: str) -> str:
    try:
        place = cursors.unseal("logs", cursor).decode()
    except UnicodeError:
        place = ""
    if not logs.is_place(place):
        raise bad_parameter("cursor")
    return place


def _rejections(rows: Sequence[Rejection]) -> list[RejectionRow]:
    return [service.rejection_row(row) for row in rows]
