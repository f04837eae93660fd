"""Switches for what could not be verified about Flatchr; the defaults are the more likely behavior."""

from dataclasses import dataclass
from typing import ClassVar

from jemmo.sandbox.switches import Switchboard


@dataclass(slots=True)
class Switches(Switchboard):
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "status_enum": ("documented", "odd"),
        "vacancies_scope": ("all", "active"),
        "labels": ("ids", "texts"),
        "remote": ("text", "bool"),
        "archived_filter": ("status", "word", "ignored"),
        "search_scope": ("active", "all"),
        "updated_format": ("dmy", "iso", "epoch", "absent"),
        "bounds": ("inclusive", "exclusive"),
        "bounds_zone": ("company", "utc"),
        "rows": ("current", "old", "texts"),
        "cv_in_row": ("aws", "cv", "candidate", "absent"),
        "detail": ("on", "404", "405"),
        "cv_key": ("either", "token"),
        "cv_response": ("binary", "redirect", "json", "text"),
        "candidates": ("merged", "separate"),
        "webhook_shape": ("nested", "flat"),
        "error_body": ("json", "empty", "html"),
        "expired_status": ("401", "403"),
    }

    status_enum: str = "documented"
    vacancies_scope: str = "all"
    labels: str = "ids"
    remote: str = "text"
    archived_filter: str = "status"
    search_scope: str = "active"
    search_cap: int = 0
    updated_format: str = "dmy"
    bounds: str = "inclusive"
    bounds_zone: str = "company"
    rows: str = "current"
    cv_in_row: str = "aws"
    detail: str = "on"
    cv_key: str = "either"
    cv_response: str = "binary"
    candidates: str = "merged"
    webhook_shape: str = "nested"
    error_body: str = "json"
    expired_status: str = "401"
    rate_limit: bool = True
    api_per_second: int = 0
    retry_after: bool = False
