"""Fetches one file: its attachment is asked for again just before, since links live for a week."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.greenhouse.mapping import version_of
from jemmo.connectors.greenhouse.source import GreenhouseSource
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.validation import text, web_address
from jemmo.rest_client import Downloads, Hosts, LinkDead


class GreenhouseFiles:
    """Implements ``jemmo.domain.ports.FileSource``."""

    def __init__(self, config: Config) -> None:
        self.downloads = Downloads(Hosts.of(config.base_url, config.options["file_hosts"]))
        self.source = GreenhouseSource(config)

    @property
    def requests(self) -> int:
        return self.source.requests + self.downloads.requests

    async def close(self) -> None:
        await self.source.close()

    async def open_file(self, file: WantedFile) -> FoundFile | None:
        try:
            return await self._fetched(file)
        except LinkDead:  # on the way; a fresh one may live
            return await self._fetched(file)

    async def _fetched(self, file: WantedFile) -> FoundFile | None:
        row = await self.source.attachment(file.remote_id)
        link = web_address(row.get("url")) if row else None
        if row is None or link is None:
            return None
        content = await self.downloads.fetch(link, max_bytes=file.max_bytes)
        if content is None:
            return None
        return FoundFile(
            content=content, file_name=text(row.get("filename")), remote_version=version_of(row)
        )
