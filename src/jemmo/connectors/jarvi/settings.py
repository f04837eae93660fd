"""A connection's options, read and checked once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.jarvi.wire import Json
from jemmo.domain.enums import StageCategory
from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import may_be_address, split_address

FILE_ID = "{fileId}"


class Status(Struct, frozen=True):
    """What a person says of a status, of which Jarvi's API tells the id alone."""

    name: str
    category: StageCategory = StageCategory.OTHER


class Path(Struct, frozen=True):
    """Where something is found: in a row of ``entity`` at ``names``.

    No names, in the rows themselves.
    """

    entity: str
    names: tuple[str, ...] = ()


class Settings(Struct, frozen=True, kw_only=True):
    order: str | None
    page_size: int
    incremental: str
    lag: timedelta
    filters_talents: bool
    with_contacts: bool
    application_paths: tuple[Path, ...]
    resume_paths: tuple[Path, ...]
    statuses: dict[str, Status]
    closed: frozenset[str]
    purposes: dict[str, str]
    salary_unit: str
    region: str
    offers_for: timedelta


def settings_of(config: Config) -> Settings:
    """Raises ``ConfigError`` for an option that cannot be read."""
    given = config.options
    applications = _paths("application_paths", given["application_paths"])
    _check_template(given["file_url_template"], given["file_hosts"], config.base_url)
    if len(given["full_sweep_cron"].split()) not in {0, 5}:
        raise _unreadable("full_sweep_cron", "It has five parts: minute hour day month weekday.")
    return Settings(
        order=None if given["order_param"] == "none" else given["order_param"],
        page_size=int(given["page_size"]),
        incremental=given["incremental_mode"],
        lag=timedelta(minutes=int(given["lag_minutes"])),
        filters_talents=config.on("talent_filter"),
        with_contacts=config.on("contacts"),
        application_paths=applications,
        resume_paths=_resume_paths(given["resume_paths"]),
        statuses=_read("status_map", given["status_map"], dict[str, Status]),
        closed=frozenset(_words(given["closed_project_statuses"])),
        purposes=_read("field_map", given["field_map"], dict[str, str]),
        salary_unit=given["salary_unit"],
        region=given["default_region"],
        offers_for=timedelta(minutes=int(given["offers_min_interval"])),
    )


def is_allowed(url: str, hosts: str, base_url: str) -> bool:
    """Whether files may be fetched there: Jarvi's own host, or by https from one that was named."""
    if is_own(url, base_url):
        return True
    if not may_be_address(url):
        return False
    parts, named = split_address(url), {host.lower() for host in _words(hosts)}
    return parts.scheme == "https" and (parts.hostname or "") in named


def is_own(url: str, base_url: str) -> bool:
    """Whether an address lies on the host that was connected, which alone is given the key."""
    if not may_be_address(url):
        return False
    parts, own = split_address(url), split_address(base_url)
    return (parts.scheme, parts.netloc.lower()) == (own.scheme, own.netloc.lower())


def _check_template(template: str, hosts: str, base_url: str) -> None:
    """Refuse what would fail for each file alike."""
    if not template:
        return
    parts = None
    with suppress(ValueError):
        parts = split_address(template.replace(FILE_ID, "0"))
    is_whole = parts is not None and parts.scheme in {"https", "http"} and parts.hostname
    if parts is None or not is_whole or FILE_ID not in template:
        raise _unreadable(
            "file_url_template", "It is a whole address such as https://files.example.com/{fileId}."
        )
    if not is_allowed(template, hosts, base_url):
        raise _unreadable(
            "file_url_template", f"Use https, and name {parts.hostname} in the option file_hosts."
        )


def _words(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _paths(name: str, value: str) -> tuple[Path, ...]:
    """Paths as the probe prints them.

    ``profiles.projectsProfiles``, ``projects.applications``, ``applicants``.
    """
    found = []
    for word in _words(value):
        entity, *names = word.replace("[]", "").split(".")
        if not all(part.isidentifier() for part in (entity, *names)):
            raise _unreadable(name, f"{word!r} is not a path such as profiles.projectsProfiles.")
        found.append(Path(entity, tuple(names)))
    return tuple(found)


def _resume_paths(value: str) -> tuple[Path, ...]:
    found = _paths("resume_paths", value)
    if any(path.entity != "profiles" or not path.names for path in found):
        raise _unreadable("resume_paths", "Resumes are looked for in profiles, as profiles.files.")
    return found


def _read(name: str, value: str, kind: Json) -> Json:
    try:
        return msgspec.json.decode(value or "{}", type=kind)
    except msgspec.DecodeError as error:
        raise _unreadable(name, f"It must be JSON ({error}).") from None


def _unreadable(name: str, rule: str) -> ConfigError:
    return ConfigError(f"Option {name} cannot be read.", code="option", next_step=rule)
