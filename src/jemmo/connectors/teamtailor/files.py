"""Locates files: the candidate is requested again just before a download, since links expire after a minute."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.client_source import hosts_of
from jemmo.connectors.fresh_links import FreshLink, FreshLinks
from jemmo.connectors.refusals import Refused
from jemmo.connectors.teamtailor.client import client
from jemmo.domain.ports import WantedFile
from jemmo.domain.validation import split_address, text, web_address
from jemmo.rest_client import Downloads

UPLOAD = "upload:"


class _Links(Struct, frozen=True, rename="kebab"):
    resume: str | None = None
    original_resume: str | None = None
    url: str | None = None
    file_name: str | None = None


class _Data(Struct, frozen=True):
    attributes: _Links


class _Owner(Struct, frozen=True):
    data: _Data


class TeamtailorFiles(FreshLinks):
    def __init__(self, config: Config) -> None:
        downloads = Downloads(hosts_of(config))
        super().__init__(client(config, connections=1), downloads)
        self.path_is_version = config.on("resume_path_is_version")

    async def link(self, file: WantedFile) -> FreshLink | None:
        """Return the link to the original resume, else to its PDF rendition; an upload has its own link."""
        path = f"v1/candidates/{quote(file.talent_remote_id, safe='')}"
        if file.remote_id.startswith(UPLOAD):
            path = f"v1/uploads/{quote(file.remote_id.removeprefix(UPLOAD), safe='')}"
        try:
            owner = await self.client.get(path, msgspec.json.Decoder(_Owner).decode)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        links, version = owner.data.attributes, file.remote_version
        urls = map(web_address, (links.url, links.original_resume, links.resume))
        url = next(filter(None, urls), None)
        if url is None:
            return None
        if file.remote_id == "resume":
            version = split_address(url).path if self.path_is_version else None
        return FreshLink(url, text(links.file_name), version)
