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
        "In Flatchr, as an administrator, open advanced settings > API. The page shows the key, "
        "which is valid for 365 days, and the company's ID, which has its own field in Jemmo."
    ),
    rights=("read columns", "read vacancies", "read applicants"),
    pace=_pace,
    docs_url="https://developers.flatchr.io",
    base_url=lambda options: HOSTS[options["environment"]],
    open=FlatchrSource,
    webhooks=WEBHOOKS,
    open_files=FlatchrFiles,
    evidence=Evidence(
        reads=(
            "Columns (as stages), vacancies (as jobs) with their trade, channel, activity and education level, "
            "applicants (as talents and applications), and their resumes."
        ),
        unread=(
            "Departments, members, reject reasons, comments, messages, tasks, tags of applicants, and "
            "answers to questions. A person who applied twice becomes two talents."
        ),
        sure=(
            "The public reference (developers.flatchr.io, including the editions of 2019 and 2022) and "
            "public clients. It does not document how to request archived applicants, whether responses "
            "are cut off, how resumes are returned, or the format of errors; for each of these there is "
            "an option or automatic detection. It does not mention merged candidates."
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
                "Subdomain of the career site, for links to public pages. Vacancies usually include it."
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
            help=_("Address of the career site, for links to public pages."),
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
            _("Requests per second. Flatchr documents no limit."),
        ),
        Option(
            name="backoff",
            label=_("Wait before a retry (seconds)"),
            default="2-60",
            help=_(
                "Minimum and maximum seconds between retries, if the ATS doesn't specify a wait."
            ),
        ),
        Option(
            name="tenant_tz",
            label=_("Time zone of the account"),
            default="Europe/Paris",
            help=_("The time zone in which the account's days begin and end."),
        ),
        number(
            "overlap_days",
            _("Days read again"),
            1,
            0,
            7,
            _(
                "Days that each sync reads again, including around each window, because limits and time zones "
                "aren't exact."
            ),
        ),
        number(
            "search_window_days",
            _("Days per search"),
            31,
            1,
            366,
            _("Initial number of days per window in a full read."),
        ),
        Option(
            name="suspicious_sizes",
            label=_("Suspicious numbers of rows"),
            default="100,200,250,500,1000,2000,2500,5000,10000",
            help=_(
                "Numbers of rows at which a response may be cut off. The request is then repeated in two "
                "halves."
            ),
        ),
        Option(
            name="status_map",
            label=_("Meaning of statuses"),
            default="1=open,0=archived,2=closed,3=closed",
            help=_("What each vacancy status means. Any other status counts as closed."),
        ),
        Option(
            name="vacancy_status_queries",
            label=_("Statuses requested by name"),
            default="0,2",
            help=_(
                "Statuses to request separately if the list of vacancies contains none of them."
            ),
        ),
        Option(
            name="search_statuses",
            label=_("Applicants to read"),
            default="active,archived",
            choices=("active,archived", "active"),
            help=_(
                "Whether to read archived applicants. With active only, archiving looks like deletion."
            ),
        ),
        Option(
            name="archived_filter_body",
            label=_("Filter for archived applicants"),
            default='{"status":0}',
            help=_("What to add to a search for archived applicants, as JSON."),
        ),
        Option(
            name="person_match",
            label=_("Count shared e-mail addresses"),
            default="suggest",
            choices=("suggest", "off"),
            help=_(
                "Whether a sync counts talents who share an e-mail address. They are never merged."
            ),
        ),
        Option(
            name="use_legacy_detail",
            label=_("Request unlisted resumes"),
            default="on",
            choices=("on", "off"),
            help=_("Whether to request resumes individually if the list does not name them."),
        ),
        Option(
            name="cv_response_mode",
            label=_("Format of resume responses"),
            default="auto",
            choices=KINDS,
            help=_("How Flatchr answers a request for a resume."),
        ),
        number(
            "cv_per_minute",
            _("Resumes per minute"),
            60,
            1,
            60,
            _("Resumes per minute. Flatchr refuses more than one per second."),
        ),
        replace(FILE_HOSTS, default="amazonaws.com,flatchr.io"),
        Option(
            name="webhook_events",
            label=_("Webhook events"),
            default="new_applicant,drag_applicant,new_message,new_vacancy",
            help=_("Events that trigger a refetch. Others are ignored."),
        ),
    ),
)
