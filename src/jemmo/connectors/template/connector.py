"""The declaration of the Template connector."""

from __future__ import annotations

from jemmo.connectors.base import FULL_SWEEP, LAG, PACING, QUOTA_SHARE, Connector, Option
from jemmo.connectors.template.source import KEY_HELP, STATUS_PAGE, TemplateSource
from jemmo.domain.estimate import Pace
from jemmo.domain.streams import Capabilities

TEMPLATE = Connector(
    name="template",
    label="Template",
    key_help=KEY_HELP,
    docs_url="https://docs.example.com",
    status_page=STATUS_PAGE,
    base_url=lambda _: "https://api.example.com",
    open=TemplateSource,
    rights=("read jobs", "read talents", "read applications"),
    pace=lambda _: Pace(requests_per_second=1, records_per_request=100),
    capabilities=Capabilities(incremental=True, deletes=True),
    options=(
        PACING,
        QUOTA_SHARE,
        FULL_SWEEP,
        Option(
            name="page_size",
            label="Records per page",
            default="100",
            at_least=1,
            at_most=100,
            help="Records a page; Template gives at most 100.",
        ),
        LAG,
    ),
)
