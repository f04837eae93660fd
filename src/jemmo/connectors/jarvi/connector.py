"""The declaration of the Jarvi connector."""

from __future__ import annotations

from jemmo.connectors.base import (
    FILE_HOSTS,
    FULL_SWEEP,
    HISTORY,
    LAG,
    PACING,
    QUOTA_SHARE,
    Connector,
    Evidence,
    choice,
    free_text,
    number,
)
from jemmo.connectors.jarvi.client import HOST
from jemmo.connectors.jarvi.files import open_files
from jemmo.connectors.jarvi.hooks import WEBHOOKS
from jemmo.connectors.jarvi.payload_ids import ID_PATHS
from jemmo.connectors.jarvi.phones import REGION
from jemmo.connectors.jarvi.probe import probe
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.connectors.jarvi.template_files import FILE_URL
from jemmo.connectors.jarvi.time_budget import BUDGET, LONGEST_WAIT
from jemmo.domain.streams import Capabilities
from jemmo.domain.translation_marks import marked as _

JARVI = Connector(
    name="jarvi",
    label="Jarvi",
    key_help=_(
        "In Jarvi, as an admin, open Settings > API keys and create a private key. A public key can "
        "read only published offers."
    ),
    rights=("read profiles", "read projects"),
    docs_url="https://api-docs.jarvi.tech",
    base_url=lambda _: HOST,
    open=JarviSource,
    webhooks=WEBHOOKS,
    open_files=open_files,
    probe=probe,
    evidence=Evidence(
        reads=(
            "Users, recruitment projects (as jobs), offers (as postings), and talent profiles. Stages, "
            "applications, and resumes are read only if an option specifies where they are."
        ),
        unread="Notes, messages, meetings, tasks, history, and companies other than a job's client.",
        sure=(
            "The public pages of api-docs.jarvi.tech (whose response schemas are incomplete), Jarvi's "
            "help center, and measurements that public clients made on one account. These sources do not "
            "document where applications and resumes are found."
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
        free_text(
            "api_path",
            _("API path"),
            _("API path on the host, used if the address has no path."),
            "/v1/public-api/rest/v2",
        ),
        *HISTORY,
        PACING,
        QUOTA_SHARE,
        BUDGET,
        LONGEST_WAIT,
        LAG,
        choice(
            "talent_filter",
            _("Request talents only"),
            ("on", "off"),
            _("Whether to request only talents, provided that the talent filter passes a test."),
        ),
        choice(
            "contacts",
            _("Store client contacts"),
            ("off", "on"),
            _("Whether to store client contacts as well as talents."),
        ),
        free_text(
            "application_paths",
            _("Application paths"),
            _(
                "Where to find applications, for example profiles.projectsProfiles, "
                "projects.projectsProfiles, or applicants. To find likely paths, run `jemmo doctor jarvi --probe`."
            ),
        ),
        free_text(
            "resume_paths",
            _("Resume paths"),
            _("Where to find resumes, for example profiles.files."),
        ),
        FILE_URL,
        FILE_HOSTS,
        choice(
            "order_param",
            _("Sort parameter"),
            ("orderBy", "order_by", "none"),
            _("The parameter used to sort lists."),
        ),
        number(
            "page_size",
            _("Records per page"),
            100,
            1,
            1000,
            _("Rows per request, up to 100 for a sorted list."),
        ),
        choice(
            "incremental_mode",
            _("Request only changes"),
            ("auto", "on", "off"),
            _(
                "By default, Jemmo tests the filter for changed records and uses it only if it "
                "works. With “On”, Jemmo always trusts the filter. With “Off”, Jemmo reads everything each time."
            ),
        ),
        FULL_SWEEP,
        free_text(
            "status_map",
            _("Status meanings"),
            _('Status names as JSON: {"ID": {"name": "Interview", "category": "INTERVIEW"}}.'),
        ),
        free_text(
            "closed_project_statuses",
            _("Closed project statuses"),
            _("Comma-separated IDs of the statuses that mean a project is closed."),
        ),
        free_text(
            "field_map",
            _("Custom field purposes"),
            _(
                "JSON that assigns a purpose to each custom field that has none, for example "
                '{"Salaire": "joboffer_salary_per_year_max"}.'
            ),
        ),
        choice(
            "salary_unit",
            _("Salary unit"),
            ("auto", "eur", "keur"),
            _(
                "Unit for yearly salaries. By default, values from 10 to 299 are interpreted as "
                "thousands."
            ),
        ),
        ID_PATHS,
        number(
            "offers_min_interval",
            _("Offer refresh interval (minutes)"),
            15,
            0,
            1440,
            _("How often to read offers again, in minutes."),
        ),
        REGION,
    ),
)
