"""Downloads files through links that expire soon: each is requested just before use, and again once it has expired."""

from __future__ import annotations

from abc import ABC, abstractmethod

from msgspec import Struct

from jemmo.connectors.client_source import ClientFiles
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.rest_client import LinkDead

ATTEMPTS = 2


class FreshLink(Struct, frozen=True):
    url: str
    file_name: str | None
    version: str | None


class FreshLinks(ClientFiles, ABC):
    """Implements ``jemmo.domain.ports.FileSource`` for an ATS that provides links."""

    @abstractmethod
    async def link(self, file: WantedFile) -> FreshLink | None:
        """Return where the file is now; ``None`` if it is gone."""

    async def open_file(self, file: WantedFile) -> FoundFile | None:
        for attempt in range(ATTEMPTS):
            link = await self.link(file)
            if link is None:
                return None
            try:
                content = await self.downloads.fetch(link.url, max_bytes=file.max_bytes)
            except LinkDead:
                if attempt + 1 == ATTEMPTS:
                    raise
                continue
            if content is None:
                return None
            return FoundFile(content=content, file_name=link.file_name, remote_version=link.version)
        return None
