"""Parses a connection's options. Everything about Flatchr that could not be verified is an option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from jemmo.connectors.base import Config
from jemmo.connectors.option_values import (
    comma_list,
    comma_pairs,
    json_as,
    read_option,
    seconds_range,
    time_zone,
)
from jemmo.domain.enums import JobStatus

T = TypeVar("T")

STATUSES = {
    "open": JobStatus.OPEN,
    "closed": JobStatus.CLOSED,
    "archived": JobStatus.ARCHIVED,
    "draft": JobStatus.DRAFT,
}


class Settings:
    """Raises ``ConfigError`` with the name of an invalid option."""

    def __init__(self, config: Config) -> None:
        options = config.options

        def read(name: str, parse: Callable[[str], T]) -> T:
            return read_option(options, name, parse)

        self.company_id = read("company_id", _company_id)
        self.company_slug = options["company_slug"].strip() or None
        self.careers_base = options["careers_base"].rstrip("/")
        self.zone = read("tenant_tz", time_zone)
        self.overlap_days = int(options["overlap_days"])
        self.window_days = int(options["search_window_days"])
        self.suspicious = read("suspicious_sizes", lambda value: set(map(int, comma_list(value))))
        self.job_statuses = read("status_map", _statuses)
        self.vacancy_queries = comma_list(options["vacancy_status_queries"])
        self.reads_archived = options["search_statuses"] == "active,archived"
        self.archived_filter = read("archived_filter_body", json_as(dict[str, Any]))
        self.suggests_persons = options["person_match"] == "suggest"
        self.expects_resumes = config.on("use_legacy_detail")
        self.backoff = read("backoff", seconds_range)


def _company_id(value: str) -> str:
    if not value.isascii() or not value.isalnum() or len(value) > 64:
        raise ValueError("it is a part of addresses")
    return value


def _statuses(value: str) -> dict[str, JobStatus]:
    return {number: STATUSES[word.lower()] for number, word in comma_pairs(value).items()}
