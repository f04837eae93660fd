"""Downloads single resumes, at most one per second, independently of other requests.

GET /company/{id}/files/expire allows one file per second and company, so it has a pace of its own.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET

from jemmo.connectors.base import Config
from jemmo.connectors.client_source import ClientFiles, hosts_of
from jemmo.connectors.file_answers import fetch_file
from jemmo.connectors.flatchr.account import client_of
from jemmo.connectors.flatchr.resumes import resume_version
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import Resume
from jemmo.connectors.pacing import evenly
from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import TransientError
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.rest_client import Downloads

NOT_FOUND_AT_MOST = 3
"""After this many applicants in a row were not found, the route for a single applicant counts as missing."""


class NotNamed(TransientError):
    """Flatchr hasn't said where the resume is, or whether there is one. A webhook or a later response may."""

    default_code = "file_not_told"


class FlatchrFiles(ClientFiles):
    """Implements ``jemmo.domain.ports.FileSource``."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            client_of(config, evenly(config, int(config.options["cv_per_minute"]))),
            Downloads(hosts_of(config)),
        )
        settings = Settings(config)
        self._company_id = settings.company_id
        self._kind = config.options["cv_response_mode"]
        self._api_key = config.api_key
        self._asks_singly = settings.expects_resumes
        # For single applicants, which the current API reference doesn't mention
        self._has_route = False
        self._not_found = 0

    async def open_file(self, attachment: WantedFile) -> FoundFile | None:
        version = attachment.remote_version or await self._version_of_single(
            attachment.talent_remote_id
        )
        if version is None:
            return None
        content = await fetch_file(
            self.client,
            self.downloads,
            resume_path(self._company_id, version, self._api_key),
            kind=self._kind,
            max_bytes=attachment.max_bytes,
        )
        if content is None:
            return None
        name = version.rsplit("/", 1)[-1]
        return FoundFile(content=content, file_name=name, remote_version=version)

    async def _version_of_single(self, applicant: str) -> str | None:
        """Return where a resume is that the list did not show; ``None`` if there is none or the applicant is gone.

        Raises ``NotNamed`` if the single applicant doesn't show it either, or can't be requested. If an account lacks
        that route, only the first few applicants are requested.
        """
        if not self._asks_singly:
            raise NotNamed
        path = f"company/{self._company_id}/applicant/{quote(applicant, safe='')}"
        decode = msgspec.json.Decoder(Resume).decode
        try:
            version = resume_version(await self.client.get(f"{path}?fields=candidate", decode))
        except Refused as error:
            if error.status not in {404, 405}:
                raise
            if error.status == 404 and self._has_route:
                return None
            self._not_found += 1
            self._asks_singly = error.status == 404 and self._not_found < NOT_FOUND_AT_MOST
            raise NotNamed from None
        self._has_route = True
        if version is UNSET:
            raise NotNamed
        return version


def resume_path(company_id: str, version: str, api_key: str) -> str:
    """Return the path to the file of a ``remote_version``. Flatchr documents that its query contains the API key.

    Errors and logs never show the query of an address (``rest_client.redaction``).
    """
    key, _, extension = version.rpartition(".")
    query = {"key": key, "extension": extension, "token": api_key}
    return f"company/{company_id}/files/expire?{urlencode(query)}"
