"""The declaration of the Teamtailor connector."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from jemmo.connectors.base import (
    FILE_HOSTS,
    FULL_SWEEP,
    HISTORY,
    LAG,
    ON_OR_OFF,
    PACING,
    QUOTA_SHARE,
    Connector,
    Evidence,
    Option,
    choice,
    number,
    share_of,
)
from jemmo.connectors.jsonapi.source import JsonApiSource
from jemmo.connectors.teamtailor.account import TeamtailorAccount
from jemmo.connectors.teamtailor.files import TeamtailorFiles
from jemmo.connectors.teamtailor.resources import RESOURCES
from jemmo.connectors.teamtailor.webhooks import WEBHOOKS
from jemmo.domain.estimate import Pace
from jemmo.domain.streams import Capabilities
from jemmo.domain.translation_marks import marked as _
from jemmo.rest_client.pacing import SPARE

HOSTS = {
    "eu": "https://api.teamtailor.com",
    "na": "https://api.na.teamtailor.com",
    "au": "https://api.au.teamtailor.com",
}


def _host(options: Mapping[str, str]) -> str:
    return HOSTS[options["region"]]


def _pace(options: Mapping[str, str]) -> Pace:
    allowed = int(options["rate_limit"]) * share_of(options)
    return Pace(
        requests_per_second=max(1.0, allowed - SPARE) / int(options["rate_window"]),
        records_per_request=int(options["page_size"]),
    )


TEAMTAILOR = Connector(
    name="teamtailor",
    label="Teamtailor",
    key_help=_(
        "In Teamtailor, as a company admin, open Settings > Integrations > API keys > New API key. "
        "Choose the Admin scope and the Read permission."
    ),
    rights=tuple(f"read {own.label}" for own in RESOURCES if own.label),
    pace=_pace,
    docs_url="https://docs.teamtailor.com",
    status_page="https://status.teamtailor.com",
    base_url=_host,
    open=lambda config: JsonApiSource(TeamtailorAccount(config)),
    webhooks=WEBHOOKS,
    open_files=TeamtailorFiles,
    evidence=Evidence(
        reads=(
            "Departments, users, reject reasons, jobs (with their division, regions, and hiring team), stages, "
            "candidates (with custom fields and resumes), job applications, and notes."
        ),
        unread=(
            "Messages, activities, interviews, answers to questions, partner results, and the divisions and regions of "
            "candidates."
        ),
        sure=(
            "The public reference (docs.teamtailor.com) and the responses recorded in Teamtailor's own "
            "Ruby client. These sources do not document the exact rate limit, how time filters are rounded, or "
            "which changes update a candidate's modification date."
        ),
    ),
    capabilities=Capabilities(
        incremental=True,
        webhooks=True,
        deletes=True,
        resumes=True,
        custom_fields=True,
        recent_first=True,
    ),
    options=(
        choice(
            "region",
            _("Region"),
            ("eu", "na", "au"),
            _(
                "The region where Teamtailor stores the company's data. A key works only in its own "
                "region."
            ),
            asked=True,
        ),
        Option(
            name="api_version",
            label=_("API version"),
            default="20240404",
            help=_(
                "The X-Api-Version header. The default is the version this connector was tested with."
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
            _("Requests per window. Jemmo adjusts this number based on the response headers."),
        ),
        number(
            "rate_window",
            _("Rate-limit window (seconds)"),
            10,
            1,
            30,
            _("Length of a rate-limit window, in seconds."),
        ),
        number(
            "page_size",
            _("Records per page"),
            30,
            1,
            30,
            _("Records per page. Teamtailor allows at most 30."),
        ),
        LAG,
        choice(
            "feeds",
            _("How to request jobs"),
            ("two_passes", "combined"),
            _(
                "Whether to request public jobs and then internal jobs, or all jobs in a single "
                "request."
            ),
        ),
        choice(
            "sparse_fields",
            _("Request minimal fields"),
            ON_OR_OFF,
            _("Whether to request included objects with as few fields as possible."),
        ),
        choice(
            "stage_types",
            _("Request stage types"),
            ON_OR_OFF,
            _(
                "Whether to request the newer stage types. Jemmo stops requesting them if Teamtailor refuses."
            ),
        ),
        choice(
            "resume_path_is_version",
            _("Recognize resumes by path"),
            ON_OR_OFF,
            _(
                "Whether to treat a new path in a resume's link as a new file. Turn this off "
                "if the path changes every time."
            ),
        ),
        choice(
            "notes",
            _("Read notes"),
            ON_OR_OFF,
            _(
                "Whether Jemmo reads notes about candidates. Notes are not read if the history is "
                "limited. If you turn this off, notes that were already read are kept."
            ),
        ),
        choice(
            "private_notes",
            _("Read private notes"),
            ("off", "on"),
            _(
                "Whether Jemmo also reads the text of private notes. Otherwise, the text stays in "
                "Teamtailor."
            ),
        ),
        choice(
            "webhook_signature",
            _("Webhook signature version"),
            ("v2", "v1"),
            _(
                "The signature version selected for the webhook in Teamtailor. Requests signed with "
                "version 1 can be replayed."
            ),
        ),
        number(
            "webhook_tolerance",
            _("Webhook signature lifetime (seconds)"),
            300,
            10,
            86_400,
            _("How long a v2 signature is valid, in seconds."),
        ),
        choice(
            "webhook_signed",
            _("What the webhook signature covers"),
            ("body", "payload"),
            _(
                "What version 2 signs: the whole body, or only the payload exactly as it appears in the "
                "body."
            ),
        ),
        replace(FILE_HOSTS, default="amazonaws.com,teamtailor.com,teamtailor-cdn.com"),
    ),
)
