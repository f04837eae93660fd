"""Jarvi, declared."""

from __future__ import annotations

from collections.abc import Mapping

from jemmo.connectors.base import (
    FULL_SWEEP,
    HISTORY,
    LAG,
    PACING,
    QUOTA_SHARE,
    Connector,
    Evidence,
    Option,
    number,
)
from jemmo.connectors.jarvi.files import JarviFiles
from jemmo.connectors.jarvi.hooks import WEBHOOKS
from jemmo.connectors.jarvi.phones import REGIONS
from jemmo.connectors.jarvi.probe import probe
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.domain.streams import Capabilities
from jemmo.domain.translation_marks import marked as _

HOST = "https://functions.prod.jarvi.tech"


def _host(_: Mapping[str, str]) -> str:
    return HOST


def _choice(name: str, label: str, choices: tuple[str, ...], text: str) -> Option:
    return Option(name=name, label=label, default=choices[0], choices=choices, help=text)


def _text(name: str, label: str, text: str, default: str = "") -> Option:
    return Option(name=name, label=label, default=default, help=text)


JARVI = Connector(
    name="jarvi",
    label="Jarvi",
    key_help=_(
        "In Jarvi, as an admin: Settings > API keys > a private key. A public key reads "
        "published offers only."
    ),
    rights=("read profiles", "read projects"),
    docs_url="https://api-docs.jarvi.tech",
    base_url=_host,
    open=JarviSource,
    webhooks=WEBHOOKS,
    open_files=JarviFiles,
    probe=probe,
    evidence=Evidence(
        reads=(
            "Users, recruitment projects and offers as jobs, and talent profiles. Stages, applications and resumes "
            "only where an option says where they are."
        ),
        unread=(
            "Notes, messages, meetings, tasks and history, and companies but for a job's client."
        ),
        sure=(
            "The public pages of api-docs.jarvi.tech, which end within the schemas of answers, Jarvi's help, and what "
            "public clients measured on one account. Where applications and resumes are is not documented."
        ),
    ),
    capabilities=Capabilities(
        applications=False,
        incremental=True,
        webhooks=True,
        deletes=True,
        resumes=False,
        custom_fields=True,
        recent_first=True,
    ),
    options=(
        _text(
            "api_path",
            _("Path of the API"),
            _("Where the API lies on its host; used when the address has no path of its own."),
            "/v1/public-api/rest/v2",
        ),
        *HISTORY,
        PACING,
        QUOTA_SHARE,
        number(
            "budget_seconds",
            _("Time budget per hour (seconds)"),
            300,
            10,
            3600,
            _("Jarvi's time an hour, in its business hours."),
        ),
        number(
            "longest_wait",
            _("Longest wait (seconds)"),
            120,
            0,
            3600,
            _("Seconds waited for budget; longer postpones the sync."),
        ),
        LAG,
        _choice(
            "talent_filter",
            _("Ask for talents only"),
            ("on", "off"),
            _("Ask for talents only, where that proves to work."),
        ),
        _choice(
            "contacts",
            _("Keep client contacts"),
            ("off", "on"),
            _("Keep contacts of clients too, not only talents."),
        ),
        _text(
            "application_paths",
            _("Where applications are"),
            _(
                "Where applications are found, for example profiles.projectsProfiles, "
                "projects.projectsProfiles or applicants; `jemmo doctor jarvi --probe` looks for it."
            ),
        ),
        _text(
            "resume_paths",
            _("Where resumes are"),
            _("Where resumes are found, for example profiles.files."),
        ),
        _text(
            "file_url_template",
            _("Address of a file"),
            _("Where a file is fetched, with {fileId} in it."),
        ),
        _text(
            "file_hosts",
            _("Hosts of files"),
            _("Hosts that files may be fetched from; the key goes to Jarvi's own only."),
        ),
        _choice(
            "order_param",
            _("Sort parameter"),
            ("orderBy", "order_by", "none"),
            _("The parameter that sorts lists."),
        ),
        number(
            "page_size",
            _("Records per page"),
            100,
            1,
            1000,
            _("Rows asked for; a sorted list is asked for 100 at most."),
        ),
        _choice(
            "incremental_mode",
            _("Ask for changes only"),
            ("auto", "on", "off"),
            _(
                "By default, changed records are asked for where that filter passes its test. "
                "“On” trusts it always, “off” reads everything each time."
            ),
        ),
        FULL_SWEEP,
        _text(
            "status_map",
            _("Meaning of statuses"),
            _(
                'Names of statuses, as JSON: {"ID": {"name": "Interview", "category": "INTERVIEW"}}.'
            ),
        ),
        _text(
            "closed_project_statuses",
            _("Statuses of closed projects"),
            _("Ids of the statuses of closed projects, with commas."),
        ),
        _text(
            "field_map",
            _("Purposes of custom fields"),
            _(
                "Purposes of custom fields that have none, as JSON: "
                '{"Salaire": "joboffer_salary_per_year_max"}.'
            ),
        ),
        _choice(
            "salary_unit",
            _("Unit of salaries"),
            ("auto", "eur", "keur"),
            _("Of salaries a year. By default, 10 to 299 count as thousands."),
        ),
        _text(
            "webhook_id_paths",
            _("Where webhooks hold IDs"),
            _("Where a trigger's payload holds ids of profiles."),
            "profileId,profile.id,id",
        ),
        number(
            "offers_min_interval",
            _("Minutes between reads of offers"),
            15,
            0,
            1440,
            _("Minutes for which read offers are used again."),
        ),
        Option(
            name="default_region",
            label=_("Country of phone numbers"),
            default="FR",
            choices=REGIONS,
            help=_("The country of phone numbers written without one."),
        ),
    ),
)
