"""Downloads files from an address template that the customer configures, since the vendor doesn't document it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from msgspec import Struct

from jemmo.connectors.base import Config, free_text
from jemmo.connectors.client_source import ClientFiles, hosts_of
from jemmo.connectors.file_answers import answer_unless_gone, within
from jemmo.domain.errors import ConfigError
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.translation_marks import marked as _
from jemmo.rest_client import Downloads, RestClient

FILE_ID = "{fileId}"
FILE_URL = free_text(
    "file_url_template",
    _("File address"),
    _("Address for downloading a file. It must contain {fileId}."),
)


class FileRequest(Struct, frozen=True):
    """How to request one file."""

    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"FileRequest({self.url})"


def check_template(config: Config) -> None:
    """Raises ``ConfigError`` for an address that would fail for every file."""
    template = config.options[FILE_URL.name]
    if not template:
        return
    try:
        hosts_of(config).check(template.replace(FILE_ID, "0"))
        is_usable = FILE_ID in template
    except ConfigError:
        is_usable = False
    if not is_usable:
        raise ConfigError("option", variant="file_url", option=FILE_URL.name)


def file_request(
    config: Config, file_id: str, *, key: Mapping[str, str], label: str
) -> FileRequest:
    """Create the request for a file: only to allowed hosts, and with the key only to the ATS's own host."""
    template, hosts = config.options[FILE_URL.name], hosts_of(config)
    if not template:
        raise ConfigError("resumes_off", ats=label)
    url = template.replace(FILE_ID, quote(file_id, safe=""))
    hosts.check(url)
    return FileRequest(url, key if hosts.is_own(url) else {})


class TemplateFiles(ClientFiles):
    """Implements ``jemmo.domain.ports.FileSource``.

    ``client`` sends requests to the ATS's own host, at its pace, with ``key`` as its headers.
    """

    def __init__(
        self, config: Config, client: RestClient, *, key: Mapping[str, str], label: str
    ) -> None:
        super().__init__(client, Downloads(hosts_of(config)))
        self._request = partial(file_request, config, key=key, label=label)

    async def open_file(self, file: WantedFile) -> FoundFile | None:
        request = self._request(file.remote_id)
        if request.headers:
            content = await self._from_ats(request.url, file.max_bytes)
        else:
            content = await self.downloads.fetch(request.url, max_bytes=file.max_bytes)
        if content is None:
            return None
        return FoundFile(content=content, remote_version=file.remote_version)

    async def _from_ats(self, url: str, max_bytes: int) -> bytes | None:
        answer = await answer_unless_gone(self.client, url)
        return None if answer is None else within(answer.body, max_bytes)
