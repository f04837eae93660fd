"""Parses and checks a connection's options once."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.jarvi.row_paths import RowPath, row_paths
from jemmo.connectors.jarvi.template_files import check_template
from jemmo.connectors.option_values import comma_list
from jemmo.domain.enums import StageCategory
from jemmo.domain.errors import ConfigError

T = TypeVar("T")

EXAMPLE = "profiles.projectsProfiles"


class Status(Struct, frozen=True):
    """The customer's name for a status, since Jarvi's API returns only its id."""

    name: str
    category: StageCategory = StageCategory.OTHER


class Settings(Struct, frozen=True, kw_only=True):
    order: str | None
    page_size: int
    incremental: str
    lag: timedelta
    filters_talents: bool
    with_contacts: bool
    application_paths: tuple[RowPath, ...]
    resume_paths: tuple[RowPath, ...]
    statuses: dict[str, Status]
    closed: frozenset[str]
    purposes: dict[str, str]
    salary_unit: str
    region: str
    offers_for: timedelta


def settings_of(config: Config) -> Settings:
    """Parse the options. Raises ``ConfigError`` for an invalid one."""
    options = config.options
    check_template(config)
    if len(options["full_sweep_cron"].split()) not in {0, 5}:
        raise ConfigError(
            "option", variant="cron", option="full_sweep_cron", value=options["full_sweep_cron"]
        )
    resume_paths = row_paths(options, "resume_paths", example=EXAMPLE)
    if any(path.entity != "profiles" or not path.names for path in resume_paths):
        raise ConfigError("option", variant="resume_paths", option="resume_paths")
    return Settings(
        order=None if options["order_param"] == "none" else options["order_param"],
        page_size=int(options["page_size"]),
        incremental=options["incremental_mode"],
        lag=timedelta(minutes=int(options["lag_minutes"])),
        filters_talents=config.on("talent_filter"),
        with_contacts=config.on("contacts"),
        application_paths=row_paths(options, "application_paths", example=EXAMPLE),
        resume_paths=resume_paths,
        statuses=_read_json(config, "status_map", dict[str, Status]),
        closed=frozenset(comma_list(options["closed_project_statuses"])),
        purposes=_read_json(config, "field_map", dict[str, str]),
        salary_unit=options["salary_unit"],
        region=options["default_region"],
        offers_for=timedelta(minutes=int(options["offers_min_interval"])),
    )


def _read_json(config: Config, name: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(config.options[name] or "{}", type=kind)
    except msgspec.DecodeError as error:
        raise ConfigError("option", variant="json", option=name, reason=error) from None
