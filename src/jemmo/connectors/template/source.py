"""Reads one Template account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.listing import Ask, Chunk, Listing, ListSource
from jemmo.connectors.pacing import pacer
from jemmo.connectors.refusals import refusals
from jemmo.connectors.template import mapping
from jemmo.domain.streams import Stream, StreamSpec
from jemmo.rest_client import Answer, RestClient

KEY_HELP = "In Template, as an administrator: Settings > API > New key, with the right to read."
STATUS_PAGE = "https://status.example.com"


class Envelope(Struct):
    """The envelope of each list."""

    items: list[Any]
    next: str | None = None
    total: int | None = None


class TemplateSource(ListSource):
    def __init__(self, config: Config) -> None:
        self.config = config
        client = RestClient(
            config.base_url,
            headers={"Authorization": f"Bearer {config.api_key}", "Accept": "application/json"},
            refuse=refusals("Template", key_help=KEY_HELP, status_page=STATUS_PAGE),
            pacer=pacer(config, 60, 60.0),
            shared=config.pace,
            nothing=b'{"items":[]}',
        )
        lag = timedelta(minutes=int(config.options["lag_minutes"]))

        def spec(name: Stream, *after: Stream) -> StreamSpec:
            return StreamSpec(name=name, cursor="updated_at", lag=lag, after=after)

        super().__init__(
            client,
            [
                Listing(spec=spec(Stream.JOBS), path="jobs", kind=mapping.JobRow, map=mapping.job),
                Listing(
                    spec=spec(Stream.TALENTS),
                    path="people",
                    kind=mapping.PersonRow,
                    map=mapping.talent,
                ),
                Listing(
                    spec=spec(Stream.APPLICATIONS, Stream.JOBS, Stream.TALENTS),
                    path="applications",
                    kind=mapping.ApplicationRow,
                    map=mapping.application,
                ),
            ],
        )

    def address(self, listing: Listing, ask: Ask) -> str:
        query = {"limit": str(ask.size or self.config.options["page_size"])}
        if ask.since:
            query["changed_since"] = ask.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        if ask.thin:
            query["only"] = "id,updated_at"
        if ask.ids:
            query["ids"] = ",".join(ask.ids)
        return f"v1/{listing.path}?{urlencode(query)}"

    def chunk(self, answer: Answer) -> Chunk:
        page = msgspec.json.decode(answer.body, type=Envelope)
        return Chunk(rows=page.items, next=page.next, total=page.total)
