"""The declaration of the Greenhouse connector."""

from __future__ import annotations

from msgspec.structs import replace

from jemmo.connectors.base import (
    FILE_HOSTS,
    FULL_SWEEP,
    HISTORY,
    LAG,
    PACING,
    QUOTA_SHARE,
    Connector,
    Evidence,
    Option,
    Options,
    choice,
    number,
    share_of,
)
from jemmo.connectors.greenhouse.files import GreenhouseFiles
from jemmo.connectors.greenhouse.hooks import WEBHOOKS
from jemmo.connectors.greenhouse.source import (
    BESIDE,
    KEY_HELP,
    STATUS_PAGE,
    GreenhouseSource,
    right_to,
)
from jemmo.domain.estimate import Pace
from jemmo.domain.streams import Capabilities
from jemmo.domain.translation_marks import marked as _

HOST = "https://harvest.greenhouse.io"


def _pace(options: Options) -> Pace:
    allowed = int(options["rate_limit"]) * share_of(options)
    return Pace(requests_per_second=max(1.0, allowed) / 30, records_per_request=50)


GREENHOUSE = Connector(
    name="greenhouse",
    label="Greenhouse",
    key_help=KEY_HELP,
    docs_url="https://harvestdocs.greenhouse.io",
    status_page=STATUS_PAGE,
    base_url=lambda _: HOST,
    open=GreenhouseSource,
    open_files=GreenhouseFiles,
    webhooks=WEBHOOKS,
    rights=(
        *(
            f"read {name}"
            for name in (
                *("departments", "users", "reject_reasons"),
                *("jobs", "job posts", "stages", "talents", "applications"),
            )
        ),
        *map(right_to, (*BESIDE, "attachments")),
    ),
    pace=_pace,
    recent_with_history=False,
    evidence=Evidence(
        reads=(
            "Departments, users, rejection reasons, jobs (with their offices and pay), job posts, interview stages, "
            "candidates, applications (with their stage history), and attachments."
        ),
        unread=(
            "Interviews, scorecards, offers, notes and activity feeds, answers to questions, demographic answers, and "
            "openings."
        ),
        sure=(
            "The Harvest v3 reference (harvestdocs.greenhouse.io). The reference does not document the "
            "rate limit or some response formats. The simulator has a switch for each of them."
        ),
    ),
    capabilities=Capabilities(
        incremental=True,
        webhooks=True,
        deletes=True,
        resumes=True,
        stage_history=True,
        custom_fields=True,
        recent_first=True,
    ),
    options=(
        Option(
            name="client_id",
            label=_("Client ID"),
            default="",
            required=True,
            asked=True,
            help=_("The client ID, shown next to the client secret."),
        ),
        Option(
            name="acting_user",
            label=_("Read on behalf of"),
            default="",
            help=_(
                "The ID of the Greenhouse user on whose behalf Jemmo reads data. This user must be a "
                "Site Admin. Leave empty to use the user that the credential belongs to."
            ),
        ),
        *HISTORY,
        PACING,
        QUOTA_SHARE,
        replace(FULL_SWEEP, default="0 1 * * *"),
        number(
            "rate_limit",
            _("Requests per window"),
            50,
            1,
            10_000,
            _("Requests per 30 seconds. Jemmo adjusts this number based on the response headers."),
        ),
        number(
            "page_size",
            _("Records per page"),
            500,
            1,
            500,
            _("Records per page. Greenhouse allows at most 500."),
        ),
        LAG,
        replace(FILE_HOSTS, default="amazonaws.com,greenhouse.io"),
        choice(
            "resumes",
            _("Read resumes"),
            ("on", "off"),
            _(
                "Whether to request the list of resumes, which requires one additional request for "
                "every 50 talents."
            ),
        ),
        choice(
            "lookups",
            _("When to read lists"),
            ("daily", "always"),
            _(
                "Choose when to read departments, users, stages, rejection reasons, job posts, and "
                "owners. By default, Jemmo reads them daily and whenever a job or application "
                "changes. Reading them with every sync adds seven requests to each sync."
            ),
        ),
    ),
)
