"""Downloads of the job and talent lists, with the list's filters and the reader's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.shortcuts import redirect

from jemmo.services.records import exports
from jemmo.store.models import Role
from jemmo.store.records import jobs, talents
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, NotForViewer, member
from jemmo.web.frame.access import exports as may_export
from jemmo.web.frame.file_lines import csv_lines, json_lines
from jemmo.web.frame.screenshots import refuses_download
from jemmo.web.frame.spooled import Spool, Spooled, lines
from jemmo.web.frame.spooled import download as long_download
from jemmo.web.records.talents import lookup_of

FORMS = {"csv": "text/csv", "jsonl": "text/plain"}


@long_download
@member
def download(request: MemberRequest, kind: str, form: str) -> HttpResponse | Spooled:
    """Download every record of the list, from all its pages, in their order."""
    if not may_export(request):
        raise NotForViewer
    if refuses_download(request):
        return redirect(kind)

    def write(file: Spool) -> None:
        rows = exports.rows(
            request.organisation,
            kind,
            role=Role(request.membership.role),
            vault=default_vault(),
            actor=request.membership.account,
            ids=LISTS[kind](request),
        )
        lines(_csv(rows) if form == "csv" else json_lines(rows))(file)

    return Spooled(
        request,
        write,
        content_type=f"{FORMS[form]}; charset=utf-8",
        file_name=f"jemmo-{kind}.{form}",
    )


def _jobs(request: MemberRequest) -> Iterable[UUID]:
    return jobs.ids_in_order(request.organisation, jobs.JobFilters.from_query(request.GET))


def _talents(request: MemberRequest) -> Iterable[UUID]:
    filters = talents.TalentFilters.from_query(request.GET)
    return talents.ids_in_order(request.organisation, filters, lookup_of(request, filters.q))


LISTS: dict[str, Callable[[MemberRequest], Iterable[UUID]]] = {"jobs": _jobs, "talents": _talents}


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Lists of texts are joined with commas; deeper values become JSON."""
    first = next(rows, {})
    cells = ([_cell(value) for value in row.values()] for row in chain([first], rows) if row)
    return csv_lines(first, cells)


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else value
