"""What Jarvi's documentation leaves open, each as a switch.

The default is what was measured, else the likelier.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
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
    "budget_hour": ("rolling", "clock"),
    "night_counts": ("no", "yes"),
    "execution_time": ("simulated", "measured"),
    "time": ("real", "accounted"),
    "retry_after": ("seconds", "date", "absent"),
    "webhook_shape": ("flat", "nested", "deep"),
}


@dataclass(slots=True)
class Switches:
    """The switches of one sandbox; CHOICES lists the values of those that are words."""

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
    rate_limit: bool = True
    budget_seconds: int = 300
    budget_hour: str = "rolling"
    night_counts: str = "no"
    execution_time: str = "simulated"
    time: str = "real"
    retry_after: str = "seconds"
    webhook_shape: str = "flat"

    def set(self, values: dict[str, Any]) -> None:
        """Set some switches, texts from a command line included. ValueError names the bad one."""
        known = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown switch {name}; known: {', '.join(known)}")
            setattr(self, name, self._read(name, known[name], value))

    def _read(self, name: str, kind: type, value: Any) -> Any:
        if kind is bool:
            on = str(value).lower() in {"1", "true", "on", "yes"}
            return value if isinstance(value, bool) else on
        if name in CHOICES and str(value) not in CHOICES[name]:
            raise ValueError(f"switch {name} takes {', '.join(CHOICES[name])}")
        return kind(value)

    def all(self) -> dict[str, Any]:
        """Return every switch and its value."""
        return asdict(self)
