"""Switches for what Jarvi's documentation leaves open; the defaults are measured, or the more likely behavior."""

from dataclasses import dataclass
from typing import ClassVar

from jemmo.sandbox.switches import Switchboard


@dataclass(slots=True)
class Switches(Switchboard):
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "forced_page": ("profiles", "all", "none"),
        "envelope": ("documented", "data", "bare"),
        "order_param": ("orderBy", "order_by", "none"),
        "updated_filter": ("works", "ignored"),
        "id_filter": ("works", "ignored"),
        "talent_filter": ("leaky", "works", "ignored", "lossy"),
        "unknown_filter": ("ignored", "wrong", "refused"),
        "deleted_rows": ("listed", "hidden"),
        "applications": ("absent", "profile", "project", "endpoint"),
        "resumes": ("absent", "resumes", "files"),
        "download": ("absent", "key", "open"),
        "public_refusal": ("401", "403"),
        "offer_id": ("project", "own"),
        "salary_unit": ("mixed", "eur", "keur"),
        "phones": ("canonical", "national", "text"),
        "emails": ("objects", "texts"),
        "purposes": ("given", "absent"),
        "field_names": ("given", "absent"),
        "budget_hour": ("rolling", "clock"),
        "night_counts": ("no", "yes"),
        "execution_time": ("simulated", "measured"),
        "time": ("real", "accounted"),
        "retry_after": ("seconds", "date", "absent"),
        "webhook_shape": ("flat", "nested", "deep"),
        "nothing_found": ("empty", "404"),
        "merged": ("deleted", "gone"),
    }

    forced_page: str = "profiles"
    envelope: str = "documented"
    order_param: str = "orderBy"
    updated_filter: str = "works"
    id_filter: str = "works"
    talent_filter: str = "leaky"
    unknown_filter: str = "ignored"
    deleted_rows: str = "listed"
    touch_on_links: bool = False
    applications: str = "absent"
    resumes: str = "absent"
    download: str = "absent"
    status_names: bool = False
    public_refusal: str = "401"
    offers_per_day: int = 1000
    offer_id: str = "project"
    salary_unit: str = "mixed"
    phones: str = "canonical"
    emails: str = "objects"
    purposes: str = "given"
    field_names: str = "given"
    rate_limit: bool = True
    budget_seconds: int = 300
    budget_hour: str = "rolling"
    night_counts: str = "no"
    execution_time: str = "simulated"
    time: str = "real"
    retry_after: str = "seconds"
    webhook_shape: str = "flat"
    nothing_found: str = "empty"
    merged: str = "deleted"
