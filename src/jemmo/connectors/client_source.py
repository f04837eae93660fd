"""The parts of a source, and of a source of files, that only need the HTTP client."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.rest_client import Downloads, Hosts, RestClient


class ClientSource:
    """The members of ``jemmo.domain.ports.Source`` that don't involve records."""

    def __init__(self, client: RestClient) -> None:
        self.client = client

    @property
    def requests(self) -> int:
        return self.client.requests

    @property
    def received(self) -> int:
        return self.client.received

    @property
    def clock_off(self) -> float:
        return self.client.clock_off

    async def close(self) -> None:
        await self.client.close()


class ClientFiles:
    """The same members of ``jemmo.domain.ports.FileSource``: links come from the ATS, ``downloads`` fetches them."""

    def __init__(self, client: RestClient, downloads: Downloads) -> None:
        self.client = client
        self.downloads = downloads

    @property
    def requests(self) -> int:
        return self.client.requests + self.downloads.requests

    async def close(self) -> None:
        await self.client.close()


def hosts_of(config: Config) -> Hosts:
    """Return the hosts that files come from: the ATS's own, and those in the option ``file_hosts``."""
    return Hosts.of(config.base_url, config.options["file_hosts"])
