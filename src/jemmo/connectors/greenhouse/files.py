"""Locates files: an attachment is requested again just before its download, since links expire after a week."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.client_source import hosts_of
from jemmo.connectors.fresh_links import FreshLink, FreshLinks
from jemmo.connectors.greenhouse.mapping import version_of
from jemmo.connectors.greenhouse.source import GreenhouseSource
from jemmo.domain.ports import WantedFile
from jemmo.domain.validation import text, web_address
from jemmo.rest_client import Downloads


class GreenhouseFiles(FreshLinks):
    def __init__(self, config: Config) -> None:
        self.source = GreenhouseSource(config)
        downloads = Downloads(hosts_of(config))
        super().__init__(self.source.client, downloads)

    @property
    def requests(self) -> int:
        return self.source.requests + self.downloads.requests

    async def close(self) -> None:
        await self.source.close()

    async def link(self, file: WantedFile) -> FreshLink | None:
        row = await self.source.attachment(file.remote_id)
        url = web_address(row.get("url")) if row else None
        if row is None or url is None:
            return None
        return FreshLink(url, text(row.get("filename")), version_of(row))
