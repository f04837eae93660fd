"""Fetches one resume, at most one a second whatever else is read."""

from __future__ import annotations

from urllib.parse import quote, urlunsplit

import msgspec
from msgspec import UNSET

from jemmo.connectors.base import Config
from jemmo.connectors.flatchr.pausing import pauses
from jemmo.connectors.flatchr.refusals import refusals
from jemmo.connectors.flatchr.resumes import (
    read_answer,
    resume_pacer,
    resume_path,
    told_version,
)
from jemmo.connectors.flatchr.settings import read_settings
from jemmo.connectors.flatchr.wire import Resume
from jemmo.connectors.refusals import NOT_FOUND, Refused
from jemmo.domain.errors import TransientError
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.validation import split_address
from jemmo.rest_client import Downloads, Hosts, RestClient
from jemmo.rest_client.download import too_large

FOUND = frozenset({200, 301, 302, 303, 307, 308})
NOT_FOUND_AT_MOST = 3
"""Applicants in a row who are not found, after which the route to a single one counts as missing."""


class NotTold(TransientError):
    """Flatchr has not told where a resume lies, or whether there is one. A webhook or a later answer may."""

    default_code = "file_not_told"

    def __init__(self) -> None:
        super().__init__("Flatchr has not told where this resume lies.")


class FlatchrFiles:
    """Implements ``jemmo.domain.ports.FileSource``."""

    def __init__(self, config: Config) -> None:
        self.settings = read_settings(config)
        self.mode = config.options["cv_response_mode"]
        self._api_key = config.api_key
        self._asks_singly = self.settings.expects_resumes
        self._has_route = False  # to a single applicant, which the current reference does not name
        self._not_found = 0
        self.downloads = Downloads(Hosts.of(config.base_url, config.options["file_hosts"]))
        per_minute = int(config.options["cv_per_minute"])
        self.client = RestClient(
            config.base_url,
            headers={"Authorization": f"Bearer {config.api_key}"},
            refuse=refusals(config.api_key),
            pacer=resume_pacer(per_minute) if config.on("pacing") else None,
            connections=1,
            pause=pauses(*self.settings.backoff),
        )

    @property
    def requests(self) -> int:
        return self.client.requests + self.downloads.requests

    async def close(self) -> None:
        await self.client.close()

    async def open_file(self, wanted: WantedFile) -> FoundFile | None:
        version = wanted.remote_version or await self._told_singly(wanted.talent_remote_id)
        if version is None:
            return None
        path = resume_path(self.settings.company_id, version, self._api_key)
        try:
            answer = await self.client.answer(path, expected=FOUND)
        except Refused as error:
            if error.status in NOT_FOUND:
                return None
            raise
        found = read_answer(answer.status, answer.headers, answer.body, self.mode)
        content = found.content
        if found.link is not None:
            link = self._own_scheme(found.link)
            content = await self.downloads.fetch(link, max_bytes=wanted.max_bytes)
        if content is None:
            return None
        if len(content) > wanted.max_bytes:
            raise too_large()
        return FoundFile(
            content=content, file_name=version.rsplit("/", 1)[-1], remote_version=version
        )

    async def _told_singly(self, applicant: str) -> str | None:
        """The place of a resume that the list did not name; ``None`` for who has none or is gone.

        Raises ``NotTold`` where the single applicant leaves it open as well, or cannot be asked for: of an account
        without that route, only the first few are.
        """
        if not self._asks_singly:
            raise NotTold
        path = f"company/{self.settings.company_id}/applicant/{quote(applicant, safe='')}"
        try:
            found = await self.client.get(
                f"{path}?fields=candidate", msgspec.json.Decoder(Resume).decode
            )
        except Refused as error:
            if error.status not in {404, 405}:
                raise
            if error.status == 404 and self._has_route:
                return None
            self._not_found += 1
            self._asks_singly = error.status == 404 and self._not_found < NOT_FOUND_AT_MOST
            raise NotTold from None
        self._has_route = True
        version = told_version(found)
        if version is UNSET:
            raise NotTold
        return version

    def _own_scheme(self, link: str) -> str:
        """A link to the API's own host came without a scheme; it speaks the one we were connected with."""
        try:
            ours, theirs = split_address(self.client.base_url), split_address(link)
        except ValueError:
            return link  # whoever fetches it refuses it
        return (
            urlunsplit(theirs._replace(scheme=ours.scheme))
            if ours.netloc == theirs.netloc
            else link
        )
