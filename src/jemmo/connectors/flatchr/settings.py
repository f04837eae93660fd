"""A connection's options, read. Everything nobody could verify about Flatchr is one of them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.domain.enums import JobStatus
from jemmo.domain.errors import ConfigError

STATUSES = {
    "open": JobStatus.OPEN,
    "closed": JobStatus.CLOSED,
    "archived": JobStatus.ARCHIVED,
    "draft": JobStatus.DRAFT,
}


class Settings(Struct, frozen=True, kw_only=True):
    company_id: str
    company_slug: str | None
    careers_base: str
    zone: ZoneInfo
    overlap_days: int
    window_days: int
    suspicious: frozenset[int]
    job_statuses: dict[str, JobStatus]
    vacancy_queries: tuple[str, ...]
    reads_archived: bool
    archived_filter: dict[str, Any]
    suggests_persons: bool
    expects_resumes: bool
    backoff: tuple[float, float]


def read_settings(config: Config) -> Settings:
    """The options as they are used; raises ``ConfigError`` naming the one that cannot be understood."""
    options = config.options
    return Settings(
        company_id=_company_id(options["company_id"]),
        company_slug=options["company_slug"].strip() or None,
        careers_base=options["careers_base"].rstrip("/"),
        zone=_zone(options["tenant_tz"]),
        overlap_days=int(options["overlap_days"]),
        window_days=int(options["search_window_days"]),
        suspicious=frozenset(_sizes(options["suspicious_sizes"])),
        job_statuses=_status_map(options["status_map"]),
        vacancy_queries=tuple(_listed(options["vacancy_status_queries"])),
        reads_archived=options["search_statuses"] == "active,archived",
        archived_filter=_filter(options["archived_filter_body"]),
        suggests_persons=options["person_match"] == "suggest",
        expects_resumes=config.on("use_legacy_detail"),
        backoff=_backoff(options["backoff"]),
    )


def _company_id(value: str) -> str:
    value = value.strip()
    if not value.isascii() or not value.isalnum() or len(value) > 64:
        raise _unreadable(
            "company_id", "It is the encoded id of 16 letters and digits shown beside the API key."
        )
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _unreadable("tenant_tz", "Give a time zone such as Europe/Paris.") from None


def _sizes(value: str) -> list[int]:
    try:
        return [int(part) for part in _listed(value)]
    except ValueError:
        raise _unreadable("suspicious_sizes", "Give numbers such as 100,500,1000.") from None


def _backoff(value: str) -> tuple[float, float]:
    first, _, longest = value.partition("-")
    if not first.strip().isdecimal() or not longest.strip().isdecimal():
        raise _unreadable("backoff", "Give two numbers of seconds such as 2-60.")
    return float(first), float(longest)


def _status_map(value: str) -> dict[str, JobStatus]:
    found = {}
    for part in _listed(value):
        number, _, meaning = part.partition("=")
        if meaning.strip().lower() not in STATUSES:
            raise _unreadable(
                "status_map", f"Give pairs such as 1=open,0=archived; words: {', '.join(STATUSES)}."
            )
        found[number.strip()] = STATUSES[meaning.strip().lower()]
    return found


def _filter(value: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(value, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise _unreadable("archived_filter_body", 'Give a JSON object: {"status":0}.') from None


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _unreadable(name: str, rule: str) -> ConfigError:
    return ConfigError(f"Option {name} cannot be understood.", code="option", next_step=rule)
