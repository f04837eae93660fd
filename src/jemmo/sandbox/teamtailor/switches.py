"""Switches for what the documentation leaves open; the defaults are the more likely or stricter behavior.

``refused`` lists parts of queries that the account refuses: ``include:jobs.role``, ``fields:users``,
``sort:candidates``, ``filter:jobs.feed``. ``ignored`` lists includes that are accepted without effect. ``forbidden``,
``missing`` and ``unsupported`` are types that answer 403, 404 and 422.
``select_options`` says where options are found: in a list of their own, beside the custom fields, or field by field.
"""

from dataclasses import dataclass
from typing import ClassVar

from jemmo.sandbox.switches import Switchboard


@dataclass(slots=True)
class Switches(Switchboard):
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "paging": ("number", "cursor", "cursor_all"),
        "oversize": ("refuse", "clamp"),
        "window": ("fixed", "sliding"),
        "moments": ("left", "unix", "unix_ms"),
        "links": ("own", "proxied"),
        "envelope": ("plain", "objects"),
        "feed_combined": ("both", "first", "refuse"),
        "versions": ("known", "any"),
        "bounds": ("inclusive", "exclusive"),
        "granularity": ("ms", "s"),
        "bare_date": ("company", "utc"),
        "unknown_filter": ("refuse", "ignore"),
        "extra_time_filters": ("refuse", "accept"),
        "resume_summary": ("off", "snake", "kebab", "html"),
        "blanks": ("shown", "left_out"),
        "stage_types": ("both", "relation"),
        "select_options": ("list", "fields", "each"),
        "multi_select": ("list", "text"),
        "error_bodies": ("coded", "plain", "empty"),
        "restricted": ("shown", "hidden"),
        "merged": ("not_found", "other", "redirect"),
        "body_401": ("empty", "json"),
        "writes": ("405", "403"),
        "webhook_version": ("v2", "v1"),
        "webhook_shape": ("nested", "flat"),
        "webhook_destroy": ("bare", "full"),
        "webhook_signed": ("body", "payload"),
    }

    paging: str = "number"
    oversize: str = "refuse"
    window: str = "fixed"
    retry_after: bool = False
    moments: str = "left"
    links: str = "own"
    envelope: str = "plain"
    feed_combined: str = "both"
    versions: str = "known"
    bearer: bool = False
    bounds: str = "inclusive"
    granularity: str = "ms"
    bare_date: str = "company"
    unknown_filter: str = "refuse"
    extra_time_filters: str = "refuse"
    resume_summary: str = "off"
    blanks: str = "shown"
    stage_types: str = "both"
    select_options: str = "list"
    multi_select: str = "list"
    profile_url: bool = False
    refused: str = ""
    ignored: str = ""
    forbidden: str = ""
    missing: str = ""
    unsupported: str = ""
    error_bodies: str = "coded"
    restricted: str = "shown"
    merged: str = "not_found"
    body_401: str = "empty"
    writes: str = "405"
    stage_type_since: int = 20240404
    link_lifetime: int = 60
    rate_limit: bool = True
    rate_limit_requests: int = 50
    rate_limit_seconds: int = 10
    webhook_version: str = "v2"
    webhook_shape: str = "nested"
    webhook_destroy: str = "bare"
    webhook_signed: str = "body"
