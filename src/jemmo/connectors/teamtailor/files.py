"""Fetches one file: the candidate is asked for again just before, since its links live for a minute."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor.client import client
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.validation import split_address, text, web_address
from jemmo.rest_client import Downloads, Hosts, LinkDead

FRESH_LINKS = 2  # a link that dies on the way is asked for once more
UPLOAD = "upload:"


class _Links(Struct, frozen=True, rename="kebab"):
    resume: str | None = None
    original_resume: str | None = None
    url: str | None = None
    file_name: str | None = None


class _Data(Struct, frozen=True):
    attributes: _Links


class _One(Struct, frozen=True):
    data: _Data


class TeamtailorFiles:
    """Implements ``jemmo.domain.ports.FileSource``."""

    def __init__(self, config: Config) -> None:
        self.downloads = Downloads(Hosts.of(config.base_url, config.options["file_hosts"]))
        self.path_is_version = config.on("resume_path_is_version")
        self.client = client(config, connections=1)

    @property
    def requests(self) -> int:
        return self.client.requests + self.downloads.requests

    async def close(self) -> None:
        await self.client.close()

    async def open_file(self, wanted: WantedFile) -> FoundFile | None:
        for attempt in range(FRESH_LINKS):
            links = await self._links(wanted)
            link = links and _link(links)
            if not links or not link:
                return None
            try:
                content = await self.downloads.fetch(link, max_bytes=wanted.max_bytes)
            except LinkDead:
                if attempt + 1 == FRESH_LINKS:
                    raise
                continue
            if content is None:
                return None
            version = wanted.remote_version
            if wanted.remote_id == "resume":
                version = split_address(link).path if self.path_is_version else None
            return FoundFile(
                content=content, file_name=text(links.file_name), remote_version=version
            )
        return None

    async def _links(self, wanted: WantedFile) -> _Links | None:
        path = f"v1/candidates/{quote(wanted.talent_remote_id, safe='')}"
        if wanted.remote_id.startswith(UPLOAD):
            path = f"v1/uploads/{quote(wanted.remote_id.removeprefix(UPLOAD), safe='')}"
        try:
            found = await self.client.get(path, msgspec.json.Decoder(_One).decode)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        return found.data.attributes


def _link(links: _Links) -> str | None:
    """The file as uploaded, else its PDF rendition; an upload has its own."""
    return web_address(links.url) or web_address(links.original_resume) or web_address(links.resume)
