"""Resumes: where an account's answers hold them, and where their bytes would be fetched.

Neither is documented, so both are options, empty until a probe of the account has shown them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.jarvi.budget import budget_of
from jemmo.connectors.jarvi.refusals import refusal
from jemmo.connectors.jarvi.settings import FILE_ID, Path, is_allowed, is_own
from jemmo.connectors.jarvi.turns import Clock, MemoryLedger, Turns
from jemmo.connectors.jarvi.wire import Json, Row, inner, listed, moment, plain
from jemmo.connectors.refusals import NOT_FOUND, Refused
from jemmo.domain.enums import AttachmentKind
from jemmo.domain.errors import ConfigError
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.records import Attachment
from jemmo.domain.validation import split_address
from jemmo.rest_client import Downloads, Hosts, RestClient
from jemmo.rest_client.download import too_large


def resumes(row: Row, paths: tuple[Path, ...]) -> tuple[Attachment, ...]:
    """The files at these paths of a profile, each once."""
    found: dict[str, Attachment] = {}
    for path in paths:
        for entry in listed(inner(row, *path.names)):
            one = _resume(entry)
            if one is not None:
                found.setdefault(one.remote_id, one)
    return tuple(found.values())


def _resume(entry: Json) -> Attachment | None:
    ids = (inner(entry, "fileId"), inner(entry, "file", "id"), inner(entry, "id"))
    file_id = next((found for one in ids if (found := plain(one))), None)
    if file_id is None or inner(entry, "deletedAt") is not None:
        return None
    return Attachment(
        remote_id=file_id,
        kind=AttachmentKind.RESUME,
        file_name=plain(inner(entry, "file", "name")) or plain(inner(entry, "name")),
        content_type=plain(inner(entry, "file", "mimeType")) or plain(inner(entry, "mimeType")),
        remote_version=file_id,
        remote_updated_at=moment(entry, "updatedAt"),
    )


class FileRequest(Struct, frozen=True):
    """How one file is asked for."""

    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"FileRequest({self.url})"


def file_request(
    file_id: str, *, template: str, hosts: str, base_url: str, api_key: str
) -> FileRequest:
    """The request for a file's bytes.

    Only hosts that were named are asked, and the key goes to Jarvi's own host alone.
    """
    if not template:
        raise ConfigError(
            "Jarvi does not document where resumes are fetched, so they are not.",
            code="resumes_off",
            next_step="Ask Jarvi's support for the address, then set the options file_url_template "
            "and file_hosts.",
        )
    url = template.replace(FILE_ID, quote(file_id, safe=""))
    if not is_allowed(url, hosts, base_url):
        raise ConfigError(
            f"Files are not fetched from {split_address(url).hostname}: it is not among the hosts allowed.",
            code="file_host",
            next_step="If it is right, add it to the option file_hosts.",
        )
    return FileRequest(url, {"X-API-KEY": api_key} if is_own(url, base_url) else {})


class JarviFiles:
    """Implements ``jemmo.domain.ports.FileSource``. What Jarvi's own host does counts for the time budget."""

    def __init__(self, config: Config) -> None:
        clock = Clock()
        patience = float(config.options["longest_wait"])
        turns = Turns(budget_of(config), config.ledger or MemoryLedger(), clock, patience=patience)
        self.config = config
        self.downloads = Downloads(Hosts.of(config.base_url, config.options["file_hosts"]))
        self.client = RestClient(
            config.base_url,
            headers={"X-API-KEY": config.api_key},
            refuse=partial(refusal, now=clock.now, patience=patience),
            pacer=None,
            connections=1,
            turn=turns.turn,
        )

    @property
    def requests(self) -> int:
        return self.client.requests + self.downloads.requests

    async def close(self) -> None:
        await self.client.close()

    async def open_file(self, wanted: WantedFile) -> FoundFile | None:
        options, base_url = self.config.options, self.config.base_url
        request = file_request(
            wanted.remote_id,
            template=options["file_url_template"],
            hosts=options["file_hosts"],
            base_url=base_url,
            api_key=self.config.api_key,
        )
        content: bytes | None
        if request.headers:
            try:
                content = (await self.client.answer(request.url)).body
            except Refused as error:
                if error.status in NOT_FOUND:
                    return None
                raise
            if len(content) > wanted.max_bytes:
                raise too_large()
        else:
            content = await self.downloads.fetch(request.url, max_bytes=wanted.max_bytes)
        if content is None:
            return None
        return FoundFile(content=content, remote_version=wanted.remote_version)
