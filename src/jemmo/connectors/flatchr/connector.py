"""The declaration of the Flatchr connector."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from jemmo.connectors.base import (
    FILE_HOSTS,
    HISTORY,
    PACING,
    QUOTA_SHARE,
    Connector,
    Evidence,
    Option,
    number,
    share_of,
)
from jemmo.connectors.file_answers import KINDS
from jemmo.connectors.flatchr.files import FlatchrFiles
from jemmo.connectors.flatchr.hooks import WEBHOOKS
from jemmo.connectors.flatchr.source import FlatchrSource
from jemmo.domain.estimate import Pace
from jemmo.domain.streams import Capabilities
from jemmo.domain.translation_marks import marked as _

HOSTS = {"production": "https://api.flatchr.io", "demo": "https://api.demo.flatchr.io"}


def _pace(options: Mapping[str, str]) -> Pace:
    share = share_of(options)
    return Pace(
        requests_per_second=max(0.1, int(options["rate_per_sec"]) * share), records_per_request=100
    )


FLATCHR = Connector(
    name="flatchr",
    label="Flatchr",
    key_help=_(
        "In Flatchr, sign in as an administrator and open advanced settings > API. The page shows "
        "the API key, which is valid for 365 days, and the company ID. Enter each in its own field."
    ),
    rights=("read columns", "read vacancies", "read applicants"),
    pace=_pace,
    docs_url="https://developers.flatchr.io",
    base_url=lambda options: HOSTS[options["environment"]],
    open=FlatchrSource,
    webhooks=WEBHOOKS,
    open_files=FlatchrFiles,
    day_zone="tenant_tz",
    evidence=Evidence(
        reads=(
            "Columns (as stages), vacancies (as jobs, with their trade, channel, activity, and education "
            "level), and applicants (as talents and applications, with their resumes)."
        ),
        unread=(
            "Departments, members, reject reasons, comments, messages, tasks, applicant tags, and "
            "answers to questions. Someone who applied twice becomes two talents."
        ),
        sure=(
            "The public reference (developers.flatchr.io, including its 2019 and "
            "2022 editions) and public clients. The reference does not document how to request archived applicants, "
            "whether responses are cut off, how resumes are returned, or what errors look like. "
            "Jemmo detects each of these automatically or has an option for it. The reference does not "
            "mention merged candidates either."
        ),
    ),
    capabilities=Capabilities(
        incremental=True,
        webhooks=True,
        deletes=True,
        resumes=True,
        custom_fields=False,
        recent_first=True,
    ),
    options=(
        Option(
            name="company_id",
            label=_("Company ID"),
            default="",
            required=True,
            asked=True,
            help=_("The company's encoded ID (16 letters and digits), shown next to the API key."),
        ),
        Option(
            name="company_slug",
            label=_("Career site subdomain"),
            default="",
            help=_(
                "Subdomain of the career site, used for links to public pages. Flatchr usually "
                "includes the subdomain in each vacancy."
            ),
        ),
        Option(
            name="environment",
            label=_("Environment"),
            default="production",
            choices=("production", "demo"),
            asked=True,
            help=_("Whether this is a real account or one on Flatchr's demo host."),
        ),
        Option(
            name="careers_base",
            label=_("Career site address"),
            default="https://careers.flatchr.io",
            help=_("Address of the career site, used for links to public pages."),
        ),
        *HISTORY,
        PACING,
        QUOTA_SHARE,
        number(
            "rate_per_sec",
            _("Requests per second"),
            2,
            1,
            50,
            _("Requests per second. Flatchr doesn't document a limit."),
        ),
        Option(
            name="backoff",
            label=_("Wait before retrying (seconds)"),
            default="2-60",
            help=_(
                "Minimum and maximum number of seconds to wait between retries if the ATS doesn't "
                "specify a delay."
            ),
        ),
        Option(
            name="tenant_tz",
            label=_("Account time zone"),
            default="Europe/Paris",
            help=_("The time zone that determines when the account's days begin and end."),
        ),
        number(
            "overlap_days",
            _("Days to reread"),
            1,
            0,
            7,
            _(
                "Number of days that each sync reads again. Search windows overlap by the same "
                "number of days because their boundaries and time zones aren't exact."
            ),
        ),
        number(
            "search_window_days",
            _("Days per search"),
            31,
            1,
            366,
            _("Initial number of days in each search window of a full read."),
        ),
        Option(
            name="suspicious_sizes",
            label=_("Suspicious row counts"),
            default="100,200,250,500,1000,2000,2500,5000,10000",
            help=_(
                "Row counts at which Flatchr may cut off a response. If a response has one of these "
                "counts, Jemmo splits the request in two and tries again."
            ),
        ),
        Option(
            name="status_map",
            label=_("Status meanings"),
            default="1=open,0=archived,2=closed,3=closed",
            help=_("What each vacancy status means. Any other status counts as closed."),
        ),
        Option(
            name="vacancy_status_queries",
            label=_("Statuses to request by name"),
            default="0,2",
            help=_("Statuses to request separately if no vacancy in the list has them."),
        ),
        Option(
            name="search_statuses",
            label=_("Applicants to read"),
            default="active,archived",
            choices=("active,archived", "active"),
            help=_(
                "Whether to read archived applicants. If only active applicants are read, archiving "
                "an applicant looks like a deletion."
            ),
        ),
        Option(
            name="archived_filter_body",
            label=_("Filter for archived applicants"),
            default='{"status":0}',
            help=_("JSON added to the search for archived applicants."),
        ),
        Option(
            name="person_match",
            label=_("Count shared email addresses"),
            default="suggest",
            choices=("suggest", "off"),
            help=_(
                "Whether syncs count talents who share an email address. These talents are never "
                "merged."
            ),
        ),
        Option(
            name="use_legacy_detail",
            label=_("Request unlisted resumes"),
            default="on",
            choices=("on", "off"),
            help=_("Whether to request resumes individually if the list doesn't include them."),
        ),
        Option(
            name="cv_response_mode",
            label=_("Resume response format"),
            default="auto",
            choices=KINDS,
            help=_("How Flatchr responds when a resume is requested."),
        ),
        number(
            "cv_per_minute",
            _("Resumes per minute"),
            60,
            1,
            60,
            _("Resumes per minute. Flatchr doesn't allow more than one per second."),
        ),
        replace(FILE_HOSTS, default="amazonaws.com,flatchr.io"),
        Option(
            name="webhook_events",
            label=_("Webhook events"),
            default="new_applicant,drag_applicant,new_message,new_vacancy",
            help=_("Events that trigger a refetch. Other events are ignored."),
        ),
    ),
)
