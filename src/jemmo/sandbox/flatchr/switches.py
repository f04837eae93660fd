"""What nobody could verify about Flatchr, each as a switch; the default is the likelier."""

from dataclasses import asdict, dataclass, fields
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "status_enum": ("documented", "odd"),
    "vacancies_scope": ("all", "active"),
    "labels": ("ids", "texts"),
    "remote": ("text", "bool"),
    "archived_filter": ("status", "word", "ignored"),
    "search_scope": ("active", "all"),
    "updated_format": ("dmy", "iso", "epoch", "absent"),
    "bounds": ("inclusive", "exclusive"),
    "bounds_zone": ("company", "utc"),
    "cv_in_row": ("aws", "cv", "candidate", "absent"),
    "detail": ("on", "404", "405"),
    "cv_response": ("binary", "redirect", "json", "text"),
    "candidates": ("merged", "separate"),
    "webhook_shape": ("nested", "flat"),
    "error_body": ("json", "empty", "html"),
    "expired_status": ("401", "403"),
}


@dataclass(slots=True)
class Switches:
    """The switches of one sandbox; CHOICES lists the values of those that are words."""

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
    cv_in_row: str = "aws"
    detail: str = "on"
    cv_response: str = "binary"
    candidates: str = "merged"
    webhook_shape: str = "nested"
    error_body: str = "json"
    expired_status: str = "401"
    rate_limit: bool = True
    api_per_second: int = 0
    retry_after: bool = False

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
