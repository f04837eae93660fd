"""Settings > Logs: errors and warnings of syncs, and what to do about them."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from jemmo.domain.error_catalog import ErrorKind, Severity
from jemmo.services.connections import logs as service
from jemmo.store.connections.logs import PERIODS, LogFilters
from jemmo.web.frame.access import MemberRequest, manages, member, wants_results
from jemmo.web.frame.file_lines import csv_lines, json_lines
from jemmo.web.frame.problems import localized_error
from jemmo.web.frame.spooled import Spooled, lines
from jemmo.web.frame.spooled import download as long_download

COLUMNS = (
    *("at", "severity", "kind", "code", "means", "message", "next_step", "count", "stream"),
    *("remote_id", "field", "provider", "connection_id", "run_id", "status_page", "docs_url"),
)


@member
def logs(request: MemberRequest) -> HttpResponse:
    page = service.log_page(
        request.organisation, LogFilters.from_query(request.GET), now=datetime.now(UTC)
    )
    partial = wants_results(request)
    shown = {
        "page": page,
        "filters": page.listing.filters,
        "choices": {"severity": list(Severity), "kind": list(ErrorKind), "period": list(PERIODS)},
        "partial": partial,
        "section": "settings",
        "settings_page": "logs",
        "manages": manages(request),
    }
    return render(
        request, "connections/logs_results.html" if partial else "connections/logs.html", shown
    )


@long_download
@member
def download(request: MemberRequest, form: str) -> Spooled:
    """Download the same entries: CSV for a spreadsheet, or one JSON object per line."""
    filters = LogFilters.from_query(request.GET)
    entries = service.every(request.organisation, filters, now=datetime.now(UTC))
    rows = (_in_words(entry) for entry in entries)
    content, kind = (
        (csv_lines(COLUMNS, ([row[name] for name in COLUMNS] for row in rows)), "text/csv")
        if form == "csv"
        else (json_lines(rows), "text/plain")
    )
    return Spooled(
        request,
        lines(content),
        content_type=f"{kind}; charset=utf-8",
        file_name=f"jemmo-log.{form}",
    )


def _in_words(line: service.Line) -> dict[str, Any]:
    """An entry with its cause and next step in the reader's language. ``message`` is always English."""
    words = localized_error(line.error)
    return {**service.plain(line), "means": words["message"], "next_step": words["next_step"]}
